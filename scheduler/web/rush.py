"""A rush order: three ways beside the plan as it stands, who pays for each, and going one of them."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from pydantic import Field, ValidationError

from contracts.access import Permission
from contracts.model import Contract, Instant
from contracts.naming import named
from contracts.problems import InvalidInput, NotFound, PlanChanged, PlanInvalid, Problem
from contracts.texts import Message
from presentation.api import answer, body, describe, invalid, query
from presentation.explaining import explained, field_sentence
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render
from scheduler.outcome import DoneByHand
from scheduler.rush import Rush, Rushes, RushWay, Seen


class RushQuery(Contract):
    by: date | None = None
    """The day by which it is wanted; without it the earliest day is the best."""


class LikeQuery(RushQuery):
    like: str = Field(max_length=64)
    """An order in the plan; one more like it is wanted."""


class ToldRushWay(RushWay):
    says: str
    """What is done, in the caller's language."""


class ToldRush(Rush):
    ways: tuple[ToldRushWay, ...]


class RushWish(Contract):
    way: str = Field(max_length=200)
    """As it was called when it was asked for."""
    by: date | None = None
    reason: str = Field(default="", max_length=300)
    expected_at: Instant | None = None
    """The order's expected date that the planner was shown: then none later is accepted."""
    promises: dict[str, Instant] | None = Field(default=None, max_length=10_000)
    """Expected dates of the orders that give way, as shown: then none of them gets a later one, and no other gives way."""


class Asked(Contract):
    """What the form of the question holds."""

    order: str = Field(min_length=1, max_length=64)
    kind: str = Field(default="order", pattern="^(order|like)$")
    by: date | None = None


class Chosen(Contract):
    """What the form of an answer holds."""

    order: str = Field(min_length=1, max_length=64)
    way: str = Field(max_length=200)
    by: date | None = None
    reason: str = Field(default="", max_length=300)
    expected_at: Instant
    later: dict[str, Instant]


def add_rush(room: Blueprint, rushes: Rushes) -> None:
    """Routes under /planner/rush and /api/v1."""

    @room.get("/api/v1/orders/<order>/rush")
    @requires(Permission.VIEW_PLAN)
    @describe(
        "Up to three ways to hurry an order, with who pays for each; nothing is changed",
        query=RushQuery,
        answers={200: ToldRush},
        problems=(NotFound, InvalidInput),
    )
    def rush_of(order: str) -> Response:
        return answer(_told(rushes.ways(order, query(RushQuery).by)), headers={"Cache-Control": "no-store"})

    @room.get("/api/v1/rush")
    @requires(Permission.VIEW_PLAN)
    @describe(
        "Up to three ways to make one more order like another, with who pays for each; nothing is changed",
        query=LikeQuery,
        answers={200: ToldRush},
        problems=(NotFound, InvalidInput),
    )
    def rush_like() -> Response:
        asked = query(LikeQuery)
        return answer(_told(rushes.ways_like(asked.like, asked.by)), headers={"Cache-Control": "no-store"})

    @room.post("/api/v1/orders/<order>/rush")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Go one of the ways to hurry an order; one's own last change can be taken back with moves/undo",
        body=RushWish,
        answers={200: DoneByHand},
        problems=(NotFound, InvalidInput, PlanInvalid, PlanChanged),
    )
    def go(order: str) -> Response:
        wish = body(RushWish)
        seen = Seen(wish.expected_at, wish.promises)
        return answer(rushes.go(order, wish.way, wish.by, wish.reason, seen, current_principal()))

    @room.get("/planner/rush")
    @requires(Permission.VIEW_PLAN)
    def rush() -> Any:
        if not request.args.get("order"):
            return _page(None)
        try:
            asked = Asked.model_validate({name: value for name, value in request.args.items() if name in Asked.model_fields and value})
            found = _found(rushes, asked)
        except ValidationError as fault:
            return _page(None, invalid(fault)), 422
        except (InvalidInput, NotFound) as refused:
            return _page(None, refused), refused.status
        return _page(found)

    @room.post("/planner/rush")
    @requires(Permission.CHANGE_PLAN)
    def rush_it() -> Any:
        given = request.form
        way = given.get("way", "")
        shown = dict(entry.rpartition(" ")[::2] for entry in given.getlist(f"later:{way}"))
        fields = {name: given[name] for name in ("order", "way", "by", "reason") if given.get(name)}
        try:
            chosen = Chosen.model_validate({**fields, "expected_at": given.get(f"expected:{way}", ""), "later": shown})
        except ValidationError as fault:
            raise invalid(fault) from fault
        try:
            rushes.go(chosen.order, chosen.way, chosen.by, chosen.reason, Seen(chosen.expected_at, chosen.later), current_principal())
        except (PlanInvalid, PlanChanged) as refused:
            return _page(rushes.ways(chosen.order, chosen.by), refused), refused.status
        flash(render(Message(id="scheduler.rush.done"), current_language()), "success")
        return redirect(url_for("scheduler.way", order=chosen.order), 303)


def _found(rushes: Rushes, asked: Asked) -> Rush:
    order = rushes.meant(asked.order)
    return rushes.ways_like(order, asked.by) if asked.kind == "like" else rushes.ways(order, asked.by)


def _page(found: Rush | None, refused: Problem | None = None) -> str:
    language = current_language()
    why = None
    if refused is not None:
        why = field_sentence(refused.errors[0], language) if refused.errors else explained(refused, language)[1]
    return render_template(
        "scheduler/rush.html",
        found=found,
        refused=why,
        given=request.values,
        may_plan=current_principal().may(Permission.CHANGE_PLAN),
    )


def _told(found: Rush) -> ToldRush:
    language = current_language()
    ways = tuple(ToldRushWay(**_fields(way), says=render(named(way.what), language)) for way in found.ways)
    return ToldRush(**{**_fields(found), "ways": ways})


def _fields(value: Contract) -> dict[str, Any]:
    return {name: getattr(value, name) for name in type(value).model_fields}
