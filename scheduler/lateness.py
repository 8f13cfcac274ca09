"""Why is an order late, and what would help?"""

from dataclasses import dataclass

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


def lateness_of(at: Snapshot, order: str) -> Lateness:
    """Of an order in the plan; one without an open operation is in time, or its lateness is past."""
    places = list(at.places.values())
    found = way(at.plant, at.operations, places, order, at.now_s, at.overtime, at.breakdowns)
    if found is None or not found.lateness_s:
        return Lateness(order, 0)
    helping = remedies(at.plant, at.operations, places, order, at.now_s, at.overtime, at.breakdowns)
    return Lateness(order, found.lateness_s, found.late_by, helping)
