"""Why does an order finish when it does: its critical chain, where the time goes, and how much slack each step has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from contracts.plan import OperationKey
from contracts.texts import Message
from scheduler.engine.calendar import Breakdown, Calendar, OvertimeDay, Stretch, merged, without
from scheduler.engine.operations import Operation, Placement, alive, followers_of, in_routing_order, instant
from scheduler.engine.plant import Plant

Kind = Literal["work", "previous", "setup", "machine", "material", "held", "calendar", "breakdown", "transport", "person", "gap", "spare"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Seconds of the chain that go to one cause, at one operation."""

    kind: Kind
    seconds: int
    key: OperationKey
    because: Message


@dataclass(frozen=True)
class Way:
    """An order's way to its end."""

    order: str
    finish_s: int
    due_s: int
    critical: tuple[OperationKey, ...]
    """The operations that decide the finish, first to last."""
    causes: tuple[Cause, ...]
    """In the order of the chain; their seconds sum to ``finish_s - begin_s``."""
    begin_s: int
    """Where the chain begins: now, or the end of what has been done."""
    slack_s: Mapping[OperationKey, int]
    """How much later each operation could end without breaking the promise, if machines and people were free."""
    before: tuple[Cause, ...] = ()
    """The waits of what has been done, up to ``begin_s``: known only where those of ``causes`` are less than the lateness."""

    @property
    def lateness_s(self) -> int:
        return max(0, self.finish_s - self.due_s)

    @property
    def late_by(self) -> tuple["Cause", ...]:
        """What the lateness is made of: its seconds sum to ``lateness_s``.

        The chain's first waits used up what time there was beyond the work; only what came after that made the order late. When the
        work alone takes longer than there ever was, the first cause says so.
        """
        waits = [*self.before, *_waits_of(self.causes)]
        spare = sum(cause.seconds for cause in waits) - (self.finish_s - self.due_s)
        result = []
        if spare < 0:
            result.append(Cause("previous", -spare, self.critical[0], Message(id="scheduler.wait.begun_late")))
        for cause in waits:
            absorbed = min(max(spare, 0), cause.seconds)
            spare -= absorbed
            if cause.seconds > absorbed:
                result.append(replace(cause, seconds=cause.seconds - absorbed))
        return tuple(result) if self.lateness_s else ()

    @property
    def main_cause(self) -> Cause | None:
        """The longest wait (what is not work)."""
        return max(_waits_of(self.causes), key=lambda cause: cause.seconds, default=None)


def _waits_of(causes: Iterable[Cause]) -> list[Cause]:
    return [cause for cause in causes if cause.kind != "work"]


def way(
    plant: Plant,
    operations: Sequence[Operation],
    placements: Iterable[Placement],
    order: str,
    now_s: int,
    overtime: Iterable[OvertimeDay] = (),
    breakdowns: Sequence[Breakdown] = (),
    since_s: int | None = None,
) -> Way | None:
    """The order's way; None when it has no placement. Every waiting second of the chain gets exactly one cause.

    ``since_s``: when the order came, where what has been done is asked for too.
    """
    placed = {placement.key: placement for placement in placements}
    own = [operation for operation in in_routing_order(alive(operations)) if operation.order == order and operation.key in placed]
    if not own:
        return None
    known = {operation.key: operation for operation in own}
    end = {key: placed[key].end_s + plant.after_s(placed[key].machine) for key in known}
    last = max(known, key=lambda key: end[key])
    lines: dict[str, list[Placement]] = {}
    taken: dict[str, list[Placement]] = {}
    for placement in sorted(placed.values(), key=lambda entry: entry.setup_start_s):
        lines.setdefault(placement.machine, []).append(placement)
        if placement.person is not None:
            taken.setdefault(placement.person, []).append(placement)

    def calendar_from(start_s: int) -> Calendar:
        return Calendar(plant, start_s - 86_400, end[last] + 86_400, overtime, breakdowns)

    calendar = calendar_from(min(now_s, placed[last].setup_start_s))
    chain: list[OperationKey] = []
    causes: list[Cause] = []
    begin = end[last]
    for key, earlier in _back(known, end, last):
        if known[key].begun and placed[key].end_s <= now_s:
            break
        chain.append(key)
        arrived = max(now_s if earlier is None else end[earlier], min(now_s, placed[key].start_s))
        begin = min(arrived, placed[key].start_s)
        causes += reversed(_causes(plant, known[key], placed[key], begin, calendar, lines[placed[key].machine], taken))
        if earlier is not None and end[earlier] <= now_s:
            break
    causes.reverse()
    due = min(operation.due_s for operation in own)
    before: list[Cause] = []
    if chain and sum(cause.seconds for cause in _waits_of(causes)) < end[last] - due:
        calendar = calendar_from(min(placed[key].setup_start_s for key in known) if since_s is None else since_s)
        for key, earlier in _back(known, end, chain[-1]):
            until = min(begin, placed[key].start_s)
            came = since_s if earlier is None else end[earlier]
            if came is not None:
                stretch = (came, until)
                before += reversed(_waits(plant, known[key], placed[key], stretch, calendar, lines[placed[key].machine], taken))
        before.reverse()
    return Way(order, end[last], due, tuple(reversed(chain)), tuple(causes), begin, _slack(plant, own, placed, due), tuple(before))


def _back(
    known: Mapping[OperationKey, Operation], end: Mapping[OperationKey, int], last: OperationKey
) -> Iterator[tuple[OperationKey, OperationKey | None]]:
    """From the last operation to the first, each with the one that it waited for longest."""
    key: OperationKey | None = last
    while key is not None:
        earlier = max((entry for entry in known[key].after if entry in end), key=lambda entry: end[entry], default=None)
        yield key, earlier
        key = earlier


def _causes(
    plant: Plant,
    operation: Operation,
    placement: Placement,
    arrived_s: int,
    calendar: Calendar,
    line: Sequence[Placement],
    taken: Mapping[str, Sequence[Placement]],
) -> list[Cause]:
    """The seconds from arrival to return, split among causes."""
    result = _waits(plant, operation, placement, (arrived_s, placement.start_s), calendar, line, taken)
    at = {"machine": placement.machine, "operation": operation.label}
    work = placement.end_s - placement.start_s
    result.append(Cause("work", work, operation.key, Message(id="scheduler.wait.work", params=at)))
    if plant.after_s(placement.machine):
        transport = Message(id="scheduler.wait.transport", params=at)
        result.append(Cause("transport", plant.after_s(placement.machine), operation.key, transport))
    return result


def _waits(
    plant: Plant,
    operation: Operation,
    placement: Placement,
    waited: Stretch,
    calendar: Calendar,
    line: Sequence[Placement],
    taken: Mapping[str, Sequence[Placement]],
) -> list[Cause]:
    """The seconds of a stretch between an operation's arrival and its start, split among causes.

    ``line``: everything on its machine; ``taken``: everything that each person does.
    """
    arrived_s = waited[0]
    left: list[Stretch] = [waited]
    found: list[tuple[int, Cause]] = []

    def claim(kind: Kind, stretches: Iterable[Stretch], because: Message) -> None:
        nonlocal left
        taken = [(max(a, c), min(b, d)) for a, b in left for c, d in stretches if min(b, d) > max(a, c)]
        if taken:
            found.append((taken[0][0], Cause(kind, sum(end - start for start, end in taken), operation.key, because)))
            left = without(left, taken)

    machine = placement.machine
    at = {"machine": machine, "operation": operation.label}
    claim(
        "transport", [(placement.start_s - plant.before_s(machine), placement.start_s)], Message(id="scheduler.wait.transport", params=at)
    )
    held = Message(id="scheduler.wait.held", params={"at": instant(operation.ready_s)})
    claim("held", [(arrived_s, operation.ready_s)], held)
    item = max(operation.materials, key=lambda entry: entry.lot is None).item if operation.materials else ""
    material = Message(id="scheduler.wait.material", params={"item": item, "at": instant(operation.material_s)})
    claim("material", [(arrived_s, operation.material_s)], material)
    claim("setup", [(placement.setup_start_s, placement.start_s)], Message(id="scheduler.wait.setup", params=at))
    for other in line:
        if other.key != placement.key and other.end_s > arrived_s and other.setup_start_s < placement.start_s:
            if other.order == operation.order:
                busy = Message(id="scheduler.wait.own", params=at)
            else:
                busy = Message(id="scheduler.wait.machine", params={**at, "order": other.order})
            claim("machine", [(other.setup_start_s, other.end_s)], busy)
    down = [(entry.from_s, entry.to_s) for entry in calendar.breakdowns if entry.machine == machine]
    claim("breakdown", merged(down), Message(id="scheduler.wait.breakdown", params=at))
    closed = without([waited], calendar.machine(machine)) if waited[1] > waited[0] else []
    claim("calendar", closed, Message(id="scheduler.wait.calendar", params=at))
    if plant.attended(machine):
        free = _free_people(plant, placement, calendar, taken)
        nobody = [stretch for each in left for stretch in without([each], free)]
        claim("person", nobody, Message(id="scheduler.wait.person", params=at))
    needed = placement.end_s - placement.setup_start_s
    short = [(start, end) for start, end in left if end - start < needed and end < placement.setup_start_s]
    claim("gap", short, Message(id="scheduler.wait.gap", params=at))
    claim("spare", list(left), Message(id="scheduler.wait.spare", params=at))
    found.sort(key=lambda entry: entry[0])
    return [cause for _, cause in found]


def _free_people(plant: Plant, placement: Placement, calendar: Calendar, taken: Mapping[str, Sequence[Placement]]) -> list[Stretch]:
    """When somebody who is qualified for the machine is present and does nothing else."""
    found: list[Stretch] = []
    for person in plant.people_of[plant.machines[placement.machine].group]:
        busy = [(entry.setup_start_s, entry.end_s) for entry in taken.get(person, ()) if entry.key != placement.key]
        found += without(calendar.person(person), busy)
    return merged(found)


def _slack(plant: Plant, operations: Sequence[Operation], placed: Mapping[OperationKey, Placement], due_s: int) -> dict[OperationKey, int]:
    followers = followers_of(operations)
    latest: dict[OperationKey, int] = {}
    for operation in reversed(operations):
        machine = placed[operation.key].machine
        ends = []
        for entry in followers.get(operation.key, ()):
            after = placed[entry.key]
            ends.append(latest[entry.key] - (after.end_s - after.start_s) - plant.before_s(after.machine))
        latest[operation.key] = min(ends, default=due_s) - plant.after_s(machine)
    return {operation.key: latest[operation.key] - placed[operation.key].end_s for operation in operations}
