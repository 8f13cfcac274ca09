"""What if? The question as a form and over HTTP, its answer beside others, adopted, discarded or taken back."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from pydantic import Field, ValidationError
from werkzeug.datastructures import MultiDict

from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import InvalidInput, NotFound, TransitionRefused
from presentation.api import answer, body, describe, invalid
from presentation.explaining import field_sentence
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.lists import add_list, list_page
from presentation.texts import render
from presentation.zone import current_zone
from scheduler.engine.operations import instant
from scheduler.engine.plant import WEEKDAYS, Weekday
from scheduler.scenarios import BESIDE, Scenario, Scenarios
from scheduler.supposing import MOST, Asked, OvertimeSpan, ShiftSpan, StopSpan, clock
from scheduler.web.accepted import JobAccepted, accepted
from scheduler.web.decided import decided
from scheduler.web.lists import SCENARIOS
from scheduler.web.spans import kilowatt_hours


class ScenarioWish(Contract):
    name: str = Field(min_length=1, max_length=80)
    """What people call it."""
    overtime: tuple[OvertimeSpan, ...] = Field(default=(), max_length=MOST)
    stops: tuple[StopSpan, ...] = Field(default=(), max_length=MOST)
    """Machines that stand still for some time."""
    shifts: tuple[ShiftSpan, ...] = Field(default=(), max_length=MOST)
    """Other hours of shifts: an extra one, a longer, shorter or later one."""


class ScenarioAccepted(Contract):
    scenario: str
    href: str
    job: str


class OvertimeForm(Contract):
    """Overtime as the form holds it."""

    group: str = Field(max_length=64)
    first: date
    last: date

    def span(self) -> OvertimeSpan:
        return OvertimeSpan(group=self.group, first=self.first, last=self.last)


class StopForm(Contract):
    """A machine's stop as the form holds it: moments without a zone, as the plant's clocks show them."""

    machine: str = Field(max_length=64)
    stop_start: datetime
    stop_end: datetime

    def span(self) -> StopSpan:
        zone = current_zone()
        return StopSpan(machine=self.machine, start=self.stop_start.replace(tzinfo=zone), end=self.stop_end.replace(tzinfo=zone))


class ShiftForm(Contract):
    """Other hours of a shift as the form holds them."""

    shift: str = Field(max_length=64)
    day: tuple[Weekday, ...]
    shift_start: str
    shift_end: str
    shift_first: date
    shift_last: date

    def span(self) -> ShiftSpan:
        return ShiftSpan(
            shift=self.shift, days=self.day, start=self.shift_start, end=self.shift_end, first=self.shift_first, last=self.shift_last
        )


class Named(Contract):
    name: str = Field(min_length=1, max_length=80)


def add_scenarios(room: Blueprint, scenarios: Scenarios) -> None:
    """Routes under /planner/scenarios and /api/v1/scenarios."""
    add_list(room, SCENARIOS, scenarios.listed)
    _add_api(room, scenarios)

    room.add_app_template_global(kilowatt_hours, "kilowatt_hours")

    @room.get(SCENARIOS.path, endpoint="scenarios")
    @requires(SCENARIOS.permission)
    def listed() -> str:
        return _list(scenarios)

    @room.post(SCENARIOS.path)
    @requires(Permission.CHANGE_PLAN)
    def ask_for_scenario() -> Any:
        try:
            name, asked = _asked_in(request.form)
            scenario, _ = scenarios.ask(name, asked, current_principal())
        except InvalidInput as refused:
            return _list(scenarios, refused), refused.status
        return redirect(_page(scenario), 303)

    @room.get("/planner/scenarios/<scenario>")
    @requires(Permission.VIEW_PLAN)
    def scenario(scenario: str) -> str:
        found, others = scenarios.shown(scenario), scenarios.beside(scenario)
        wanted = request.args.getlist("with")
        return render_template(
            "scheduler/scenario.html",
            scenario=found,
            beside=[other for other in others if other.scenario in wanted][:BESIDE],
            others=others,
            wanted=wanted,
            may_plan=current_principal().may(Permission.CHANGE_PLAN),
        )

    @room.post("/planner/scenarios/<scenario>/again")
    @requires(Permission.CHANGE_PLAN)
    def try_it_again(scenario: str) -> Any:
        return decided(lambda: scenarios.again(scenario, current_principal()), "scheduler.scenario.wait", _page(scenario))

    @room.post("/planner/scenarios/<scenario>/adopt")
    @requires(Permission.CHANGE_PLAN)
    def adopt_it(scenario: str) -> Any:
        return decided(lambda: scenarios.adopt(scenario, current_principal()), "scheduler.scenario.adopted", _page(scenario))

    @room.post("/planner/scenarios/<scenario>/discard")
    @requires(Permission.CHANGE_PLAN)
    def discard_it(scenario: str) -> Any:
        return decided(lambda: scenarios.discard(scenario, current_principal()), "scheduler.scenario.discarded", _page(scenario))

    @room.post("/planner/scenarios/<scenario>/withdraw")
    @requires(Permission.CHANGE_PLAN)
    def withdraw_it(scenario: str) -> Any:
        return decided(lambda: scenarios.withdraw(scenario, current_principal()), "scheduler.scenario.withdrawn", _page(scenario))


def _add_api(room: Blueprint, scenarios: Scenarios) -> None:
    @room.post("/api/v1/scenarios")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Ask what the plan would be with overtime, machines that stand still, other hours of shifts; answers at once with the job",
        body=ScenarioWish,
        answers={202: ScenarioAccepted},
        problems=(InvalidInput,),
        again=lambda outcome: _asked(outcome["scenario"], outcome["job"]),
    )
    def ask_scenario() -> Response:
        wish = body(ScenarioWish)
        return _asked(*scenarios.ask(wish.name, Asked(wish.overtime, wish.stops, wish.shifts), current_principal()))

    @room.get("/api/v1/scenarios/<scenario>")
    @requires(Permission.VIEW_PLAN)
    @describe("A scenario beside the plan as it stands", answers={200: Scenario}, problems=(NotFound,))
    def api_scenario(scenario: str) -> Response:
        return answer(scenarios.shown(scenario), headers={"Cache-Control": "no-store"})

    @room.post("/api/v1/scenarios/<scenario>/again")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Try a scenario on the plan as it stands by now; answers at once with the job",
        answers={202: ScenarioAccepted},
        problems=(NotFound, TransitionRefused),
        again=lambda outcome, scenario: _asked(outcome["scenario"], outcome["job"]),
    )
    def api_again(scenario: str) -> Response:
        return _asked(scenario, scenarios.again(scenario, current_principal()))

    @room.post("/api/v1/scenarios/<scenario>/adopt")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Let the scenario be so from now on, and order a plan that uses it; answers at once with the job",
        answers={202: JobAccepted},
        problems=(NotFound, TransitionRefused),
        again=lambda outcome, scenario: accepted(outcome["job"]),
    )
    def api_adopt(scenario: str) -> Response:
        return accepted(scenarios.adopt(scenario, current_principal()))

    @room.post("/api/v1/scenarios/<scenario>/discard")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Put a scenario aside",
        answers={200: Scenario},
        problems=(NotFound, TransitionRefused),
        again=lambda outcome, scenario: answer(scenarios.shown(scenario)),
    )
    def api_discard(scenario: str) -> Response:
        scenarios.discard(scenario, current_principal())
        return answer(scenarios.shown(scenario))

    @room.post("/api/v1/scenarios/<scenario>/withdraw")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Take back what was adopted, and order a plan without it; answers at once with the job",
        answers={202: JobAccepted},
        problems=(NotFound, TransitionRefused),
        again=lambda outcome, scenario: accepted(outcome["job"]),
    )
    def api_withdraw(scenario: str) -> Response:
        return accepted(scenarios.withdraw(scenario, current_principal()))


def _list(scenarios: Scenarios, refused: InvalidInput | None = None) -> str:
    plant, language = scenarios.plant(), current_language()
    now = instant(scenarios.now_s()).astimezone(current_zone())
    return render_template(
        "scheduler/scenarios.html",
        view=list_page(SCENARIOS, scenarios.listed),
        groups=[(name, render(group.label, language)) for name, group in plant.groups.items()] if plant.overtime is not None else [],
        machines=[(name, name) for name in plant.machines],
        shifts=[(name, f"{name} ({clock(hours.start)}–{clock(hours.end)})") for name, hours in plant.shifts.items()],
        weekdays=WEEKDAYS,
        refused=None if refused is None else field_sentence(refused.errors[0], language),
        given=request.form,
        days=request.form.getlist("day"),
        today=now.date().isoformat(),
        week=(now.date() + timedelta(days=7)).isoformat(),
        hour=now.replace(minute=0).strftime("%Y-%m-%dT%H:%M"),
        hours_later=(now + timedelta(hours=8)).replace(minute=0).strftime("%Y-%m-%dT%H:%M"),
        may_plan=current_principal().may(Permission.CHANGE_PLAN),
    )


def _asked_in(form: MultiDict[str, str]) -> tuple[str, Asked]:
    """What the form asks; a part counts when its group, machine or shift is chosen. Raises InvalidInput."""
    days = {"day": tuple(form.getlist("day"))}
    try:
        name = Named.model_validate({"name": form.get("name", "")}).name
        overtime = [_filled(OvertimeForm, form, {}).span()] if form.get("group") else []
        stops = [_filled(StopForm, form, {}).span()] if form.get("machine") else []
        shifts = [_filled(ShiftForm, form, days).span()] if form.get("shift") else []
    except ValidationError as fault:
        raise invalid(fault) from fault
    return name, Asked(overtime, stops, shifts)


def _filled[Form: Contract](form: type[Form], given: Mapping[str, str], lists: Mapping[str, tuple[str, ...]]) -> Form:
    return form.model_validate({**{name: given.get(name, "") for name in form.model_fields}, **lists})


def _page(scenario: str) -> str:
    return url_for("scheduler.scenario", scenario=scenario)


def _asked(scenario: str, job: str) -> Response:
    return answer(ScenarioAccepted(scenario=scenario, href=f"/api/v1/scenarios/{scenario}", job=job), 202)
