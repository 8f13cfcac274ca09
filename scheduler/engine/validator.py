"""Does a plan keep every rule of the plant? Counted anew, sharing no arithmetic with those who made the plan."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from contracts.plan import OperationKey
from contracts.problems import FieldProblem
from scheduler.engine.calendar import Breakdown, OvertimeDay
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import WEEKDAYS, Hours, Plant


def violations(
    plant: Plant,
    operations: Sequence[Operation],
    placements: Iterable[Placement],
    overtime: Iterable[OvertimeDay] = (),
    breakdowns: Iterable[Breakdown] = (),
) -> list[FieldProblem]:
    """Every rule that a placement of an open, unbegun operation breaks, at ``/placements/{key}``.

    What has begun is a fact: it counts as a neighbour and a predecessor but is not judged itself.
    """
    return _Check(plant, operations, list(placements), frozenset(overtime), tuple(breakdowns)).problems()


@dataclass
class _Check:
    plant: Plant
    operations: Sequence[Operation]
    placements: list[Placement]
    overtime: frozenset[OvertimeDay]
    breakdowns: tuple[Breakdown, ...]

    def __post_init__(self) -> None:
        self._found: list[FieldProblem] = []
        self._by_key = {operation.key: operation for operation in self.operations}
        self._placed = {placement.key: placement for placement in self.placements}
        self._moments: dict[tuple[date, int], int] = {}

    def problems(self) -> list[FieldProblem]:
        if len(self._placed) != len(self.placements):
            self._found.append(FieldProblem("/placements", "scheduler.violation.twice"))
        for placement in self.placements:
            operation = self._by_key.get(placement.key)
            if operation is None:
                self._fault(placement.key, "unknown")
            elif not operation.begun:
                self._place(operation, placement)
                self._hours(operation, placement)
                self._order(operation, placement)
        self._machines()
        self._people()
        return self._found

    def _fault(self, key: OperationKey, rule: str, **params: object) -> None:
        self._found.append(FieldProblem(f"/placements/{key}", f"scheduler.violation.{rule}", params))

    def _place(self, operation: Operation, placement: Placement) -> None:
        machine = self.plant.machines.get(placement.machine)
        if machine is None or machine.group != operation.machine_group:
            self._fault(placement.key, "group", machine=placement.machine)
            return
        if placement.family != operation.setup_family:
            self._fault(placement.key, "family", family=placement.family)
        length = dict(operation.run_on).get(placement.machine, -(-operation.run_s * 100 // machine.speed_percent))
        if placement.end_s - placement.start_s != length or placement.setup_start_s > placement.start_s:
            self._fault(placement.key, "duration", expected=length)
        if machine.partner is None and self.plant.groups[machine.group].attended:
            person = self.plant.people.get(placement.person or "")
            if person is None or machine.group not in person.groups:
                self._fault(placement.key, "unqualified", person=placement.person)
        elif placement.person is not None:
            self._fault(placement.key, "unattended", person=placement.person)

    def _hours(self, operation: Operation, placement: Placement) -> None:
        if placement.machine not in self.plant.machines:
            return
        if not self._always(placement, lambda moment: self._machine_open(placement.machine, moment)):
            self._fault(placement.key, "closed", machine=placement.machine)
        if placement.person in self.plant.people and not self._always(
            placement, lambda moment: self._person_present(placement.person or "", moment)
        ):
            self._fault(placement.key, "absent", person=placement.person)

    def _order(self, operation: Operation, placement: Placement) -> None:
        partner = self.plant.machines[placement.machine].partner if placement.machine in self.plant.machines else None
        arrived = placement.start_s - (partner.before_s if partner else 0)
        if arrived < max(operation.ready_s, operation.material_s):
            self._fault(placement.key, "material" if operation.material_s > operation.ready_s else "ready")
        for key in operation.after:
            before = self._placed.get(key) or (self._by_key[key].placement if key in self._by_key else None)
            if before is not None:
                transport = self.plant.machines[before.machine].partner if before.machine in self.plant.machines else None
                if arrived < before.end_s + (transport.after_s if transport else 0):
                    self._fault(placement.key, "predecessor", predecessor=str(key))
            elif key in self._by_key and self._by_key[key].open:
                self._fault(placement.key, "predecessor", predecessor=str(key))

    def _machines(self) -> None:
        for machine, line in self._grouped(lambda placement: placement.machine).items():
            group = self.plant.groups[self.plant.machines[machine].group]
            for before, after in pairwise([None, *line]):
                if after is None or self._fact(after):
                    continue
                if before is not None and before.end_s > after.setup_start_s:
                    self._fault(after.key, "machine-overlap", other=str(before.key))
                needed = group.setup_s
                if before is not None and before.family == after.family:
                    needed = 0
                elif before is not None:
                    needed = group.setups.get(before.family, {}).get(after.family, group.setup_s)
                if after.start_s - after.setup_start_s < needed:
                    self._fault(after.key, "setup", needed=needed)

    def _people(self) -> None:
        for line in self._grouped(lambda placement: placement.person).values():
            for before, after in pairwise(line):
                if before.end_s > after.setup_start_s and not (self._fact(before) and self._fact(after)):
                    self._fault(after.key, "person-overlap", other=str(before.key))

    def _grouped(self, of: Callable[[Placement], str | None]) -> dict[str, list[Placement]]:
        lines: dict[str, list[Placement]] = {}
        for placement in sorted(self.placements, key=lambda entry: (entry.setup_start_s, entry.end_s)):
            name = of(placement)
            if name is not None and placement.machine in self.plant.machines:
                lines.setdefault(name, []).append(placement)
        return lines

    def _fact(self, placement: Placement) -> bool:
        operation = self._by_key.get(placement.key)
        return operation is None or operation.begun

    def _always(self, placement: Placement, is_open: Callable[[int], bool]) -> bool:
        """Whether it holds at every moment of the placement: between two changes of the calendar nothing changes."""
        changes = [entry for entry in self._changes(placement) if placement.setup_start_s < entry < placement.end_s]
        edges = [placement.setup_start_s, *sorted(set(changes)), placement.end_s]
        return all(is_open(edge) for edge in edges[:-1])

    def _changes(self, placement: Placement) -> list[int]:
        clock_times = {0}
        every: list[Hours] = [
            *self.plant.shifts.values(),
            *self.plant.shift_changes,
            *(self.plant.overtime.hours if self.plant.overtime else ()),
        ]
        clock_times |= {minute for hours in every for minute in (hours.start, hours.end)}
        clock_times |= {minute for entry in self.plant.maintenance for minute in (entry.start, entry.end)}
        first, last = self._local(placement.setup_start_s).date(), self._local(placement.end_s).date()
        days = [first + timedelta(days=number) for number in range(-1, (last - first).days + 2)]
        moments = [self._at(day, minute) for day in days for minute in clock_times]
        return moments + [moment for entry in self.breakdowns for moment in (entry.from_s, entry.to_s)]

    def _local(self, moment: int) -> datetime:
        return datetime.fromtimestamp(moment, UTC).astimezone(self.plant.zone)

    def _at(self, day: date, minute: int) -> int:
        known = self._moments.get((day, minute))
        if known is None:
            naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
            known = self._moments[day, minute] = int(naive.replace(tzinfo=self.plant.zone).timestamp())
        return known

    def _within(self, hours: Hours, moment: int) -> date | None:
        """The day on which the weekly hours began that cover the moment."""
        today = self._local(moment).date()
        for day in (today, today - timedelta(days=1)):
            if WEEKDAYS[day.weekday()] in hours.days and self._covers(hours.start, hours.end, day, moment):
                return day
        return None

    def _covers(self, start: int, end: int, day: date, moment: int) -> bool:
        return self._at(day, start) <= moment < self._at(day, end if end > start else end + 1440)

    def _machine_open(self, name: str, moment: int) -> bool:
        machine = self.plant.machines[name]
        if any(entry.machine == name and entry.from_s <= moment < entry.to_s for entry in self.breakdowns):
            return False
        today = self._local(moment).date()
        for entry in self.plant.maintenance:
            for day in (today, today - timedelta(days=1)):
                falls = day == entry.day or (entry.weekday == WEEKDAYS[day.weekday()] and day.isocalendar()[1] % entry.every_weeks == 0)
                if entry.machine == name and falls and self._covers(entry.start, entry.end, day, moment):
                    return False
        if not machine.shifts:
            return True
        if any(self._regular(shift, moment) is not None for shift in machine.shifts):
            return True
        return machine.partner is None and self._overtime(machine.group, None, moment) is not None

    def _regular(self, shift: str, moment: int) -> date | None:
        """The day on which the shift began that covers the moment, in its own hours or in those that replaced them that day."""
        today = self._local(moment).date()
        for day in (today, today - timedelta(days=1)):
            hours = self.plant.shifts[shift]
            for change in self.plant.shift_changes:
                if change.shift == shift and change.first <= day <= change.last and WEEKDAYS[day.weekday()] in change.days:
                    hours = change
            closed = any(holiday.day == day for holiday in self.plant.holidays)
            if not closed and WEEKDAYS[day.weekday()] in hours.days and self._covers(hours.start, hours.end, day, moment):
                return day
        return None

    def _overtime(self, group: str, shift: str | None, moment: int) -> date | None:
        for hours in self.plant.overtime.hours if self.plant.overtime else ():
            day = self._within(hours, moment)
            if day is not None and shift in (None, hours.shift) and OvertimeDay(group, day) in self.overtime:
                return day
        return None

    def _person_present(self, name: str, moment: int) -> bool:
        person = self.plant.people[name]
        days = [self._regular(person.shift, moment)]
        days += [self._overtime(group, person.shift, moment) for group in person.groups]
        return any(
            day is not None
            and WEEKDAYS[day.weekday()] not in person.off
            and not any(absence.first <= day <= absence.last for absence in person.absences)
            for day in days
        )
