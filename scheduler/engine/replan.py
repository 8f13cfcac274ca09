"""What changes in a plan after a report, a breakdown or a new order: only what must."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cache

from contracts.plan import OperationKey
from contracts.texts import Message
from scheduler.engine.calendar import Breakdown, Calendar, OvertimeDay
from scheduler.engine.capacity import CapacityIndex, Insertion
from scheduler.engine.operations import Operation, Placement, alive, followers_of, in_routing_order
from scheduler.engine.plant import Plant


class Way(Enum):
    """How what lost its place finds a new one; in the order in which they are tried."""

    FREE = auto()
    PUSH = auto()
    PUSH_FOR_NEW = auto()


@dataclass(frozen=True)
class Repair:
    """The repaired plan and its difference from the old one."""

    placements: tuple[Placement, ...]
    """Every living operation that has a place, the fixed ones included."""
    moved: tuple[OperationKey, ...]
    """Operations with another start or machine than before (new ones are not moved)."""
    reasons: Mapping[OperationKey, Message] = field(default_factory=dict)
    """Why each of them moved."""
    unplaced: tuple[OperationKey, ...] = ()
    """No room within the horizon."""
    lost: tuple[OperationKey, ...] = ()
    """Operations that could not keep their place around the facts alone; the others could."""


@dataclass(frozen=True)
class Weighed:
    """A repair and whom it harms, in weighted seconds."""

    repair: Repair
    late_s: int
    spent_s: int

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """The less, the better."""
        return len(self.repair.unplaced), self.late_s, self.spent_s, len(self.repair.moved)

    @property
    def harmless(self) -> bool:
        return self.rank[:3] == (0, 0, 0)


def repair(
    plant: Plant,
    operations: Sequence[Operation],
    placements: Iterable[Placement],
    now_s: int,
    threshold_s: int,
    overtime: Iterable[OvertimeDay] = (),
    breakdowns: Sequence[Breakdown] = (),
    to_s: int | None = None,
    calendar: Calendar | None = None,
    free: Weighed | None = None,
) -> Repair:
    """Keep every place that can be kept; of several ways the one with less weighted tardiness, then less slack spent, then fewer moves.

    Free: what lost its place goes into free time; that is enough when it makes no order later than its due time and takes no order
    more than half of its slack. Push: it takes its turn in the old order, and what stood there is pushed in turn. New operations and
    what waits for them come last, into free time; or (the third way) they take their turn too, and push. What a planner holds keeps its
    place in every way, as long as facts and what it waits for allow it.
    Another machine is looked at when the delay on the old one exceeds the threshold and endangers the order's due time. Running and
    done operations (and whatever has ``Operation.placement``) never move. ``calendar``: the hours, when they are counted already;
    ``overtime``, ``breakdowns`` and ``to_s`` are then its. ``free``: what the first way gives, when that is known.
    """
    old = list(placements)
    hours = calendar or _calendar(plant, now_s, overtime, breakdowns, to_s)
    before, placed = finishes_of(plant, old), {place.key for place in old}
    nothing_new = all(operation.key in placed for operation in alive(operations))
    best = lost = None
    for way in Way:
        if way is Way.PUSH_FOR_NEW and nothing_new:
            continue
        if way is Way.FREE and free is not None:
            weighed = free
        else:
            found = _mended(plant, operations, old, now_s, threshold_s, hours, way)
            weighed = Weighed(found, *harm_s(plant, operations, before, found.placements))
        lost = weighed.repair.lost if lost is None else lost
        if best is None or weighed.rank < best.rank:
            best = weighed
        if best.harmless:
            break
    assert best is not None
    assert lost is not None
    return replace(best.repair, lost=lost)


def repaired(
    plant: Plant,
    operations: Sequence[Operation],
    placements: Iterable[Placement],
    now_s: int,
    threshold_s: int,
    way: Way,
    overtime: Iterable[OvertimeDay] = (),
    breakdowns: Sequence[Breakdown] = (),
    to_s: int | None = None,
) -> Repair:
    """One of the ways of ``repair``; pushing under an endless threshold is the plain right shift."""
    return _mended(plant, operations, list(placements), now_s, threshold_s, _calendar(plant, now_s, overtime, breakdowns, to_s), way)


def _mended(
    plant: Plant,
    operations: Sequence[Operation],
    old: Sequence[Placement],
    now_s: int,
    threshold_s: int,
    hours: Calendar,
    way: Way,
) -> Repair:
    """Once more without those that planners hold in vain: others may have been set up for them."""
    loose: frozenset[OperationKey] = frozenset()
    while True:
        attempt = _Repair(plant, operations, old, now_s, threshold_s, CapacityIndex.within(hours), loose)
        found = attempt.done(way)
        if not attempt.held_in_vain:
            return found
        loose |= attempt.held_in_vain


def _calendar(plant: Plant, now_s: int, overtime: Iterable[OvertimeDay], breakdowns: Sequence[Breakdown], to_s: int | None) -> Calendar:
    end_s = to_s if to_s is not None else now_s + plant.planning.horizon_days * 86_400
    return Calendar(plant, now_s - 86_400, end_s, overtime, breakdowns)


def finishes_of(plant: Plant, placements: Iterable[Placement]) -> dict[str, int]:
    """When the last of each order's operations is back in our house."""
    back: dict[str, int] = {}
    for placement in placements:
        back[placement.order] = max(back.get(placement.order, 0), placement.end_s + plant.after_s(placement.machine))
    return back


def harm_s(plant: Plant, operations: Iterable[Operation], before: Mapping[str, int], placements: Iterable[Placement]) -> tuple[int, int]:
    """Weighted seconds by which orders become late or later than they were, and by which they lose more than half of their slack."""
    back = finishes_of(plant, placements)
    late = spent = 0
    for order, operation in {entry.order: entry for entry in operations if entry.order in back}.items():
        finish = before.get(order, 0)
        late += operation.weight * max(0, back[order] - max(operation.due_s, finish))
        if order in before and finish < operation.due_s:
            spent += operation.weight * max(0, back[order] - (finish + operation.due_s) // 2)
    return late, spent


@cache
def _moved(sentence: str, machine: str | None = None) -> Message:
    """The same few sentences for thousands of operations."""
    return Message(id=sentence, params={"machine": machine} if machine is not None else {})


class Mender:
    """Finds another place for what lost its own, on an index that holds what stands."""

    def __init__(
        self,
        index: CapacityIndex,
        known: Mapping[OperationKey, Operation],
        old: Mapping[OperationKey, Placement],
        now_s: int,
        threshold_s: int,
    ) -> None:
        self._plant, self._index, self._now_s, self._threshold_s = index.plant, index, now_s, threshold_s
        self._known, self._old = known, old
        self._old_finish: dict[str, int] = {}
        self._moved: list[OperationKey] = []
        self._reasons: dict[OperationKey, Message] = {}
        self._unplaced: list[OperationKey] = []
        self._pushing = False

    def _back_s(self, key: OperationKey) -> int | None:
        """When the operation's piece is back in our house; None while it has no place."""
        place = self._index.placement(key)
        if place is not None:
            return place.end_s + self._plant.after_s(place.machine)
        operation = self._known.get(key)
        return None if operation is not None and operation.open else 0

    def _ready_s(self, operation: Operation) -> int | None:
        ready = self._now_s
        for key in operation.after:
            if key in self._known:
                back = self._back_s(key)
                if back is None:
                    return None
                ready = max(ready, back)
        return max(ready, operation.not_before_s)

    def _stays(self, operation: Operation) -> bool:
        """Put it back to its old place if it fits there."""
        old, ready = self._old[operation.key], self._ready_s(operation)
        if ready is None or old.setup_start_s < self._now_s or not self._index.fits(operation, old, ready):
            return False
        self._put(operation, Insertion(replace(old, fixed=False) if old.fixed else old))
        return True

    def _keep(self, operation: Operation) -> None:
        ready = self._ready_s(operation)
        if ready is None:
            self._unplaced.append(operation.key)
            return
        if self._stays(operation):
            return
        old = self._old[operation.key]
        wanted = max(ready, old.start_s - self._plant.before_s(old.machine))
        found = self._index.earliest(operation, wanted, self._now_s, (old.machine,))
        if found is None or self._too_late(operation, found.placement, old):
            other = self._index.earliest(operation, wanted, self._now_s)
            if found is None or (other is not None and self._worth_it(found.placement, other.placement)):
                found = other
        self._put(operation, found)

    def _too_late(self, operation: Operation, found: Placement, old: Placement) -> bool:
        """Above the threshold; and, as long as nobody is pushed, its order would miss its due time if all after it were as much later."""
        delay_s = found.start_s - old.start_s
        return delay_s > self._threshold_s and (self._pushing or self._old_finish[operation.order] + delay_s > operation.due_s)

    def _worth_it(self, found: Placement, other: Placement) -> bool:
        """Whoever is pushed pushes others: then another machine has to save what the threshold asks for."""
        return not self._pushing or found.end_s - other.end_s > self._threshold_s

    def _insert(self, operation: Operation) -> None:
        ready = self._ready_s(operation)
        if ready is None:
            self._unplaced.append(operation.key)
        elif operation.key not in self._old or not self._stays(operation):
            self._put(operation, self._index.earliest(operation, ready, self._now_s))

    def _put(self, operation: Operation, insertion: Insertion | None) -> None:
        if insertion is None:
            self._unplaced.append(operation.key)
            return
        self._index.insert(insertion)
        placement, old = insertion.placement, self._old.get(operation.key)
        if old is not None and (old.start_s, old.machine) != (placement.start_s, placement.machine):
            self._moved.append(operation.key)
            self._reasons[operation.key] = self._reason(operation, old)

    def _reason(self, operation: Operation, old: Placement) -> Message:
        """The first thing that kept the operation from its old place."""
        arrival = old.start_s - self._plant.before_s(old.machine)
        if any((self._back_s(key) or 0) > arrival for key in operation.after):
            return _moved("scheduler.moved.predecessor")
        if operation.not_before_s > arrival:
            return _moved("scheduler.moved.material")
        if old.setup_start_s < self._now_s:
            return _moved("scheduler.moved.overdue")
        down = self._index.calendar.breakdowns
        if any(entry.machine == old.machine and entry.from_s < old.end_s and old.setup_start_s < entry.to_s for entry in down):
            return _moved("scheduler.moved.breakdown", old.machine)
        return _moved("scheduler.moved.displaced", old.machine)


class _Repair(Mender):
    def __init__(
        self,
        plant: Plant,
        operations: Sequence[Operation],
        placements: Iterable[Placement],
        now_s: int,
        threshold_s: int,
        index: CapacityIndex,
        loose: frozenset[OperationKey] = frozenset(),
    ) -> None:
        """``loose``: held by planners in vain."""
        living, old = alive(operations), {placement.key: placement for placement in placements}
        super().__init__(index, {operation.key: operation for operation in living}, old, now_s, threshold_s)
        self._old_finish = finishes_of(plant, old.values())
        for operation in living:
            if operation.placement is not None:
                index.add(replace(operation.placement, fixed=True))
        self._open = [operation for operation in in_routing_order(living) if operation.placement is None and operation.open]
        self._loose = loose
        self._held: set[OperationKey] = set()
        self.held_in_vain: set[OperationKey] = set()
        """What planners hold could not stay there."""

    def done(self, way: Way) -> Repair:
        fresh, self._pushing = self._fresh(), way is not Way.FREE
        rank = {operation.key: number for number, operation in enumerate(self._open)}
        turn = {operation.key: self._old[operation.key].start_s for operation in self._open if operation.key not in fresh}
        if way is Way.PUSH_FOR_NEW:
            turn |= self._wished(fresh)
        self._hold()
        in_turn = sorted((entry for entry in self._open if entry.key in turn), key=lambda entry: (turn[entry.key], rank[entry.key]))
        if way is Way.FREE:
            in_turn = [operation for operation in in_turn if not self._stays(operation)]
        lost = tuple(operation.key for operation in in_turn)
        for operation in in_turn:
            if operation.key in fresh:
                self._insert(operation)
            else:
                self._keep(operation)
        for operation in self._open:
            if operation.key not in turn:
                self._insert(operation)
        self.held_in_vain |= self._held
        return Repair(tuple(self._index.placements()), tuple(self._moved), self._reasons, tuple(self._unplaced), lost)

    def _hold(self) -> None:
        """Take the places that planners hold, so that nobody whose turn comes before gets them; each is judged in its own turn."""
        for operation in self._open:
            old = self._old.get(operation.key)
            held = operation.pinned and operation.key not in self._loose
            if held and old is not None and old.setup_start_s >= self._now_s and self._index.is_free(old):
                self._index.add(old)
                self._held.add(operation.key)

    def _stays(self, operation: Operation) -> bool:
        held = operation.key in self._held
        if held:
            self._held.discard(operation.key)
            self._index.remove(operation.key)
        stays = super()._stays(operation)
        if held and not stays:
            self.held_in_vain.add(operation.key)
        return stays

    def _wished(self, fresh: set[OperationKey]) -> dict[OperationKey, int]:
        """When each of the new operations could start if nothing but its predecessors and material held it up."""
        wished: dict[OperationKey, int] = {}
        ends = {key: back for key in self._known if (back := self._back_s(key)) is not None}
        for operation in self._open:
            place = self._old.get(operation.key)
            if operation.key in fresh:
                start = max([self._now_s, operation.not_before_s, *(ends[key] for key in operation.after if key in ends)])
                wished[operation.key], ends[operation.key] = start, start + operation.run_s
            elif place is not None:
                ends[operation.key] = place.end_s
        return wished

    def _fresh(self) -> set[OperationKey]:
        """Operations without an old place, and all that wait for them."""
        followers = followers_of(self._open)
        fresh = {operation.key for operation in self._open if operation.key not in self._old}
        todo = list(fresh)
        while todo:
            for follower in followers.get(todo.pop(), ()):
                if follower.key not in fresh:
                    fresh.add(follower.key)
                    todo.append(follower.key)
        return fresh
