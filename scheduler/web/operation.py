"""An operation's page: where it stands, and what a planner may do to it without a script or a pointer."""

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import Field, ValidationError, field_validator
from werkzeug.wrappers import Response

from contracts.access import Permission
from contracts.model import Contract, Instant
from contracts.naming import named
from contracts.plan import OperationKey
from contracts.problems import NotFound, PlanChanged, PlanInvalid, Problem
from contracts.texts import Message
from presentation.api import invalid
from presentation.explaining import explained, field_sentence
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render
from presentation.zone import current_zone
from scheduler.engine.moving import Wish
from scheduler.engine.operations import seconds_of
from scheduler.moves import Seen
from scheduler.outcome import DoneByHand, Outcome
from scheduler.service import Service
from scheduler.shown_operation import ShownOperation
from scheduler.standing import parse_key

_KEY = re.compile(r"[^/]+/\d{1,9}\.\d{1,9}", re.ASCII)
REASONS = tuple(f"scheduler.move.reason.{each}" for each in ("customer", "tool", "material", "person", "together"))
"""Offered, not imposed: a planner writes what they know."""


class ShownPromise(Contract):
    order: str
    expected_at: Instant


class Asked(Contract):
    """What the form of a move holds."""

    machine: str = Field(max_length=64)
    start: Instant
    """Without a zone: as the plant's clocks show it."""
    reason: str = Field(default="", max_length=300)

    @field_validator("start", mode="before")
    @classmethod
    def _in_the_plant(cls, given: object) -> object:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else given
        return moment.replace(tzinfo=current_zone()) if isinstance(moment, datetime) and moment.tzinfo is None else moment

    def wish(self, key: OperationKey) -> Wish:
        return Wish(key, self.machine, seconds_of(self.start))


class Confirmed(Asked):
    """And what its planner was shown."""

    seq: int
    promise: tuple[ShownPromise, ...] = ()

    @field_validator("promise", mode="before")
    @classmethod
    def _pairs(cls, given: object) -> object:
        return [{"order": order, "expected_at": at} for order, _, at in (str(entry).rpartition(" ") for entry in _listed(given))]

    def seen(self) -> Seen:
        return Seen(self.seq, {shown.order: shown.expected_at for shown in self.promise})


class Held(Contract):
    locked: bool
    reason: str = Field(default="", max_length=300)


def operation_key(text: str) -> OperationKey:
    """Which operation an address or a request means. Raises NotFound for what cannot be one."""
    if not _KEY.fullmatch(text):
        raise NotFound("operation", text)
    return parse_key(text)


def add_operation_pages(room: Blueprint, service: Service) -> None:
    """Routes under /planner/operations."""

    @room.get("/planner/operations/<path:operation>")
    @requires(Permission.VIEW_PLAN)
    def operation(operation: str) -> str:
        key = operation_key(operation)
        asked = _read(Asked, request.args.to_dict()) if "start" in request.args else None
        return _page(service.operation(key), asked, _previewed(service, key, asked))

    @room.get("/planner/consequences/<path:operation>")
    @requires(Permission.CHANGE_PLAN)
    def consequences(operation: str) -> str:
        """What the board shows of a move."""
        asked = _read(Asked, request.args.to_dict())
        outcome = service.preview_move(asked.wish(operation_key(operation)), current_principal())
        return render_template("scheduler/consequences.html", outcome=outcome, asked=asked, reasons=REASONS)

    @room.post("/planner/operations/<path:operation>/move")
    @requires(Permission.CHANGE_PLAN)
    def move_it(operation: str) -> Any:
        key = operation_key(operation)
        wanted = _read(Confirmed, {**request.form.to_dict(), "promise": request.form.getlist("promise")})
        try:
            outcome = service.move(wanted.wish(key), current_principal(), wanted.reason, wanted.seen())
        except (PlanInvalid, PlanChanged) as refused:
            return _page(service.operation(key), wanted, _previewed(service, key, wanted), refused), refused.status
        moved = outcome.operations[0]
        told = {"operation": moved.label, "order": moved.order, "machine": moved.machine, "at": moved.start_at}
        _say(Message(id="scheduler.move.done_by_you", params=told))
        return redirect(url_for("scheduler.operation", operation=operation), 303)

    @room.post("/planner/operations/<path:operation>/lock")
    @requires(Permission.CHANGE_PLAN)
    def lock_it(operation: str) -> Any:
        wanted = _read(Held, request.form.to_dict())
        key = operation_key(operation)
        try:
            service.hold(key, wanted.locked, current_principal(), wanted.reason)
        except PlanInvalid as refused:
            return _page(service.operation(key), None, None, refused), refused.status
        _say(Message(id="scheduler.lock.set" if wanted.locked else "scheduler.lock.taken_off"))
        return redirect(url_for("scheduler.operation", operation=operation), 303)

    @room.post("/planner/undo")
    @requires(Permission.CHANGE_PLAN)
    def undo_it() -> Response:
        try:
            undone = service.undo(current_principal())
        except PlanInvalid as refused:
            flash(_why(refused), "refusal")
        else:
            _say(undone_words(undone.change, undone.exact))
        return redirect(url_for("scheduler.changes"), 303)


def local_moment(at: datetime) -> str:
    """As a field for day and time holds it, in the plant's zone."""
    return at.astimezone(current_zone()).strftime("%Y-%m-%dT%H:%M")


def undone_words(change: DoneByHand, exact: bool) -> Message:
    what = {"operation": change.label, "order": change.order, "machine": change.machine_before, "at": change.start_before_at}
    kind = change.kind if change.kind != "move" else "move" if exact else "move_nearly"
    return Message(id=f"scheduler.undone.{kind}", params=what)


def _page(shown: ShownOperation, asked: Asked | None, outcome: Outcome | None, refused: Problem | None = None) -> str:
    return render_template(
        "scheduler/operation.html",
        shown=shown,
        asked=asked,
        outcome=outcome,
        refused=_why(refused) if refused is not None else None,
        reasons=REASONS,
        may_plan=current_principal().may(Permission.CHANGE_PLAN),
    )


def _previewed(service: Service, key: OperationKey, asked: Asked | None) -> Outcome | None:
    if asked is None or not current_principal().may(Permission.CHANGE_PLAN):
        return None
    return service.preview_move(asked.wish(key), current_principal())


def _why(refused: Problem) -> str:
    """The first reason in words; of a plan that changed what its kind says."""
    if refused.errors:
        return field_sentence(refused.errors[0], current_language(), current_zone())
    return explained(refused, current_language(), current_zone())[1]


def _say(message: Message) -> None:
    flash(render(named(message), current_language(), current_zone()), "success")


def _read[Form: Contract](form: type[Form], given: dict[str, Any]) -> Form:
    """Raises InvalidInput."""
    known = {name: value for name, value in given.items() if name in form.model_fields}
    try:
        return form.model_validate(known)
    except ValidationError as fault:
        raise invalid(fault) from None


def _listed(given: object) -> list[object]:
    return list(given) if isinstance(given, (list, tuple)) else [given]
