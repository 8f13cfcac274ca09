"""Where is room for one more operation: free time of machines and people, kept up to date placement by placement."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from contracts.plan import OperationKey
from scheduler.engine.calendar import Breakdown, Calendar, OvertimeDay, Stretch
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant

NEVER_S = 2**62


class FreeTime:
    """Sorted, disjoint free stretches of one machine or person inside its working windows."""

    __slots__ = ("_window_ends", "_window_starts", "ends", "starts")

    def __init__(self, windows: Sequence[Stretch]) -> None:
        self.starts = [start for start, _ in windows]
        self.ends = [end for _, end in windows]
        self._window_starts = list(self.starts)
        self._window_ends = list(self.ends)

    def take(self, start_s: int, end_s: int) -> None:
        """Nothing of the stretch stays free; an empty one takes nothing."""
        if start_s >= end_s:
            return
        first = bisect_right(self.ends, start_s)
        last = bisect_left(self.starts, end_s)
        if first >= last:
            return
        starts: list[int] = []
        ends: list[int] = []
        if self.starts[first] < start_s:
            starts.append(self.starts[first])
            ends.append(start_s)
        if self.ends[last - 1] > end_s:
            starts.append(end_s)
            ends.append(self.ends[last - 1])
        self.starts[first:last] = starts
        self.ends[first:last] = ends

    def give(self, start_s: int, end_s: int) -> None:
        """What of the stretch lies in working windows becomes free; an empty one gives nothing."""
        if start_s >= end_s:
            return
        window = bisect_right(self._window_ends, start_s)
        while window < len(self._window_starts) and self._window_starts[window] < end_s:
            self._join(max(start_s, self._window_starts[window]), min(end_s, self._window_ends[window]))
            window += 1

    def _join(self, start_s: int, end_s: int) -> None:
        first = bisect_left(self.ends, start_s)
        last = bisect_right(self.starts, end_s)
        if first < last:
            start_s = min(start_s, self.starts[first])
            end_s = max(end_s, self.ends[last - 1])
        self.starts[first:last] = [start_s]
        self.ends[first:last] = [end_s]

    def is_open(self, start_s: int, end_s: int) -> bool:
        """Whether the whole stretch lies in one working window."""
        window = bisect_right(self._window_starts, start_s) - 1
        return window >= 0 and self._window_ends[window] >= end_s

    def covers(self, start_s: int, end_s: int) -> bool:
        """Whether the whole stretch is free (an empty one always is)."""
        if start_s >= end_s:
            return True
        index = bisect_right(self.starts, start_s) - 1
        return index >= 0 and self.ends[index] >= end_s


class Line:
    """The placements of one machine or person, by setup start; of facts that begin together the last to end (then by key) comes last."""

    __slots__ = ("placements", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.placements: list[Placement] = []

    def add(self, placement: Placement) -> None:
        index = bisect_right(self.starts, placement.setup_start_s)
        last = placement.end_s, placement.key
        while index and self.starts[index - 1] == placement.setup_start_s:
            other = self.placements[index - 1]
            if (other.end_s, other.key) < last:
                break
            index -= 1
        self.starts.insert(index, placement.setup_start_s)
        self.placements.insert(index, placement)

    def remove(self, placement: Placement) -> None:
        index = self.index(placement)
        del self.starts[index]
        del self.placements[index]

    def index(self, placement: Placement) -> int:
        index = bisect_left(self.starts, placement.setup_start_s)
        while self.placements[index].key != placement.key:
            index += 1
        return index


@dataclass(frozen=True, slots=True)
class Insertion:
    """A place found.

    ``grown``: the next placement on the machine, when its setup must begin earlier than before; it starts and ends as it did.
    """

    placement: Placement
    grown: Placement | None = None


class CapacityIndex:
    """The plan in memory, with what is still free. Not safe for use by two threads at once."""

    def __init__(
        self, plant: Plant, from_s: int, to_s: int, overtime: Iterable[OvertimeDay] = (), breakdowns: Iterable[Breakdown] = ()
    ) -> None:
        self._lay_out(Calendar(plant, from_s, to_s, overtime, breakdowns))

    @classmethod
    def within(cls, calendar: Calendar) -> "CapacityIndex":
        """An empty plan in hours that are counted already."""
        index = cls.__new__(cls)
        index._lay_out(calendar)
        return index

    def _lay_out(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.plant = plant = calendar.plant
        self.from_s = calendar.from_s
        self.to_s = calendar.to_s
        self._machines = {name: FreeTime(self.calendar.machine(name)) for name in plant.machines}
        self._people = {name: FreeTime(self.calendar.person(name)) for name in plant.people}
        # The lists themselves, which FreeTime changes in place: a question looks at each of them.
        self._people_of = {
            group: [(name, self._people[name].starts, self._people[name].ends) for name in names]
            for group, names in plant.people_of.items()
        }
        self._lines = {name: Line() for name in plant.machines}
        self._by_person: dict[str, Line] = {name: Line() for name in plant.people}
        self._placements: dict[OperationKey, Placement] = {}
        self._steps: list[tuple[bool, Placement]] | None = None

    def placement(self, key: OperationKey) -> Placement | None:
        return self._placements.get(key)

    def placements(self) -> list[Placement]:
        return list(self._placements.values())

    def on_machine(self, machine: str) -> Sequence[Placement]:
        """Placements of the machine in the order in which it runs them."""
        return self._lines[machine].placements

    def of_person(self, person: str) -> Sequence[Placement]:
        """Placements of the person by setup start."""
        return self._by_person[person].placements

    def add(self, placement: Placement) -> None:
        """Take machine and person. Facts may overlap each other and closed hours; nothing is checked."""
        if self._steps is not None:
            self._steps.append((True, placement))
        self._placements[placement.key] = placement
        self._lines[placement.machine].add(placement)
        self._machines[placement.machine].take(placement.setup_start_s, placement.end_s)
        if placement.person is not None and placement.person in self._people:
            self._by_person[placement.person].add(placement)
            self._people[placement.person].take(placement.setup_start_s, placement.end_s)

    def is_open(self, placement: Placement) -> bool:
        """Whether its machine works and its person is present all the time, whatever else is there."""
        taken_s = placement.setup_start_s, placement.end_s
        person = self._people.get(placement.person) if placement.person is not None else None
        return self._machines[placement.machine].is_open(*taken_s) and (person is None or person.is_open(*taken_s))

    def is_free(self, placement: Placement) -> bool:
        """Whether its machine and its person are free all the time, whatever it asks of setups and predecessors."""
        taken_s = placement.setup_start_s, placement.end_s
        person = self._people.get(placement.person) if placement.person is not None else None
        return self._machines[placement.machine].covers(*taken_s) and (person is None or person.covers(*taken_s))

    def remove(self, key: OperationKey) -> Placement | None:
        """Give machine and person back. The setup of the next placement on the machine stays as it is."""
        placement = self._placements.pop(key, None)
        if placement is None:
            return None
        if self._steps is not None:
            self._steps.append((False, placement))
        self._lines[placement.machine].remove(placement)
        self._give_back(self._machines[placement.machine], self._lines[placement.machine], placement)
        if placement.person is not None and placement.person in self._people:
            self._by_person[placement.person].remove(placement)
            self._give_back(self._people[placement.person], self._by_person[placement.person], placement)
        return placement

    def _give_back(self, free: FreeTime, line: Line, placement: Placement) -> None:
        free.give(placement.setup_start_s, placement.end_s)
        for other in line.placements[: bisect_left(line.starts, placement.end_s)][-3:]:
            if other.end_s > placement.setup_start_s:
                free.take(other.setup_start_s, other.end_s)

    def insert(self, insertion: Insertion) -> None:
        """Take the place found, and let the next setup begin earlier if it must."""
        if insertion.grown is not None:
            self.remove(insertion.grown.key)
            self.add(insertion.grown)
        self.add(insertion.placement)

    def undo(self, insertion: Insertion, grown_before: Placement | None) -> None:
        """Take an insertion back; ``grown_before`` is the grown placement as it was."""
        self.remove(insertion.placement.key)
        if grown_before is not None:
            self.remove(grown_before.key)
            self.add(grown_before)

    @contextmanager
    def trial(self) -> Iterator[None]:
        """What is added and removed inside is taken back at the end."""
        steps = self._steps = []
        try:
            yield
        finally:
            self._steps = None
            for added, placement in reversed(steps):
                if added:
                    self.remove(placement.key)
                else:
                    self.add(placement)

    def tried(self) -> list[OperationKey]:
        """Whom this trial added or removed so far."""
        return list(dict.fromkeys(placement.key for _, placement in self._steps or ()))

    def beside(self, placement: Placement) -> Iterator[OperationKey]:
        """Who might not fit beside the placement: whoever overlaps it, the next on its machine, and before it the nearest that may move
        (beside a fact all, back to the fact before it)."""
        lines = [self._lines[placement.machine]]
        if placement.person is not None and placement.person in self._by_person:
            lines.append(self._by_person[placement.person])
        for line in lines:
            position = bisect_left(line.starts, placement.setup_start_s)
            for other in islice(line.placements, position, None):
                yield other.key
                if other.setup_start_s >= placement.end_s and other.key != placement.key:
                    break
            behind_fact, found = not placement.fixed, False
            for index in range(position - 1, -1, -1):
                other = line.placements[index]
                if other.fixed:
                    behind_fact = True
                elif not found or not behind_fact:
                    found = True
                    yield other.key
                if found and behind_fact:
                    break

    def next_on(self, machine: str, moment_s: int) -> Iterator[OperationKey]:
        """Who begins on the machine at the moment, and the first after it."""
        line = self._lines[machine]
        for other in islice(line.placements, bisect_left(line.starts, moment_s), None):
            yield other.key
            if other.setup_start_s > moment_s:
                break

    def earliest(self, operation: Operation, ready_s: int, now_s: int, machines: Sequence[str] | None = None) -> Insertion | None:
        """The place that brings the piece back earliest (then with the least setup), on one of the machines (default: the group's own).

        ``ready_s``: the piece is in our house; setup may begin before, but not before ``now_s``. None when the horizon has no room.
        """
        best: Insertion | None = None
        best_rank = (NEVER_S, 0)
        presence = _Presence(self._people_of[operation.machine_group])
        for machine in self.plant.machines_of[operation.machine_group] if machines is None else machines:
            found = self._earliest_on(machine, operation, max(ready_s, now_s), now_s, best_rank[0], presence)
            if found is None:
                continue
            placement = found.placement
            rank = (placement.end_s + self.plant.after_s(machine), placement.start_s - placement.setup_start_s)
            if rank < best_rank:
                best, best_rank = found, rank
        return best

    def _earliest_on(
        self, machine: str, operation: Operation, ready_s: int, now_s: int, not_after_s: int, presence: "_Presence"
    ) -> Insertion | None:
        plant = self.plant
        group, family = operation.machine_group, operation.setup_family
        ready = max(ready_s, operation.not_before_s) + plant.before_s(machine)
        run = plant.length_s(machine, operation.run_s, operation.run_on)
        not_after = not_after_s - plant.after_s(machine)
        free = self._machines[machine]
        starts, ends = free.starts, free.ends
        line = self._lines[machine]
        people = presence if plant.attended(machine) else None
        if ready + run > not_after:
            return None
        index, stop = bisect_left(ends, ready + run), bisect_right(starts, not_after - run)
        while True:
            for place in range(index, stop):  # most stretches of a full plan are too short
                if ends[place] - starts[place] >= run:
                    break
            else:
                return None
            low, high, index = starts[place], ends[place], place + 1
            if people is not None and high - run < (somebody := people.somebody_s(low if low > now_s else now_s, run)):
                index = bisect_left(ends, somebody + run, place)
                continue
            position = bisect_right(line.starts, low)
            before = line.placements[position - 1].family if position else None
            setup = plant.setup_s(group, before, family)
            grown: Placement | None = None
            if position < len(line.placements):
                following = line.placements[position]
                need = plant.setup_s(group, family, following.family)
                if need > following.start_s - following.setup_start_s:
                    grown = self._grown(following, need)
                    if grown is None:
                        continue
                    high = min(high, grown.setup_start_s)
            begin = max(low, ready - setup, now_s)
            length = setup + run
            if begin + length > high:
                continue
            person: str | None = None
            if people is not None:
                person, begin = people.first(begin, length, high)
                if person is None:
                    continue
            placement = Placement(operation.key, operation.order, family, machine, person, begin, begin + setup, begin + length)
            return Insertion(placement, grown)

    def _grown(self, placement: Placement, setup_s: int) -> Placement | None:
        """The placement with a longer setup, if machine and person are free for it."""
        begin = placement.start_s - setup_s
        if placement.fixed or not self._machines[placement.machine].covers(begin, placement.setup_start_s):
            return None
        if placement.person is not None and not self._people[placement.person].covers(begin, placement.setup_start_s):
            return None
        return replace(placement, setup_start_s=begin)

    def fits(self, operation: Operation, placement: Placement, ready_s: int, before_facts: bool = False) -> bool:
        """Whether the operation can keep exactly this place (machine, person, times), with the setup that its neighbours ask for.

        ``before_facts``: of what follows on the machine only facts count; the others come after it in turn.
        """
        plant, machine = self.plant, placement.machine
        if placement.start_s < max(ready_s, operation.not_before_s) + plant.before_s(machine):
            return False
        if placement.end_s - placement.start_s != plant.length_s(machine, operation.run_s, operation.run_on):
            return False
        if not self._machines[machine].covers(placement.setup_start_s, placement.end_s):
            return False
        if plant.attended(machine):
            person = placement.person
            if person is None or person not in self._people or operation.machine_group not in plant.people[person].groups:
                return False
            if not self._people[person].covers(placement.setup_start_s, placement.end_s):
                return False
        line = self._lines[machine]
        position = bisect_right(line.starts, placement.setup_start_s)
        before = line.placements[position - 1].family if position else None
        if plant.setup_s(operation.machine_group, before, placement.family) > placement.start_s - placement.setup_start_s:
            return False
        while before_facts and position < len(line.placements) and not line.placements[position].fixed:
            position += 1
        if position == len(line.placements):
            return True
        following = line.placements[position]
        return plant.setup_s(operation.machine_group, placement.family, following.family) <= following.start_s - following.setup_start_s


class _Presence:
    """Who of a group's people is free, for one question; remembers where nobody is."""

    __slots__ = ("_nobody", "_people")

    def __init__(self, people: Sequence[tuple[str, list[int], list[int]]]) -> None:
        self._people = people
        self._nobody: dict[int, list[tuple[int, int]]] = {}

    def first(self, begin: int, length: int, high: int) -> tuple[str | None, int]:
        """Who can be there first, from ``begin`` on, for the whole length, ending by ``high``; of equals the first in the list."""
        best: str | None = None
        end, before = begin + length, high - length + 1
        if before <= begin:
            return None, before - 1
        for name, starts, ends in self._people:
            index = bisect_left(ends, end)
            if index == len(ends) or starts[index] >= before:
                continue
            if starts[index] <= begin:
                return name, begin
            while starts[index] + length > ends[index]:
                index += 1
                if index == len(ends) or starts[index] >= before:
                    break
            else:
                best, before = name, starts[index]
        return best, before if best is not None else before - 1

    def somebody_s(self, begin: int, run_s: int) -> int:
        """The first moment from ``begin`` on from which somebody is free for ``run_s``."""
        known = self._nobody.setdefault(run_s, [])
        for low, high in reversed(known):
            if low <= begin <= high:
                return high
        name, moment = self.first(begin, run_s, NEVER_S)
        if name is None:
            moment = NEVER_S
        known.append((begin, moment))
        return moment
