"""May an operation stand where a planner wants it, what has to follow, and when could it stand there at the earliest?"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.plan import OperationKey
from contracts.texts import Message
from scheduler.engine.affected import repaired_nearby
from scheduler.engine.calendar import Stretch
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.laid_plan import LaidPlan
from scheduler.engine.operations import WAITING, Operation, Placement, instant
from scheduler.engine.plant import Plant
from scheduler.engine.replan import Repair, repair
from scheduler.engine.validator import violations

CLOSED, ABSENT = "scheduler.move.closed", "scheduler.move.absent"
LOOKS = 20_000
"""Moments looked at for the next possible start: more than a full machine has within any horizon."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An operation is to run on a machine from a moment on; its setup comes before."""

    key: OperationKey
    machine: str
    start_s: int


@dataclass(frozen=True, slots=True)
class Found:
    """The place, and what keeps it from the wished moment; without a place what keeps it from any."""

    place: Placement | None
    hindered: Message | None = None


@dataclass(frozen=True)
class Consequences:
    """Every place that changes, the moved operation's own included; or the rule of the plant that would be broken."""

    places: Mapping[OperationKey, Placement]
    hindered: Message | None = None


@dataclass(frozen=True, slots=True)
class _Hindrance:
    why: Message
    next_s: int | None
    """The next start worth a look; None: there is none."""


def standstill(plan: LaidPlan, now_s: int, in_hand: Collection[OperationKey]) -> dict[OperationKey, Placement]:
    """What no planner moves: what begins within the frozen horizon, and what somebody in the shop has taken already."""
    taken = [key for key in in_hand if key in plan.operations and plan.operations[key].state in WAITING]
    keys = {*plan.beginning_by(frozen_until_s(plan.index.plant, now_s)), *taken}
    return {key: replace(plan.places[key], fixed=True) for key in keys}


def frozen_until_s(plant: Plant, now_s: int) -> int:
    """Nothing that begins until then is moved any more."""
    return now_s + plant.planning.frozen_horizon_h * 3600


def may_not_move(plan: LaidPlan, key: OperationKey, still: Collection[OperationKey], in_hand: Collection[OperationKey]) -> Message | None:
    """Why the operation stays where it is, whatever the wish."""
    operation = plan.operations[key]
    if operation.state not in WAITING:
        return Message(id=f"scheduler.move.{operation.state.value}")
    if key in in_hand:
        return Message(id="scheduler.move.in_hand")
    if key in still:
        return Message(id="scheduler.move.frozen", params={"hours": plan.index.plant.planning.frozen_horizon_h})
    return None


def eligible(plant: Plant, operation: Operation) -> tuple[str, ...]:
    """Machines that may run it: the group's own and its partners."""
    group = operation.machine_group
    return (*plant.machines_of[group], *plant.partners_of[group])


def place_for(plan: LaidPlan, wish: Wish, now_s: int, still: Mapping[OperationKey, Placement]) -> Found:
    """The first place from the wished moment on.

    What starts before that moment on the machine (or has the person before it) stays before it; what starts later makes room, unless it
    stands ``still``. The plan is left as it is.
    """
    operation = plan.operations[wish.key]
    if wish.machine not in eligible(plan.index.plant, operation):
        group = plan.index.plant.groups[operation.machine_group].label
        return Found(None, Message(id="scheduler.move.group", params={"machine": wish.machine, "group": group}))
    with plan.index.trial():
        plan.index.remove(wish.key)
        return _Search(plan, operation, wish, now_s, still).found()


def consequences(
    plan: LaidPlan, places: Mapping[OperationKey, Placement], now_s: int, still: Mapping[OperationKey, Placement]
) -> Consequences:
    """What else changes when operations stand in new places: the plan repaired around them as around facts, by the rules of every repair.

    The plan is left as it is, its suspects too.
    """
    plant = plan.index.plant
    fixed = {**still, **{key: replace(place, fixed=True) for key, place in places.items()}}
    suspects = None if plan.suspects is None else set(plan.suspects)
    try:
        found = _repaired(plan, fixed, now_s, plant.planning.repair_threshold_s)
    finally:
        plan.suspects = suspects
    new = {each.key: replace(each, fixed=False) for each in found.placements}
    changed = {key: place for key, place in new.items() if key in plan.places and _spot(place) != _spot(plan.places[key])}
    changed |= {key: replace(place, fixed=False) for key, place in places.items()}
    if found.unplaced:
        return Consequences(changed, Message(id="scheduler.move.no_room", params=_named(plan, found.unplaced[0])))
    displaced = [key for key in changed if key not in places and plan.operations[key].pinned]
    if displaced:
        return Consequences(
            changed, Message(id="scheduler.move.displaces", params={**_named(plan, displaced[0]), "key": str(displaced[0])})
        )
    return Consequences(changed, _broken(plan, changed))


def _repaired(plan: LaidPlan, fixed: Mapping[OperationKey, Placement], now_s: int, threshold_s: int) -> Repair:
    free = repaired_nearby(plan, fixed, now_s, threshold_s)
    if free is not None and free.harmless:
        return free.repair
    operations = [replace(each, placement=fixed[key]) if key in fixed else each for key, each in plan.operations.items()]
    index = plan.index
    return repair(index.plant, operations, plan.places.values(), now_s, threshold_s, calendar=index.calendar, free=free)


def _broken(plan: LaidPlan, changed: Mapping[OperationKey, Placement]) -> Message | None:
    """The first rule that the new places break and the old ones kept, by the independent validator, where something changes."""
    around = _neighbours(plan, changed)
    operations = [plan.operations[key] for key in around]
    calendar = plan.index.calendar
    before, after = (
        {
            (fault.pointer, fault.message): fault
            for fault in violations(calendar.plant, operations, places, calendar.overtime, calendar.breakdowns)
        }
        for places in ([plan.places[key] for key in around], [changed.get(key, plan.places[key]) for key in around])
    )
    fresh = [fault for named, fault in after.items() if named not in before]
    if not fresh:
        return None
    key = next((key for key in around if fresh[0].pointer.endswith(f"/{key}")), next(iter(changed)))
    labels = {str(each): operation.label for each, operation in plan.operations.items()}
    rule = Message(id=fresh[0].message, params={name: labels.get(str(value), value) for name, value in fresh[0].params.items()})
    return Message(id="scheduler.move.breaks", params={**_named(plan, key), "rule": rule})


def _neighbours(plan: LaidPlan, changed: Mapping[OperationKey, Placement]) -> list[OperationKey]:
    """What changes, all of the orders of it, and who stands beside its old and new places on machine and person."""
    keys: dict[OperationKey, None] = dict.fromkeys(changed)
    for key in list(changed):
        keys |= dict.fromkeys(plan.of_order(plan.operations[key].order))
    spans: dict[tuple[str, str], list[Stretch]] = {}
    for place in [*changed.values(), *(plan.places[key] for key in changed)]:
        spans.setdefault(("machine", place.machine), []).append((place.setup_start_s, place.end_s))
        if place.person is not None:
            spans.setdefault(("person", place.person), []).append((place.setup_start_s, place.end_s))
    for (kind, name), taken in spans.items():
        line = plan.index.on_machine(name) if kind == "machine" else plan.index.of_person(name)
        first, last = min(start for start, _ in taken), max(end for _, end in taken)
        keys |= dict.fromkeys(_beside(line, first, last))
    return list(keys)


def _beside(line: Sequence[Placement], first_s: int, last_s: int) -> Iterator[OperationKey]:
    """Who overlaps the stretch, the last before it and the first after it."""
    before: Placement | None = None
    for place in line:
        if place.end_s <= first_s:
            before = place
            continue
        if before is not None:
            yield before.key
            before = None
        yield place.key
        if place.setup_start_s >= last_s:
            return
    if before is not None:
        yield before.key


def _spot(place: Placement) -> tuple[str, str | None, int, int, int]:
    return place.machine, place.person, place.setup_start_s, place.start_s, place.end_s


def _named(plan: LaidPlan, key: OperationKey) -> dict[str, object]:
    operation = plan.operations[key]
    return {"operation": operation.label, "order": operation.order}


class _Search:
    """From the wished moment from hindrance to hindrance; the operation itself is out of the index."""

    def __init__(self, plan: LaidPlan, operation: Operation, wish: Wish, now_s: int, still: Mapping[OperationKey, Placement]) -> None:
        self._plan, self._operation, self._still = plan, operation, still
        self._index: CapacityIndex = plan.index
        self._plant: Plant = plan.index.plant
        self._machine, self._wished_s = wish.machine, wish.start_s
        self._line = self._index.on_machine(wish.machine)
        self._run_s = self._plant.run_s(wish.machine, operation.run_s)
        self._frozen_s = frozen_until_s(self._plant, now_s)
        self._windows = self._index.calendar.machine(wish.machine)
        self._people = self._plant.people_of[operation.machine_group] if self._plant.attended(wish.machine) else ()

    def found(self) -> Found:
        first: Message | None = None
        start_s: int | None = self._wished_s
        for _ in range(LOOKS):
            if start_s is None or start_s + self._run_s > self._index.to_s:
                break
            looked = self._looked_at(start_s)
            if isinstance(looked, Placement):
                return Found(looked, first)
            first = first or looked.why
            start_s = looked.next_s if looked.next_s is None or looked.next_s > start_s else start_s + 1
        return Found(None, first or Message(id="scheduler.move.horizon"))

    def _looked_at(self, start_s: int) -> Placement | _Hindrance:
        waits = self._waits_for(start_s)
        if waits is not None:
            return waits
        before = self._before(start_s)
        setup_s = self._plant.setup_s(self._operation.machine_group, before.family if before else None, self._operation.setup_family)
        begin_s, end_s = start_s - setup_s, start_s + self._run_s
        if begin_s <= self._frozen_s:
            hours = self._plant.planning.frozen_horizon_h
            return _Hindrance(Message(id="scheduler.move.too_near", params={"hours": hours}), self._frozen_s + 1 + setup_s)
        if before is not None and before.end_s > begin_s:
            return _Hindrance(self._busy(before), before.end_s + setup_s)
        closed = self._closed(begin_s, end_s, setup_s)
        if closed is not None:
            return closed
        blocking = self._in_the_way(start_s, end_s)
        if blocking is not None:
            after_s = self._plant.setup_s(self._operation.machine_group, blocking.family, self._operation.setup_family)
            return _Hindrance(self._busy(blocking), blocking.end_s + after_s)
        person: str | None = None
        if self._people:
            person = self._person(begin_s, start_s, end_s)
            if person is None:
                group = self._plant.groups[self._operation.machine_group].label
                return _Hindrance(Message(id=ABSENT, params={"group": group}), self._somebody_s(begin_s, setup_s))
        operation = self._operation
        return Placement(operation.key, operation.order, operation.setup_family, self._machine, person, begin_s, start_s, end_s)

    def _waits_for(self, start_s: int) -> _Hindrance | None:
        """Its predecessors' ends, with the ways from and to partners, and its material."""
        way_s = self._plant.before_s(self._machine)
        for key in self._operation.after:
            place = self._index.placement(key)
            if place is not None and (back_s := place.end_s + self._plant.after_s(place.machine) + way_s) > start_s:
                params = {**_named(self._plan, key), "at": instant(back_s)}
                return _Hindrance(Message(id="scheduler.move.predecessor", params=params), back_s)
        if self._operation.not_before_s + way_s > start_s:
            at_s = self._operation.not_before_s + way_s
            return _Hindrance(Message(id="scheduler.move.material", params={"at": instant(at_s)}), at_s)
        return None

    def _before(self, start_s: int) -> Placement | None:
        """The last on the machine that starts before the moment."""
        earlier = [place for place in self._line if place.start_s < start_s]
        return max(earlier, key=lambda place: (place.end_s, place.start_s), default=None)

    def _busy(self, place: Placement) -> Message:
        params = {"machine": place.machine, **_named(self._plan, place.key), "until": instant(place.end_s)}
        return Message(id="scheduler.move.busy", params=params)

    def _closed(self, begin_s: int, end_s: int, setup_s: int) -> _Hindrance | None:
        why = Message(id=CLOSED, params={"machine": self._machine})
        for from_s, to_s in self._windows:
            if to_s < end_s or to_s - from_s < end_s - begin_s:
                continue
            return None if from_s <= begin_s else _Hindrance(why, from_s + setup_s)
        return _Hindrance(why, None)

    def _in_the_way(self, start_s: int, end_s: int) -> Placement | None:
        """Who starts later on the machine, stands still and leaves no room, or not enough for the setup after it."""
        for place in self._line:
            if place.start_s < start_s:
                continue
            if place.setup_start_s >= end_s:
                needed = self._plant.setup_s(self._operation.machine_group, self._operation.setup_family, place.family)
                tight = self._stands(place) and needed > place.start_s - place.setup_start_s
                return place if tight else None
            if self._stands(place):
                return place
        return None

    def _stands(self, place: Placement) -> bool:
        return place.fixed or place.key in self._still or self._plan.operations[place.key].pinned

    def _person(self, begin_s: int, start_s: int, end_s: int) -> str | None:
        """Who is there and free of what stays: rather whom nobody else needs then, and rather who had it before."""
        had = self._plan.places[self._operation.key].person
        able = [name for name in self._people if self._free_s(name, begin_s, start_s, end_s) is None]
        idle = [name for name in able if not any(True for _ in self._overlapping(name, begin_s, end_s))]
        best = idle or able
        return None if not best else had if had in best else best[0]

    def _somebody_s(self, begin_s: int, setup_s: int) -> int | None:
        """The next start at which one more of the group might be there."""
        moments = (self._free_s(name, begin_s, begin_s + setup_s, begin_s + setup_s + self._run_s) for name in self._people)
        return min((moment + setup_s for moment in moments if moment is not None and moment > begin_s), default=None)

    def _free_s(self, name: str, begin_s: int, start_s: int, end_s: int) -> int | None:
        """None when the person can do it; else the first moment at which that may be otherwise (the begin itself: never)."""
        length_s = end_s - begin_s
        for from_s, to_s in self._index.calendar.person(name):
            if to_s < end_s or to_s - from_s < length_s:
                continue
            if from_s > begin_s:
                return from_s
            break
        else:
            return begin_s
        busy = [place.end_s for place in self._overlapping(name, begin_s, end_s) if place.start_s < start_s or self._stands(place)]
        return min(busy) if busy else None

    def _overlapping(self, name: str, begin_s: int, end_s: int) -> Iterable[Placement]:
        return (place for place in self._index.of_person(name) if place.setup_start_s < end_s and place.end_s > begin_s)
