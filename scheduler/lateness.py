"""Why is an order late, and what would help?"""

from dataclasses import dataclass

from contracts.texts import Message
from scheduler.engine.explain import Cause, way
from scheduler.engine.remedies import Remedy, remedies
from scheduler.snapshot import Snapshot


@dataclass(frozen=True)
class Lateness:
    """The causes' seconds sum to the lateness; an order in time has neither causes nor remedies."""

    order: str
    lateness_s: int
    causes: tuple[Cause, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    told: Message | None = None
    """The cause that its customer was last told of: what is left to say when nothing is left to do."""


def lateness_of(at: Snapshot, order: str, told: Message | None) -> Lateness:
    """Of an order in the plan; one without an open operation is in time, or its lateness is past."""
    places = list(at.places.values())
    found = way(at.plant, at.operations, places, order, at.now_s, at.overtime, at.breakdowns)
    if found is None or not found.critical or not found.lateness_s:
        return Lateness(order, 0, told=told)
    helping = remedies(at.plant, at.operations, places, order, at.now_s, at.overtime, at.breakdowns)
    return Lateness(order, found.lateness_s, found.late_by, helping, told)
