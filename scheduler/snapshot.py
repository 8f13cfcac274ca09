"""The live plan at one moment, to be worked on outside any lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.plan import OperationKey
from scheduler.engine.calendar import Breakdown, OvertimeDay
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant, ShiftChange
from scheduler.engine.promise import at_risk
from scheduler.engine.replan import finishes_of
from scheduler.live_plan import Book, Promise


@dataclass(frozen=True)
class Supposition:
    """What is supposed to be otherwise than it is."""

    overtime: tuple[OvertimeDay, ...] = ()
    """Ordered besides."""
    stops: tuple[Breakdown, ...] = ()
    """Machines that stand still for some time."""
    shift_changes: tuple[ShiftChange, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """The plan at one number of the capacity log."""

    plant: Plant
    seq: int
    now_s: int
    operations: Sequence[Operation]
    places: Mapping[OperationKey, Placement]
    changed_at: Mapping[OperationKey, int]
    promises: Mapping[str, Promise]
    overtime: frozenset[OvertimeDay]
    breakdowns: tuple[Breakdown, ...]
    ordered: frozenset[OvertimeDay] = frozenset()
    """Overtime that planners ordered, part of ``overtime``."""

    def with_ordered(self, overtime: Iterable[OvertimeDay]) -> "Snapshot":
        """The same plan with overtime that planners order besides."""
        ordered = self.ordered | frozenset(overtime)
        return replace(self, ordered=ordered, overtime=self.overtime | ordered)

    def supposing(self, supposed: Supposition) -> "Snapshot":
        """The same plan if that were so."""
        hours = (*self.plant.shift_changes, *supposed.shift_changes)
        plant = self.plant.model_copy(update={"shift_changes": hours}) if supposed.shift_changes else self.plant
        return replace(self.with_ordered(supposed.overtime), plant=plant, breakdowns=(*self.breakdowns, *supposed.stops))

    def at_risk(self, places: Mapping[OperationKey, Placement]) -> set[str]:
        """Orders that these places bring close to missing their promise, or beyond."""
        finishes = finishes_of(self.plant, places.values())
        return {order for order, promise in self.promises.items() if at_risk(self.plant, finishes.get(order, 0), promise.due_s)}

    def broken(self, places: Mapping[OperationKey, Placement]) -> set[str]:
        """Orders whose promise these places do not keep."""
        finishes = finishes_of(self.plant, places.values())
        return {order for order, promise in self.promises.items() if finishes.get(order, 0) > promise.due_s}


def snapshot_of(book: Book, now_s: int) -> Snapshot:
    standings = list(book.standings.values())
    return Snapshot(
        plant=book.plant,
        seq=book.seq,
        now_s=now_s,
        operations=[standing.operation for standing in standings],
        places={standing.key: standing.place for standing in standings},
        changed_at={standing.key: standing.seq for standing in standings},
        promises=dict(book.promises),
        overtime=frozenset(book.overtime),
        breakdowns=book.breakdowns,
    )
