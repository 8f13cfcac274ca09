"""Why is an order late, and what would help?"""

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, select

from contracts.texts import Message
from scheduler.engine.explain import Cause, way
from scheduler.engine.remedies import Remedy, remedies
from scheduler.snapshot import Snapshot
from scheduler.tables import CapacityChangeRow


def reserved_at(session: Session, plant: str, order: str) -> int | None:
    """When what the order has now was reserved, from the capacity log: its promise was given then."""
    logged = select(func.max(CapacityChangeRow.at_s)).where(
        CapacityChangeRow.plant == plant, CapacityChangeRow.kind == "reserve", CapacityChangeRow.subject == order
    )
    return session.exec(logged).one()


@dataclass(frozen=True)
class Lateness:
    """The causes' seconds sum to the lateness; an order in time has neither causes nor remedies."""

    order: str
    lateness_s: int
    causes: tuple[Cause, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    told: Message | None = None
    """The cause that its customer was last told of: what is left to say when nothing is left to do."""


def lateness_of(at: Snapshot, order: str, since_s: int | None, told: Message | None) -> Lateness:
    """Of an order in the plan, reserved at ``since_s``; one without an open operation is in time, or its lateness is past."""
    places = list(at.places.values())
    found = way(at.plant, at.operations, places, order, at.now_s, at.overtime, at.breakdowns, since_s)
    if found is None or not found.critical or not found.lateness_s:
        return Lateness(order, 0, told=told)
    helping = remedies(at.plant, at.operations, places, order, at.now_s, at.overtime, at.breakdowns)
    return Lateness(order, found.lateness_s, found.late_by, helping, told)
