"""The live plan in memory: every operation in its place, found by order, start and what waits for it."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from contracts.plan import OperationKey, OperationState
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.operations import GONE, Operation, Placement, in_routing_order


class Starts:
    """Operations by their start."""

    def __init__(self) -> None:
        self._sorted: list[tuple[int, OperationKey]] = []

    def add(self, start_s: int, key: OperationKey) -> None:
        insort(self._sorted, (start_s, key))

    def remove(self, start_s: int, key: OperationKey) -> None:
        del self._sorted[bisect_left(self._sorted, (start_s, key))]

    def until(self, moment_s: int) -> list[OperationKey]:
        """Those that start by then."""
        return [key for _, key in self._sorted[: bisect_right(self._sorted, moment_s, key=itemgetter(0))]]

    def __iter__(self) -> Iterator[tuple[int, OperationKey]]:
        """The earliest first."""
        return iter(self._sorted)


class LaidPlan:
    """Operations that count, each with its place; begun ones are fixed."""

    def __init__(self, index: CapacityIndex) -> None:
        self.index = index
        self.operations: dict[OperationKey, Operation] = {}
        self.places: dict[OperationKey, Placement] = {}
        self.running: set[OperationKey] = set()
        self.planned = Starts()
        """What the shop does not have yet."""
        self.released = Starts()
        """What it has and has not begun."""
        self.suspects: set[OperationKey] | None = None
        """Operations that could not keep their place when it was last looked at, or may not since; None: any of them."""
        self._orders: dict[str, dict[OperationKey, None]] = {}
        self._ranks: dict[OperationKey, int] | None = None
        self._longest_setup_s = 0

    def lay(self, changed: Sequence[tuple[Operation, Placement]]) -> None:
        """Take operations in, or as they are now. Each keeps its turn among the others."""
        for operation, _ in changed:
            self._lift(operation.key)
        for operation, place in changed:
            if operation.state in GONE:
                self._forget(operation)
            else:
                self._put(operation, place)

    def lay_anew(self, index: CapacityIndex) -> None:
        """The same plan in other hours; what does not lie within them can no longer keep its place."""
        self._suspect(key for key, place in self.places.items() if not index.is_open(place))
        for place in self.places.values():
            index.add(place)
        self.index = index

    def of_order(self, order: str) -> list[OperationKey]:
        """In the order in which they came in."""
        return list(self._orders.get(order, ()))

    def waiting_for(self, key: OperationKey) -> Iterator[Operation]:
        """The operations that come after it."""
        for each in self._orders.get(self.operations[key].order, ()):
            if key in self.operations[each].after:
                yield self.operations[each]

    def being_set_up(self, now_s: int, grace_s: int) -> list[OperationKey]:
        """Whose setup has begun, and whose start is not overdue by the grace."""
        near = self._starting(now_s + self._longest_setup_s)
        return [key for key in near if self.places[key].setup_start_s < now_s < self.places[key].start_s + grace_s]

    def beginning_by(self, moment_s: int) -> list[OperationKey]:
        """What waits and has begun by then, its setup at least."""
        near = self._starting(moment_s + self._longest_setup_s)
        return [key for key in near if self.places[key].setup_start_s <= moment_s]

    def overdue(self, now_s: int) -> list[OperationKey]:
        """What can no longer begin as planned."""
        before_s = self.index.plant.before_s
        reach_s = max(self._longest_setup_s, max((before_s(machine) for machine in self.index.plant.machines), default=0))
        places = (self.places[key] for key in self._starting(now_s + reach_s))
        return [place.key for place in places if place.setup_start_s < now_s or place.start_s < now_s + before_s(place.machine)]

    def rank(self, key: OperationKey) -> int:
        """Its number in the routing order of all."""
        if self._ranks is None:
            in_order = in_routing_order(list(self.operations.values()))
            self._ranks = {operation.key: number for number, operation in enumerate(in_order)}
        return self._ranks[key]

    def _starting(self, until_s: int) -> list[OperationKey]:
        return self.planned.until(until_s) + self.released.until(until_s)

    def _lift(self, key: OperationKey) -> None:
        place = self.places.get(key)
        if place is None:
            return
        self.index.remove(key)
        self._suspect(self.index.next_on(place.machine, place.setup_start_s))
        self.running.discard(key)
        if (starts := self._starts(self.operations[key])) is not None:
            starts.remove(place.start_s, key)

    def _put(self, operation: Operation, place: Placement) -> None:
        key, known = operation.key, self.operations.get(operation.key)
        if known is None or known.after != operation.after:
            self._ranks = None
        self.operations[key], self.places[key] = operation, place
        self._orders.setdefault(operation.order, {})[key] = None
        self._longest_setup_s = max(self._longest_setup_s, place.start_s - place.setup_start_s)
        if operation.state is OperationState.RUNNING:
            self.running.add(key)
        elif (starts := self._starts(operation)) is not None:
            starts.add(place.start_s, key)
        self.index.add(place)
        self._suspect((key,))

    def _forget(self, operation: Operation) -> None:
        if self.operations.pop(operation.key, None) is not None:
            del self.places[operation.key], self._orders[operation.order][operation.key]
            self._ranks = None

    def _suspect(self, keys: Iterable[OperationKey]) -> None:
        if self.suspects is not None:
            self.suspects.update(keys)

    def _starts(self, operation: Operation) -> Starts | None:
        if operation.state is OperationState.PLANNED:
            return self.planned
        return self.released if operation.state is OperationState.RELEASED else None
