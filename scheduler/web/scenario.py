"""What if some groups worked overtime? The question as a form and over HTTP, its answer, adopted or discarded."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from pydantic import Field, ValidationError

from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import InvalidInput, NotFound, TransitionRefused
from contracts.texts import Message
from presentation.api import answer, body, describe, invalid
from presentation.explaining import explained, field_sentence
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.lists import add_list, list_page
from presentation.texts import render
from presentation.zone import current_zone
from scheduler.scenarios import OvertimeSpan, Scenario
from scheduler.service import Service
from scheduler.web.accepted import JobAccepted, accepted
from scheduler.web.lists import SCENARIOS


class ScenarioWish(Contract):
    name: str = Field(min_length=1, max_length=80)
    """What people call it."""
    overtime: tuple[OvertimeSpan, ...] = Field(min_length=1, max_length=50)


class ScenarioAccepted(Contract):
    scenario: str
    href: str
    job: str


class Asked(Contract):
    """What the form holds."""

    name: str = Field(min_length=1, max_length=80)
    group: str = Field(max_length=64)
    first: date
    last: date


def add_scenarios(room: Blueprint, service: Service) -> None:
    """Routes under /planner/scenarios and /api/v1/scenarios."""
    add_list(room, SCENARIOS, service.listed_scenarios)

    @room.post("/api/v1/scenarios")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Ask what the plan would be if some groups worked overtime; answers at once with the job",
        body=ScenarioWish,
        answers={202: ScenarioAccepted},
        problems=(InvalidInput,),
        again=lambda outcome: _asked(outcome["scenario"], outcome["job"]),
    )
    def ask_scenario() -> Response:
        wish = body(ScenarioWish)
        return _asked(*service.ask_what_if(wish.name, wish.overtime, current_principal()))

    @room.get("/api/v1/scenarios/<scenario>")
    @requires(Permission.VIEW_PLAN)
    @describe("A scenario beside the plan as it stands", answers={200: Scenario}, problems=(NotFound,))
    def api_scenario(scenario: str) -> Response:
        return answer(service.scenario(scenario), headers={"Cache-Control": "no-store"})

    @room.post("/api/v1/scenarios/<scenario>/adopt")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Order the scenario's overtime and a plan that uses it; answers at once with the job",
        answers={202: JobAccepted},
        problems=(NotFound, TransitionRefused),
        again=lambda outcome, scenario: accepted(outcome["job"]),
    )
    def api_adopt(scenario: str) -> Response:
        return accepted(service.adopt(scenario, current_principal()))

    @room.post("/api/v1/scenarios/<scenario>/discard")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Put a scenario aside",
        answers={200: Scenario},
        problems=(NotFound, TransitionRefused),
        again=lambda outcome, scenario: answer(service.scenario(scenario)),
    )
    def api_discard(scenario: str) -> Response:
        service.discard(scenario, current_principal())
        return answer(service.scenario(scenario))

    @room.get(SCENARIOS.path)
    @requires(SCENARIOS.permission)
    def scenarios() -> str:
        return _list()

    @room.post(SCENARIOS.path)
    @requires(Permission.CHANGE_PLAN)
    def ask_for_scenario() -> Any:
        try:
            wish = Asked.model_validate({name: request.form.get(name, "") for name in Asked.model_fields})
        except ValidationError as fault:
            return _list(invalid(fault)), 422
        try:
            span = OvertimeSpan(group=wish.group, first=wish.first, last=wish.last)
            scenario, _ = service.ask_what_if(wish.name, (span,), current_principal())
        except InvalidInput as refused:
            return _list(refused), refused.status
        return redirect(url_for("scheduler.scenario", scenario=scenario), 303)

    def _list(refused: InvalidInput | None = None) -> str:
        board = service.board()
        today = board.now.astimezone(current_zone()).date()
        return render_template(
            "scheduler/scenarios.html",
            view=list_page(SCENARIOS, service.listed_scenarios),
            groups=[(group.group, render(group.label, current_language())) for group in board.groups],
            refused=None if refused is None else field_sentence(refused.errors[0], current_language()),
            given=request.form,
            today=today.isoformat(),
            week=(today + timedelta(days=7)).isoformat(),
            may_plan=current_principal().may(Permission.CHANGE_PLAN),
        )

    @room.get("/planner/scenarios/<scenario>")
    @requires(Permission.VIEW_PLAN)
    def scenario(scenario: str) -> str:
        found = service.scenario(scenario)
        return render_template("scheduler/scenario.html", scenario=found, may_plan=current_principal().may(Permission.CHANGE_PLAN))

    @room.post("/planner/scenarios/<scenario>/adopt")
    @requires(Permission.CHANGE_PLAN)
    def adopt_it(scenario: str) -> Any:
        return _decided(scenario, lambda: service.adopt(scenario, current_principal()), "scheduler.scenario.adopted")

    @room.post("/planner/scenarios/<scenario>/discard")
    @requires(Permission.CHANGE_PLAN)
    def discard_it(scenario: str) -> Any:
        return _decided(scenario, lambda: service.discard(scenario, current_principal()), "scheduler.scenario.discarded")


def _decided(scenario: str, deed: Callable[[], object], said: str) -> Any:
    """Back to the scenario, with what became of it or why not."""
    try:
        deed()
    except TransitionRefused as refused:
        flash(explained(refused, current_language())[1], "refusal")
    else:
        flash(render(Message(id=said), current_language()), "success")
    return redirect(url_for("scheduler.scenario", scenario=scenario), 303)


def _asked(scenario: str, job: str) -> Response:
    return answer(ScenarioAccepted(scenario=scenario, href=f"/api/v1/scenarios/{scenario}", job=job), 202)
