"""How could an order be made earlier? Each way is laid into the plan as it stands: alone, in overtime, at a partner, before all others."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from contracts.plan import OperationKey
from contracts.texts import Message
from scheduler.engine.calendar import Breakdown, Calendar, OvertimeDay, hours_on, local_day
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.operations import DAY_S, Operation, Placement, alive, in_routing_order
from scheduler.engine.plan_cost import beyond_s
from scheduler.engine.plant import Plant
from scheduler.engine.replan import Mender, finishes_of, repair

Places = Mapping[OperationKey, Placement]


@dataclass(frozen=True)
class Tried:
    """A way that can be gone."""

    kind: str
    """``free``, ``overtime:GROUP``, ``overtime``, ``partner:OPERATION:MACHINE`` or ``first``."""
    what: Message
    places: Places
    """Every place that it changes, those of new operations included."""
    overtime: frozenset[OvertimeDay] = frozenset()
    """In which it works, beside what is decided."""
    cost_minor: int = 0
    """Beyond what the plan as it stands costs."""


class Trial:
    """Frozen and begun operations stay, and what planners hold; ``still``: what else may not move."""

    def __init__(
        self,
        plant: Plant,
        operations: Sequence[Operation],
        placements: Iterable[Placement],
        order: str,
        now_s: int,
        overtime: Iterable[OvertimeDay] = (),
        breakdowns: Sequence[Breakdown] = (),
        from_s: int | None = None,
        still: Collection[OperationKey] = frozenset(),
    ) -> None:
        """``from_s``: nothing is laid before it; by default before ``now_s``. Operations of the order without a place are new."""
        self._plant, self._operations, self._now_s = plant, alive(operations), now_s
        self._from_s = now_s if from_s is None else from_s
        self._overtime, self._breakdowns, self._order = frozenset(overtime), breakdowns, order
        self.old = {placement.key: placement for placement in placements}
        self.finishes = finishes_of(plant, self.old.values())
        self.due = {operation.order: operation.due_s for operation in self._operations}
        self._known = {operation.key: operation for operation in self._operations}
        self._frozen_s = now_s + plant.planning.frozen_horizon_h * 3600
        self._short = self._short_of_setup(self.old.values())
        stay = self._staying(still)
        self._movable = [entry for entry in in_routing_order(self._operations) if entry.key not in stay]
        self.movable = [operation for operation in self._movable if operation.order == order]
        self.finish_s = self.finishes.get(order) or now_s + plant.planning.horizon_days * DAY_S

    def ways(self) -> Iterator[Tried]:
        """All of them, as far as there is room."""
        if self.movable:
            yield from (*self.free(), *self.in_overtime(), *self.at_partners(), *self.first())

    def free(self) -> Iterator[Tried]:
        """The order alone moves, into free time."""
        places = self._placed(self._calendar(self._overtime))
        if places is not None:
            yield Tried("free", Message(id="scheduler.remedy.free"), places)

    def in_overtime(self) -> Iterator[Tried]:
        """Overtime on every day until the order's end; paid are the hours that it works in it."""
        if self._plant.overtime is None:
            return
        groups = sorted({operation.machine_group for operation in self.movable})
        for chosen in [*([group] for group in groups), *([groups] if len(groups) > 1 else [])]:
            places = self._placed(self._calendar(self._overtime | self._days(chosen)))
            beyond = self._beyond_hours(places.values()) if places is not None else []
            if places is None or not beyond:
                continue
            worked_s = beyond_s(self._calendar(self._overtime), beyond)
            params = {"group": self._plant.groups[chosen[0]].label, "hours": -(-worked_s // 3600)}
            what = "scheduler.remedy.overtime" if len(chosen) == 1 else "scheduler.remedy.overtime_everywhere"
            yield Tried(
                f"overtime:{chosen[0]}" if len(chosen) == 1 else "overtime",
                Message(id=what, params=params),
                places,
                self._worked_on(beyond, chosen),
                -(-worked_s * self._plant.overtime.price_minor_per_h // 3600),
            )

    def at_partners(self) -> Iterator[Tried]:
        """One operation goes out."""
        for operation in self.movable:
            for machine in self._plant.partners_of[operation.machine_group]:
                partner, old = self._plant.machines[machine].partner, self.old.get(operation.key)
                if partner is None or (old is not None and old.machine == machine):
                    continue
                places = self._placed(self._calendar(self._overtime), {operation.key: (machine,)})
                if places is not None:
                    params = {"operation": operation.label, "partner": partner.label}
                    what = Message(id="scheduler.remedy.partner", params=params)
                    yield Tried(f"partner:{operation.key}:{machine}", what, places, cost_minor=partner.price_minor)

    def first(self) -> Iterator[Tried]:
        """The order goes before all others; who stands in its way moves in the old order."""
        index = CapacityIndex.within(self._calendar(self._overtime))
        others = [operation for operation in self._movable if operation.order != self._order]
        placed = _GoingFirst(index, self._operations, self.old, self._from_s).done(self.movable, others)
        if placed is not None and not self._setups_lost(placed):
            yield Tried("first", Message(id="scheduler.remedy.first"), self._changed(placed))

    def finishes_with(self, tried: Tried) -> dict[str, int]:
        """When each order is finished with it."""
        return finishes_of(self._plant, {**self.old, **tried.places}.values())

    def _placed(self, calendar: Calendar, only_at: Mapping[OperationKey, Sequence[str]] | None = None) -> Places | None:
        """What changes when the order finds places and everybody else keeps theirs; None when there is no room."""
        index, moving = CapacityIndex.within(calendar), {operation.key for operation in self.movable}
        for placement in self.old.values():
            if placement.key not in moving:
                index.add(placement)
        for operation in self.movable:
            before = [index.placement(key) for key in operation.after]
            back = [place.end_s + self._plant.after_s(place.machine) for place in before if place is not None]
            ready_s = max([self._from_s, operation.not_before_s, *back])
            found = index.earliest(operation, ready_s, self._from_s, (only_at or {}).get(operation.key))
            if found is None:
                return None
            index.insert(found)
        if self._setups_lost(index.placements()):
            return self._around(calendar, {key: place for key in moving if (place := index.placement(key)) is not None})
        return self._changed(index.placements())

    def _setups_lost(self, placements: Iterable[Placement]) -> bool:
        """Whether somebody would have to set up for longer than there is time, who had time: who stood before has gone."""
        return bool(self._short_of_setup(placements) - self._short)

    def _short_of_setup(self, placements: Iterable[Placement]) -> set[OperationKey]:
        before: dict[str, str] = {}
        short = set()
        for place in sorted(placements, key=lambda entry: entry.setup_start_s):
            needed_s = self._plant.setup_s(self._plant.machines[place.machine].group, before.get(place.machine), place.family)
            if needed_s > place.start_s - place.setup_start_s and not self._begun(place.key):
                short.add(place.key)
            before[place.machine] = place.family
        return short

    def _begun(self, key: OperationKey) -> bool:
        known = self._known.get(key)
        return known is None or known.begun

    def _around(self, calendar: Calendar, places: Places) -> Places | None:
        """What changes when the plan is repaired around the order's new places; None when somebody finds none."""
        loose = {operation.key for operation in self._movable} - places.keys()
        operations = [
            self._fixed(entry, places.get(entry.key) or self.old.get(entry.key), entry.key in loose) for entry in self._operations
        ]
        threshold_s = self._plant.planning.repair_threshold_s
        found = repair(self._plant, operations, self.old.values(), self._from_s, threshold_s, calendar=calendar)
        return None if found.unplaced or self._setups_lost(found.placements) else self._changed(found.placements)

    @staticmethod
    def _fixed(operation: Operation, place: Placement | None, loose: bool) -> Operation:
        if loose or place is None or operation.placement is not None:
            return operation
        return replace(operation, placement=replace(place, fixed=True))

    def _changed(self, placements: Iterable[Placement]) -> dict[OperationKey, Placement]:
        fixed = ((place, self.old.get(place.key)) for place in placements)
        return {place.key: replace(place, fixed=False) for place, old in fixed if old is None or _spot(place) != _spot(old)}

    def _beyond_hours(self, places: Iterable[Placement]) -> list[Placement]:
        """Those of the order's places that lie outside the hours as they are."""
        index = CapacityIndex.within(self._calendar(self._overtime))
        return [placement for placement in places if placement.order == self._order and not index.is_open(placement)]

    def _worked_on(self, beyond: Iterable[Placement], groups: Collection[str]) -> frozenset[OvertimeDay]:
        """The days whose overtime hours the places lie in."""
        every = self._plant.overtime.hours if self._plant.overtime is not None else ()
        found: set[OvertimeDay] = set()
        for place in beyond:
            group = self._plant.machines[place.machine].group
            first, last = local_day(self._plant, place.setup_start_s), local_day(self._plant, place.end_s)
            for day in (first + timedelta(days=step) for step in range(-1, (last - first).days + 1)):
                stretches = (hours_on(self._plant, hours, day) for hours in every)
                if group in groups and any(each and each[0] < place.end_s and place.setup_start_s < each[1] for each in stretches):
                    found.add(OvertimeDay(group, day))
        return frozenset(found) - self._overtime

    def _staying(self, still: Collection[OperationKey]) -> set[OperationKey]:
        """What may not move, and all that it waits for."""
        staying: set[OperationKey] = set()
        todo = [entry.key for entry in self._operations if entry.key in still or not self._may_move(entry)]
        while todo:
            key = todo.pop()
            if key not in staying:
                staying.add(key)
                todo += [before for before in self._known[key].after if before in self._known]
        return staying

    def _may_move(self, operation: Operation) -> bool:
        place = self.old.get(operation.key)
        waits = operation.open and not operation.begun and operation.placement is None and not operation.pinned
        if place is None:
            return waits and operation.order == self._order
        return waits and place.setup_start_s > self._frozen_s

    def _days(self, groups: Iterable[str]) -> frozenset[OvertimeDay]:
        first, last = local_day(self._plant, self._now_s), local_day(self._plant, self.finish_s)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return frozenset(OvertimeDay(group, day) for group in groups for day in days)

    def _calendar(self, overtime: frozenset[OvertimeDay]) -> Calendar:
        to_s = max(self.finish_s, self._now_s) + self._plant.planning.horizon_days * DAY_S
        return Calendar(self._plant, self._now_s - DAY_S, to_s, overtime, self._breakdowns)


def _spot(place: Placement) -> tuple[str, str | None, int, int, int]:
    return place.machine, place.person, place.setup_start_s, place.start_s, place.end_s


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
