"""When each machine is open and each person present, in epoch seconds."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduler.engine.plant import WEEKDAYS, Hours, Plant

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A machine that cannot work; ``to_s`` is when it is expected back."""

    machine: str
    from_s: int
    to_s: int


@dataclass(frozen=True, slots=True)
class OvertimeDay:
    """Overtime decided for a group on a day of the plant."""

    group: str
    day: date


def local_s(plant: Plant, day: date, minutes: int) -> int:
    """Epoch seconds of a local time of day. A time that the clock skips counts as if it had not been put forward (PEP 495)."""
    return _local_s(plant.zone, day, minutes)


@lru_cache(maxsize=1 << 16)
def _local_s(zone: ZoneInfo, day: date, minutes: int) -> int:
    """Asked again and again for the same shifts of the same days."""
    moment = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
    return int(moment.replace(tzinfo=zone).timestamp())


def local_day(plant: Plant, seconds: int) -> date:
    """The plant's calendar day of a moment."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(plant.zone).date()


def hours_on(plant: Plant, hours: Hours, day: date) -> Stretch | None:
    """The stretch of weekly hours that begins on that day; None when they do not fall on it."""
    if WEEKDAYS[day.weekday()] not in hours.days:
        return None
    end = hours.end if hours.end > hours.start else hours.end + 1440
    return local_s(plant, day, hours.start), local_s(plant, day, end)


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Sorted, disjoint, touching ones joined."""
    result: list[Stretch] = []
    for start, end in sorted(stretches):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        elif end > start:
            result.append((start, end))
    return result


def without(stretches: list[Stretch], holes: Iterable[Stretch]) -> list[Stretch]:
    """What is left of sorted disjoint stretches."""
    for hole_start, hole_end in holes:
        if hole_start >= hole_end:
            continue
        left: list[Stretch] = []
        for start, end in stretches:
            if hole_end <= start or hole_start >= end:
                left.append((start, end))
                continue
            if start < hole_start:
                left.append((start, hole_start))
            if hole_end < end:
                left.append((hole_end, end))
        stretches = left
    return stretches


class Calendar:
    """Working windows between two moments; an operation runs inside one of them."""

    def __init__(
        self, plant: Plant, from_s: int, to_s: int, overtime: Iterable[OvertimeDay] = (), breakdowns: Iterable[Breakdown] = ()
    ) -> None:
        self.plant = plant
        self.from_s = from_s
        self.to_s = to_s
        self.overtime = frozenset(overtime)
        self.breakdowns = tuple(breakdowns)
        self._days = list(self._each_day())
        self._shift_hours = {
            name: [
                (day, stretch)
                for day in self._days
                if day not in plant.closed_days and (stretch := hours_on(plant, plant.worked(name, day), day)) is not None
            ]
            for name in plant.shifts
        }
        self._windows: dict[tuple[str, str], list[Stretch]] = {}
        self._maintenance: dict[str, list[Stretch]] = {}
        for machine, stretch in self._maintenance_stretches():
            self._maintenance.setdefault(machine, []).append(stretch)

    def _each_day(self) -> Iterator[date]:
        day = local_day(self.plant, self.from_s) - timedelta(days=1)
        last = local_day(self.plant, self.to_s)
        while day <= last:
            yield day
            day += timedelta(days=1)

    def _maintenance_stretches(self) -> Iterator[tuple[str, Stretch]]:
        for entry in self.plant.maintenance:
            for day in self._days:
                if entry.day is not None:
                    falls = day == entry.day
                else:
                    falls = WEEKDAYS[day.weekday()] == entry.weekday and day.isocalendar().week % entry.every_weeks == 0
                if falls:
                    end = entry.end if entry.end > entry.start else entry.end + 1440
                    yield entry.machine, (local_s(self.plant, day, entry.start), local_s(self.plant, day, end))

    def machine(self, name: str) -> list[Stretch]:
        """Sorted, disjoint windows in which the machine may work."""
        return self._once("machine", name, self._machine)

    def _once(self, kind: str, name: str, count: Callable[[str], list[Stretch]]) -> list[Stretch]:
        """Counted at the first question: several plans are laid into the same hours."""
        if (kind, name) not in self._windows:
            self._windows[kind, name] = count(name)
        return self._windows[kind, name]

    def _machine(self, name: str) -> list[Stretch]:
        machine = self.plant.machines[name]
        if machine.shifts:
            stretches = [stretch for shift in machine.shifts for _, stretch in self._shift_hours[shift]]
            if machine.partner is None:
                stretches += [stretch for _, stretch in self._overtime_hours(machine.group)]
            windows = merged(stretches)
        else:
            windows = [(self.from_s, self.to_s)]
        down = [(entry.from_s, entry.to_s) for entry in self.breakdowns if entry.machine == name]
        return self._clipped(without(windows, self._maintenance.get(name, []) + down))

    def person(self, name: str) -> list[Stretch]:
        """Sorted, disjoint windows in which the person is present."""
        return self._once("person", name, self._person)

    def _person(self, name: str) -> list[Stretch]:
        person = self.plant.people[name]
        stretches = [stretch for day, stretch in self._shift_hours[person.shift] if self._present(name, day)]
        for group in person.groups:
            stretches += [stretch for shift, stretch in self._overtime_hours(group, name) if shift == person.shift]
        return self._clipped(merged(stretches))

    def _present(self, name: str, day: date) -> bool:
        person = self.plant.people[name]
        return WEEKDAYS[day.weekday()] not in person.off and not any(absence.first <= day <= absence.last for absence in person.absences)

    def _overtime_hours(self, group: str, person: str | None = None) -> Iterator[tuple[str, Stretch]]:
        if self.plant.overtime is None or not self.overtime:
            return
        for day in self._days:
            if OvertimeDay(group, day) not in self.overtime or (person is not None and not self._present(person, day)):
                continue
            for hours in self.plant.overtime.hours:
                stretch = hours_on(self.plant, hours, day)
                if stretch is not None:
                    yield hours.shift, stretch

    def _clipped(self, windows: list[Stretch]) -> list[Stretch]:
        return [(max(start, self.from_s), min(end, self.to_s)) for start, end in windows if min(end, self.to_s) > max(start, self.from_s)]
