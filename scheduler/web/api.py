"""The plan over HTTP: what stands when, an order's way, moves by hand, a new plan."""

from flask import Blueprint, Response
from pydantic import Field

from contracts.access import Permission
from contracts.model import Contract, Instant
from contracts.ports import Specifications
from contracts.problems import InvalidInput, NotFound, PlanChanged, PlanInvalid
from presentation.api import answer, body, describe, query
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.zone import current_zone
from scheduler.board import Board
from scheduler.engine.moving import Wish
from scheduler.engine.operations import seconds_of
from scheduler.moves import Seen
from scheduler.outcome import DoneByHand, Undone
from scheduler.service import Service
from scheduler.web.accepted import JobAccepted, accepted
from scheduler.web.operation import operation_key
from scheduler.web.products import ShownWay, with_products
from scheduler.web.told import ToldLateness, ToldOutcome, told, told_outcome


class PlanQuery(Contract):
    since: int | None = None
    """Number of the last change that the caller knows: then only what changed after it."""


class MoveWish(Contract):
    operation: str = Field(max_length=120)
    """Its key, as in the plan."""
    machine: str = Field(max_length=64)
    start: Instant
    """Start of the work; the setup comes before."""
    preview: bool = False
    """Only say what would come of it."""
    reason: str = Field(default="", max_length=300)
    """Why; kept with the change."""
    seq: int | None = None
    """The plan's change number that the planner saw: then what another planner changed since at the same operations is a 409."""
    promises: dict[str, Instant] | None = Field(default=None, max_length=10_000)
    """Expected dates that the planner was shown, by order: then no other promise is missed by more than shown."""


class HoldWish(Contract):
    operation: str = Field(max_length=120)
    locked: bool
    reason: str = Field(default="", max_length=300)


def add_api(room: Blueprint, service: Service, specifications: Specifications) -> None:
    """Routes under /api/v1."""

    @room.get("/api/v1/plans/current")
    @requires(Permission.VIEW_PLAN)
    @describe(
        "The live plan: machines, operations, orders, load and key figures", query=PlanQuery, answers={200: Board}, problems=(InvalidInput,)
    )
    def plan() -> Response:
        return answer(service.board(query(PlanQuery).since), headers={"Cache-Control": "no-store"})

    @room.post("/api/v1/plans")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Have the plan made anew; answers at once with the job",
        answers={202: JobAccepted},
        again=lambda outcome: accepted(outcome["job"]),
    )
    def new_plan() -> Response:
        return accepted(service.ask_for_plan(current_principal()))

    @room.post("/api/v1/plans/current/moves")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Move an operation to another time or machine and hold it there; ``preview`` changes nothing",
        body=MoveWish,
        answers={200: ToldOutcome},
        problems=(NotFound, PlanInvalid, PlanChanged, InvalidInput),
    )
    def move() -> Response:
        wanted = body(MoveWish)
        wish = Wish(operation_key(wanted.operation), wanted.machine, seconds_of(wanted.start))
        if wanted.preview:
            return answer(told_outcome(service.preview_move(wish, current_principal()), current_language(), current_zone()))
        seen = Seen(wanted.seq, wanted.promises)
        return answer(told_outcome(service.move(wish, current_principal(), wanted.reason, seen), current_language(), current_zone()))

    @room.post("/api/v1/plans/current/moves/undo")
    @requires(Permission.CHANGE_PLAN)
    @describe("Take back one's own last move, lock or unlock", answers={200: Undone}, problems=(PlanInvalid,))
    def undo() -> Response:
        return answer(service.undo(current_principal()))

    @room.post("/api/v1/plans/current/locks")
    @requires(Permission.CHANGE_PLAN)
    @describe(
        "Lock an operation in its place, or let plans move it again",
        body=HoldWish,
        answers={200: DoneByHand},
        problems=(NotFound, PlanInvalid, InvalidInput),
    )
    def hold() -> Response:
        wanted = body(HoldWish)
        return answer(service.hold(operation_key(wanted.operation), wanted.locked, current_principal(), wanted.reason))

    @room.get("/api/v1/orders/<order>/way")
    @requires(Permission.VIEW_PLAN)
    @describe(
        "An order's whole way through the plant, with slack and the operations that decide its finish",
        answers={200: ShownWay},
        problems=(NotFound,),
    )
    def api_way(order: str) -> Response:
        return answer(with_products(service.way(order), specifications), headers={"Cache-Control": "no-store"})

    @room.get("/api/v1/orders/<order>/lateness")
    @requires(Permission.VIEW_PLAN)
    @describe("Why an order is late, and what would help", answers={200: ToldLateness}, problems=(NotFound,))
    def lateness(order: str) -> Response:
        return answer(told(service.lateness(order), current_language()), headers={"Cache-Control": "no-store"})
