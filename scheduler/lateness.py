"""Why is an order late, and what would help?"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.model import Contract
from contracts.texts import Message
from contracts.units import Money
from scheduler.engine.calendar import Breakdown, OvertimeDay
from scheduler.engine.explain import way
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant
from scheduler.engine.remedies import remedies
from scheduler.live_plan import Book


class LateCause(Contract):
    """Seconds of the lateness that go to one cause."""

    cause: str
    seconds: int
    operation: str
    because: Message


class LateRemedy(Contract):
    """Something that was tried on the plan as it stands and helps."""

    what: Message
    lateness_s: int
    """What is left of the lateness."""
    cost: Money
    delayed: tuple[str, ...]
    """Orders that would pay for it with their own promise."""


class Lateness(Contract):
    """The causes' seconds sum to the lateness; an order in time has neither causes nor remedies."""

    order: str
    lateness_s: int
    causes: tuple[LateCause, ...] = ()
    remedies: tuple[LateRemedy, ...] = ()


@dataclass(frozen=True)
class PlanAt:
    """What the answer is worked out from, outside any lock."""

    plant: Plant
    operations: Sequence[Operation]
    places: Sequence[Placement]
    overtime: tuple[OvertimeDay, ...]
    breakdowns: tuple[Breakdown, ...]
    now_s: int


def plan_at(book: Book, now_s: int) -> PlanAt:
    return PlanAt(book.plant, list(book.operations()), list(book.places()), tuple(book.overtime), tuple(book.breakdowns), now_s)


def lateness_of(at: PlanAt, order: str) -> Lateness:
    """Of an order in the plan; one without an open operation is in time, or its lateness is past."""
    found = way(at.plant, at.operations, at.places, order, at.now_s, at.overtime, at.breakdowns)
    if found is None or not found.lateness_s:
        return Lateness(order=order, lateness_s=0)
    causes = tuple(
        LateCause(cause=cause.kind, seconds=cause.seconds, operation=str(cause.key), because=cause.because) for cause in found.late_by
    )
    helping = tuple(
        LateRemedy(
            what=remedy.what,
            lateness_s=remedy.lateness_s,
            cost=Money(amount=remedy.cost_minor, currency=at.plant.currency),
            delayed=remedy.delayed,
        )
        for remedy in remedies(at.plant, at.operations, at.places, order, at.now_s, at.overtime, at.breakdowns)
    )
    return Lateness(order=order, lateness_s=found.lateness_s, causes=causes, remedies=helping)
