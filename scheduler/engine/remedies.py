"""What would bring a late order forward? Each remedy is tried on the plan as it stands: what it gains, what it costs, who pays for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from contracts.plan import OperationKey
from contracts.texts import Message
from contracts.units import Money
from scheduler.engine.calendar import Breakdown, Calendar, OvertimeDay, local_day
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.delivery import picked_up_at
from scheduler.engine.operations import DAY_S, Operation, Placement, alive, in_routing_order
from scheduler.engine.plant import Plant
from scheduler.engine.replan import Mender, finishes_of


@dataclass(frozen=True)
class Remedy:
    """One thing that a planner could do for the order."""

    what: Message
    finish_s: int
    """When the order's last operation is then back in our house."""
    lateness_s: int
    cost: Money
    """Beyond what the plan as it stands costs."""
    delayed: tuple[str, ...] = ()
    """Orders that would miss their promise for it, or miss it by more."""


def remedies(
    plant: Plant,
    operations: Sequence[Operation],
    placements: Iterable[Placement],
    order: str,
    now_s: int,
    overtime: Collection[OvertimeDay] = (),
    breakdowns: Sequence[Breakdown] = (),
) -> tuple[Remedy, ...]:
    """What helps, the best first: least late, then fewest orders that pay for it, then cheapest. Frozen and begun operations stay.

    Only what reaches an earlier pick-up of the carrier helps. Tried are: free time as it is, overtime at each station that the order
    still needs and at all of them, each partner, and going first.
    """
    trial = _Trial(plant, alive(operations), list(placements), order, now_s, frozenset(overtime), breakdowns)
    if not trial.movable:
        return ()
    found = [*trial.free(), *trial.in_overtime(), *trial.at_partners(), *trial.first()]
    picked_up_s = picked_up_at(plant, trial.finish_s)
    useful = [remedy for remedy in found if picked_up_at(plant, remedy.finish_s) < picked_up_s]
    return tuple(sorted(useful, key=lambda remedy: (remedy.lateness_s, len(remedy.delayed), remedy.cost.amount, remedy.finish_s)))


class _Trial:
    def __init__(
        self,
        plant: Plant,
        operations: Sequence[Operation],
        placements: Sequence[Placement],
        order: str,
        now_s: int,
        overtime: frozenset[OvertimeDay],
        breakdowns: Sequence[Breakdown],
    ) -> None:
        self._plant, self._operations, self._now_s = plant, operations, now_s
        self._overtime, self._breakdowns, self._order = overtime, breakdowns, order
        self._old = {placement.key: placement for placement in placements}
        self._finishes = finishes_of(plant, placements)
        self._due = {operation.order: operation.due_s for operation in operations}
        self._frozen_s = now_s + plant.planning.frozen_horizon_h * 3600
        self._movable = [operation for operation in in_routing_order(operations) if self._may_move(operation)]
        self.movable = [operation for operation in self._movable if operation.order == order]
        self.finish_s = self._finishes.get(order, 0)

    def free(self) -> Iterable[Remedy]:
        """The order alone moves, into free time."""
        yield from self._remedy(Message(id="scheduler.remedy.free"), self._placed(self._calendar(self._overtime)))

    def in_overtime(self) -> Iterable[Remedy]:
        """Overtime on every day until the order's end; paid are the hours that it works in it."""
        if self._plant.overtime is None:
            return
        groups = sorted({operation.machine_group for operation in self.movable})
        for chosen in [*([group] for group in groups), *([groups] if len(groups) > 1 else [])]:
            calendar = self._calendar(self._overtime | self._days(chosen))
            placed = self._placed(calendar)
            if placed is None or not (worked_s := self._beyond_hours_s(placed)):
                continue
            cost = -(-worked_s * self._plant.overtime.price_minor_per_h // 3600)
            params = {"group": self._plant.groups[chosen[0]].label, "hours": -(-worked_s // 3600)}
            what = "scheduler.remedy.overtime" if len(chosen) == 1 else "scheduler.remedy.overtime_everywhere"
            yield from self._remedy(Message(id=what, params=params), placed, cost)

    def at_partners(self) -> Iterable[Remedy]:
        """One operation goes out."""
        for operation in self.movable:
            for machine in self._plant.partners_of[operation.machine_group]:
                partner = self._plant.machines[machine].partner
                if partner is None or self._old[operation.key].machine == machine:
                    continue
                placed = self._placed(self._calendar(self._overtime), {operation.key: (machine,)})
                params = {"operation": operation.label, "partner": partner.label}
                yield from self._remedy(Message(id="scheduler.remedy.partner", params=params), placed, partner.price_minor)

    def first(self) -> Iterable[Remedy]:
        """The order goes before all others; who stands in its way moves in the old order."""
        index = CapacityIndex.within(self._calendar(self._overtime))
        others = [operation for operation in self._movable if operation.order != self._order]
        placed = _GoingFirst(index, self._operations, self._old, self._now_s).done(self.movable, others)
        if placed is None:
            return
        after = finishes_of(self._plant, placed)
        delayed = tuple(
            sorted(
                order
                for order, finish in after.items()
                if order != self._order and finish > max(self._due.get(order, finish), self._finishes.get(order, 0))
            )
        )
        yield from self._remedy(Message(id="scheduler.remedy.first"), placed, delayed=delayed)

    def _remedy(
        self, what: Message, placed: Iterable[Placement] | None, cost_minor: int = 0, delayed: tuple[str, ...] = ()
    ) -> Iterable[Remedy]:
        if placed is not None:
            finish_s = finishes_of(self._plant, placed)[self._order]
            cost = Money(amount=cost_minor, currency=self._plant.currency)
            yield Remedy(what, finish_s, max(0, finish_s - self._due[self._order]), cost, delayed)

    def _placed(self, calendar: Calendar, only_at: Mapping[OperationKey, Sequence[str]] | None = None) -> list[Placement] | None:
        """The order's places when everybody else keeps theirs; None when there is no room."""
        index, moving = CapacityIndex.within(calendar), {operation.key for operation in self.movable}
        for placement in self._old.values():
            if placement.key not in moving:
                index.add(placement)
        for operation in self.movable:
            before = [index.placement(key) for key in operation.after]
            back = [place.end_s + self._plant.after_s(place.machine) for place in before if place is not None]
            ready_s = max([self._now_s, operation.not_before_s, *back])
            found = index.earliest(operation, ready_s, self._now_s, (only_at or {}).get(operation.key))
            if found is None:
                return None
            index.insert(found)
        return [placement for placement in index.placements() if placement.order == self._order]

    def _beyond_hours_s(self, placed: Iterable[Placement]) -> int:
        """Seconds of the places outside the hours as they are."""
        index = CapacityIndex.within(self._calendar(self._overtime))
        return sum(placement.end_s - placement.setup_start_s for placement in placed if not index.is_open(placement))

    def _may_move(self, operation: Operation) -> bool:
        place = self._old.get(operation.key)
        waits = operation.open and not operation.begun and operation.placement is None and not operation.pinned
        return waits and place is not None and place.setup_start_s > self._frozen_s

    def _days(self, groups: Iterable[str]) -> frozenset[OvertimeDay]:
        first, last = local_day(self._plant, self._now_s), local_day(self._plant, self.finish_s)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return frozenset(OvertimeDay(group, day) for group in groups for day in days)

    def _calendar(self, overtime: frozenset[OvertimeDay]) -> Calendar:
        to_s = max(self.finish_s, self._now_s) + self._plant.planning.horizon_days * DAY_S
        return Calendar(self._plant, self._now_s - DAY_S, to_s, overtime, self._breakdowns)


class _GoingFirst(Mender):
    """Some take the first room there is around what stands; others follow in the old order."""

    def __init__(self, index: CapacityIndex, operations: Sequence[Operation], old: Mapping[OperationKey, Placement], now_s: int) -> None:
        known = {operation.key: operation for operation in operations}
        super().__init__(index, known, old, now_s, index.plant.planning.repair_threshold_s)
        self._old_finish = finishes_of(index.plant, old.values())

    def done(self, first: Sequence[Operation], others: Sequence[Operation]) -> list[Placement] | None:
        """Everybody's places; None when somebody finds none. Both are in the order of their routings."""
        moving = {operation.key for operation in (*first, *others)}
        for place in self._old.values():
            if place.key not in moving:
                self._index.add(replace(place, fixed=True))
        self._old = {key: place for key, place in self._old.items() if key not in {operation.key for operation in first}}
        for operation in first:
            self._insert(operation)
        for operation in sorted(others, key=lambda entry: self._old[entry.key].start_s):
            self._keep(operation)
        return None if self._unplaced else self._index.placements()
