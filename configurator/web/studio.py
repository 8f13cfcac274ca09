"""The studio's pages: measures, drawing, choices, offer. Each click is a form; a script only swaps the result in place."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.exceptions import BadRequest

from configurator.engine.decisions import Change, Retract, Select, SetNumber
from configurator.service import Objective, Service
from configurator.state import DesignState, DimensionState
from configurator.web.page import (
    Page,
    decoded,
    followed,
    number_change,
    page_of_design,
    page_of_family,
    refusal_explained,
    refusal_of,
)
from contracts.access import Permission
from contracts.problems import DecisionRefused, StaleRevision, TransitionRefused, Unavailable
from contracts.texts import Message
from contracts.units import Quantity
from presentation import errands
from presentation.guard import current_principal, requires
from presentation.language import current_language

ABOVE = ""
"""Where a refusal stands that belongs to no option: above all groups."""
MOST_RACES = 5
"""How often a click is tried again that another one overtook."""
OBJECTIVES: dict[str, Objective] = {"cheapest": "cheapest", "earliest": "earliest"}


def add_routes(pages: Blueprint, service: Service) -> None:
    def drawn(state: DesignState) -> Page:
        language = current_language()
        sides = service.design_sides(state.design, language)
        return page_of_design(state, service.design_drawing(state.design, language), sides, errands.way_back(state.design))

    def stored(design: str) -> Page:
        return drawn(service.design(design, current_principal()))

    def shown(page: Page, status: int = 200) -> Any:
        """The whole page, or for a click the design alone."""
        if "HX-Request" not in request.headers:
            return render_template("configurator/studio.html", page=page), status
        return render_template("configurator/design.html", page=page), status, {"HX-Push-Url": page.address}

    def after(page: Page) -> Any:
        """What follows a change: the new design in place, or (without a script) the browser's own way to it."""
        return shown(page) if "HX-Request" in request.headers else redirect(page.address, 303)

    def changed(design: str, changes: Sequence[Change], place: str) -> Any:
        """The design after the changes, or as it is with the reason why not.

        A click says what to have, whatever the rest has become since: it is applied to the design as it stands now.
        """
        try:
            page = drawn(decided(design, changes))
            return after(page.following(followed(service.also_changed(design), place)))
        except DecisionRefused as refused:
            state = service.design(design, current_principal())
            return shown(drawn(state).refusing(refusal_of(refused, changes, place, state)), 409)

    def decided(design: str, changes: Sequence[Change]) -> DesignState:
        revision = _revision()
        for _ in range(MOST_RACES):
            try:
                return service.decide(design, revision, changes, current_principal())
            except StaleRevision:
                revision = service.design(design, current_principal()).revision
        raise Unavailable

    def stale(design: str) -> Any:
        return shown(stored(design).telling("warning", Message(id="studio.newer")), 412)

    def mistyped(page: Page) -> Page | None:
        """The page with what is wrong in the typed measures, all at once; None when all is well."""
        typed = _typed(page)
        measures = [each for each in service.family(page.family).dimensions if each.name in typed]
        errors = {each.name: wrong for each in measures if (wrong := fault_of(each, typed[each.name])) is not None}
        return page.typed(typed, errors) if errors else None

    def measured(design: str) -> Any:
        page = stored(design)
        typed = _typed(page)
        if (wrong := mistyped(page)) is not None:
            return shown(wrong, 422)
        changes = [SetNumber(set=name, value=int(text)) for name, text in typed.items()]
        try:
            return after(drawn(decided(design, changes)).telling("success", Message(id="studio.measures.used")))
        except DecisionRefused as refused:
            state = service.design(design, current_principal())
            return shown(drawn(state).typed(typed, {}).refusing(refusal_of(refused, changes, ABOVE, state)), 409)

    @pages.get("/studio/<family>")
    @requires(Permission.DESIGN)
    def studio(family: str) -> Any:
        return shown(of_family(family))

    def of_family(family: str) -> Page:
        found = service.family(family)
        earliest = next((entry.earliest_at for entry in service.catalogue(current_language()) if entry.family == family), None)
        language = current_language()
        return page_of_family(found, service.family_drawing(family, language), service.family_sides(family, language), earliest)

    @pages.get("/studio/<family>/<action>")
    @requires(Permission.DESIGN)
    def before_a_design(family: str, action: str) -> Any:
        """The address that stands above refused measures: opened by itself it begins anew."""
        return redirect(f"/studio/{family}", 303)

    @pages.post("/studio/<family>/<action>")
    @requires(Permission.DESIGN)
    def begin(family: str, action: str) -> Any:
        """The first click makes the design that it changes; one that cannot be read makes none."""
        _revision()
        changes: Sequence[Change] = ()
        if action == "decide":
            changes, _ = _asked()
        elif action == "complete":
            _objective()
        elif action != "measures":
            raise BadRequest
        elif (wrong := mistyped(of_family(family))) is not None:
            return shown(wrong, 422)
        return _do(action, service.create_design(family, current_principal(), changes).design)

    @pages.get("/d/<design>")
    @requires(Permission.DESIGN)
    def design_page(design: str) -> Any:
        state = service.design(design, current_principal())
        page = drawn(state)
        wanted = request.args.get("why", "")
        if wanted:
            explained = service.explain(design, wanted, current_principal())
            if explained.status == "excluded":
                page = page.refusing(refusal_explained(explained, state))
        return shown(page)

    @pages.get("/d/<design>/differences")
    @requires(Permission.DESIGN)
    def differences(design: str) -> str:
        return render_template(
            "configurator/differences.html", differences=service.differences(design, current_principal(), request.args.get("group"))
        )

    @pages.get("/d/<design>/<action>")
    @requires(Permission.DESIGN)
    def after_a_refusal(design: str, action: str) -> Any:
        """The address that stands above a refused click: opened by itself it shows the design."""
        return redirect(f"/d/{design}", 303)

    @pages.post("/d/<design>/<action>")
    @requires(Permission.DESIGN)
    def act(design: str, action: str) -> Any:
        return _do(action, design)

    def decide(design: str) -> Any:
        changes, place = _asked()
        return changed(design, changes, place)

    def undo(design: str) -> Any:
        try:
            state = service.undo(design, _revision(), current_principal())
        except StaleRevision:
            return stale(design)
        except TransitionRefused:
            return shown(stored(design), 409)
        return after(drawn(state).telling("info", Message(id="studio.undone")))

    def complete(design: str) -> Any:
        objective = _objective()
        try:
            state = service.complete(design, _revision(), objective, current_principal())
        except StaleRevision:
            return stale(design)
        return after(drawn(state).telling("success", Message(id=f"studio.completed.{objective}")))

    def copy(design: str) -> Any:
        return after(drawn(service.copy_design(design, current_principal())))

    actions: dict[str, Callable[[str], Any]] = {
        "decide": decide,
        "measures": measured,
        "undo": undo,
        "complete": complete,
        "copy": copy,
    }

    def _do(action: str, design: str) -> Any:
        if action not in actions:
            raise BadRequest
        return actions[action](design)


def _typed(page: Page) -> dict[str, str]:
    """The measures as the form has them."""
    return {each.name: request.form.get(each.name, "").strip() for each in page.measures}


def _objective() -> Objective:
    objective = OBJECTIVES.get(request.form.get("objective", ""))
    if objective is None:
        raise BadRequest
    return objective


def _revision() -> int:
    """The revision that the form was made of; a design's first one is 0."""
    text = request.form.get("revision", "")
    if not _whole(text):
        raise BadRequest
    return int(text)


def fault_of(measure: DimensionState, text: str) -> Message | None:
    """What is wrong with a typed measure; one in centimetres is told so."""
    if not _whole(text):
        return Message(id="studio.measures.whole")
    if measure.domain is None:
        return None
    number, (low, high, _) = int(text), measure.domain
    if low <= number <= high:
        return None
    if measure.unit == "mm" and low <= 10 * number <= high:
        return Message(id="studio.measures.centimetres", params={"value": Quantity(value=10 * number, unit="mm")})
    ends = {"low": Quantity(value=low, unit=measure.unit), "high": Quantity(value=high, unit=measure.unit)}
    return Message(id="studio.measures.range", params=ends)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9


def _asked() -> tuple[list[Change], str]:
    """The changes that the pressed button asks for, and beside what a refusal stands. Raises BadRequest."""
    form = request.form
    try:
        if "instead" in form:
            changes = decoded(form["instead"])
            return changes, ABOVE
        if "select" in form:
            return [Select(select=form["select"])], form["select"].partition(".")[0]
        if "retract" in form:
            return [Retract(retract=form["retract"])], form["retract"].partition(".")[0]
        if "set" in form:
            number = number_change(form["set"])
            return [number], number.set
        if "typed" in form:
            number = number_change(f"{form['typed']}={form[f'number.{form["typed"]}']}")
            return [number], number.set
    except (ValueError, KeyError) as wrong:
        raise BadRequest from wrong
    raise BadRequest
