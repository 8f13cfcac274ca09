"""What may a planner suppose? Overtime, machines that stand still, other hours of a shift: as asked, as stored, as shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field

from contracts.model import Contract, Instant
from contracts.problems import FieldProblem, InvalidInput
from contracts.texts import Localised
from scheduler.engine.calendar import Breakdown, OvertimeDay, hours_on, local_day
from scheduler.engine.operations import DAY_S, instant, seconds_of
from scheduler.engine.plant import Plant, ShiftChange, Weekday
from scheduler.snapshot import Supposition
from scheduler.tables import ScenarioRow

LONGEST_DAYS = 31
MOST = 50
"""Of each kind in one scenario."""
CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"


class OvertimeSpan(Contract):
    """A group works overtime on every day between two that has hours for it."""

    group: str = Field(max_length=64)
    first: date
    last: date


class StopSpan(Contract):
    """A machine that cannot work for some time."""

    machine: str = Field(max_length=64)
    start: Instant
    end: Instant


class ShiftSpan(Contract):
    """A shift is worked in these hours on these weekdays between two days, also where it is not worked else; its people come with it."""

    shift: str = Field(max_length=64)
    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7)
    start: str = Field(pattern=CLOCK)
    """Plant time, such as ``06:00``."""
    end: str = Field(pattern=CLOCK)
    """Not after ``start``: on the next day."""
    first: date
    last: date


class ShownOvertime(Contract):
    group: str
    label: Localised
    day: date


class ShownStop(Contract):
    machine: str
    start_at: Instant
    end_at: Instant


class ShownShift(Contract):
    shift: str
    days: tuple[Weekday, ...]
    start: str
    end: str
    first: date
    last: date


@dataclass(frozen=True)
class Asked:
    """What a planner supposes, as asked."""

    overtime: Sequence[OvertimeSpan] = ()
    stops: Sequence[StopSpan] = ()
    shifts: Sequence[ShiftSpan] = ()


def supposed(plant: Plant, asked: Asked, now_s: int) -> Supposition:
    """What was asked, as plans count with it. Raises InvalidInput with the place of each fault."""
    if not (asked.overtime or asked.stops or asked.shifts):
        raise InvalidInput(errors=(FieldProblem("/", "scheduler.scenario.nothing"),))
    today = local_day(plant, now_s)
    faults = [
        *(fault for number, span in enumerate(asked.overtime) for fault in _overtime_faults(plant, f"/overtime/{number}", span, today)),
        *(fault for number, span in enumerate(asked.stops) for fault in _stop_faults(plant, f"/stops/{number}", span, now_s)),
        *(fault for number, span in enumerate(asked.shifts) for fault in _shift_faults(plant, f"/shifts/{number}", span, today)),
    ]
    if faults:
        raise InvalidInput(errors=tuple(faults))
    days = {OvertimeDay(span.group, day) for span in asked.overtime for day in _days(span.first, span.last) if _has_overtime(plant, day)}
    if asked.overtime and not days:
        raise InvalidInput(errors=(FieldProblem("/overtime", "scheduler.scenario.none"),))
    return Supposition(
        tuple(sorted(days, key=lambda entry: (entry.day, entry.group))),
        tuple(Breakdown(span.machine, max(now_s, seconds_of(span.start)), seconds_of(span.end)) for span in asked.stops),
        tuple(_change(span) for span in asked.shifts),
    )


def stored(row: ScenarioRow, what: Supposition) -> None:
    """Write it into the row."""
    row.overtime = [[entry.group, entry.day.isoformat()] for entry in what.overtime]
    row.stops = [[entry.machine, entry.from_s, entry.to_s] for entry in what.stops]
    row.shifts = [entry.model_dump(mode="json") for entry in what.shift_changes]


def supposition_of(row: ScenarioRow) -> Supposition:
    return Supposition(
        tuple(OvertimeDay(group, date.fromisoformat(day)) for group, day in row.overtime),
        tuple(Breakdown(*entry) for entry in row.stops),
        tuple(ShiftChange.model_validate(entry) for entry in row.shifts),
    )


def shown_overtime(what: Supposition, plant: Plant) -> tuple[ShownOvertime, ...]:
    known = [entry for entry in what.overtime if entry.group in plant.groups]
    return tuple(ShownOvertime(group=entry.group, label=plant.groups[entry.group].label, day=entry.day) for entry in known)


def shown_stops(what: Supposition) -> tuple[ShownStop, ...]:
    return tuple(ShownStop(machine=each.machine, start_at=instant(each.from_s), end_at=instant(each.to_s)) for each in what.stops)


def shown_shifts(what: Supposition) -> tuple[ShownShift, ...]:
    return tuple(
        ShownShift(shift=each.shift, days=each.days, start=clock(each.start), end=clock(each.end), first=each.first, last=each.last)
        for each in what.shift_changes
    )


def clock(minutes: int) -> str:
    """A time of day as people write it."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _overtime_faults(plant: Plant, at: str, span: OvertimeSpan, today: date) -> Iterator[FieldProblem]:
    if span.group not in plant.groups:
        yield FieldProblem(f"{at}/group", "scheduler.scenario.group")
    yield from _between(at, span.first, span.last, today)


def _stop_faults(plant: Plant, at: str, span: StopSpan, now_s: int) -> Iterator[FieldProblem]:
    if span.machine not in plant.machines:
        yield FieldProblem(f"{at}/machine", "scheduler.scenario.machine")
    from_s = max(now_s, seconds_of(span.start))
    if not from_s < seconds_of(span.end) <= from_s + LONGEST_DAYS * DAY_S:
        yield FieldProblem(f"{at}/end", "scheduler.scenario.stop", {"days": LONGEST_DAYS})


def _shift_faults(plant: Plant, at: str, span: ShiftSpan, today: date) -> Iterator[FieldProblem]:
    if span.shift not in plant.shifts:
        yield FieldProblem(f"{at}/shift", "scheduler.scenario.no_shift")
    wrong = list(_between(at, span.first, span.last, today))
    yield from wrong
    if not wrong and not any(_change(span).on(day) for day in _days(span.first, span.last)):
        yield FieldProblem(f"{at}/days", "scheduler.scenario.no_day")


def _between(at: str, first: date, last: date, today: date) -> Iterator[FieldProblem]:
    if not today <= first <= last or (last - first).days >= LONGEST_DAYS:
        yield FieldProblem(f"{at}/last", "scheduler.scenario.span", {"days": LONGEST_DAYS})


def _change(span: ShiftSpan) -> ShiftChange:
    start, end = _minutes(span.start), _minutes(span.end)
    return ShiftChange(shift=span.shift, days=span.days, start=start, end=end, first=span.first, last=span.last)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=step) for step in range((last - first).days + 1))


def _has_overtime(plant: Plant, day: date) -> bool:
    hours = plant.overtime.hours if plant.overtime is not None else ()
    return any(hours_on(plant, each, day) is not None for each in hours)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
