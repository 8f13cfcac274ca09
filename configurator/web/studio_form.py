"""What does a form of the studio ask for?"""

from flask import request
from werkzeug.exceptions import BadRequest

from configurator.completing import Objective
from configurator.engine.decisions import Change, Retract, Select, SetNumber
from configurator.web.measuring import in_millimetres, whole
from configurator.web.page import decoded, number_change

ABOVE = ""
"""Where a refusal stands that belongs to no option: above all groups."""
OBJECTIVES: dict[str, Objective] = {"cheapest": "cheapest", "earliest": "earliest"}


def objective_of_form() -> Objective:
    objective = OBJECTIVES.get(request.form.get("objective", ""))
    if objective is None:
        raise BadRequest
    return objective


def revision_of_form() -> int:
    """The revision that the form was made of; a design's first one is 0."""
    text = request.form.get("revision", "")
    if not whole(text):
        raise BadRequest
    return int(text)


def side_asked_for() -> str:
    """The side of the drawing that is turned to the front; empty when none is named."""
    return request.values.get("view", "")


def typed_number() -> SetNumber | None:
    """The number in a field while it is typed; None when it is none (yet)."""
    name, text = next(
        ((name.removeprefix("number."), in_millimetres(text)) for name, text in request.args.items() if name.startswith("number.")),
        ("", ""),
    )
    return SetNumber(set=name, value=int(text)) if name and whole(text) else None


def typed_beside() -> tuple[str, str]:
    """The number whose "Set" was pressed, and what stands in its field, in millimetres when it has a unit; empty for another button.

    Raises BadRequest when the field is not there.
    """
    name = request.form.get("typed", "")
    return name, in_millimetres(request.form[f"number.{name}"]) if name else ""


def button_again() -> tuple[str, str]:
    """Name and value of a button that asks for the same changes."""
    form = request.form
    if "typed" in form:
        return "set", "=".join(typed_beside())
    return next((name, form[name]) for name in ("instead", "select", "retract", "set") if name in form)


def asked() -> tuple[list[Change], str]:
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
            number = number_change("=".join(typed_beside()))
            return [number], number.set
    except (ValueError, KeyError) as wrong:
        raise BadRequest from wrong
    raise BadRequest
