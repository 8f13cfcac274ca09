"""When is the plant open, all shifts together, and how much of that time lies between two moments?"""

from collections.abc import Iterator
from datetime import date, timedelta

from scheduler.engine.calendar import Stretch, hours_on, local_day, local_s
from scheduler.engine.plant import Plant


def open_on(plant: Plant, day: date) -> list[Stretch]:
    """Its shifts that begin on the day, by start."""
    if day in plant.closed_days:
        return []
    return sorted(stretch for name in plant.shifts if (stretch := hours_on(plant, plant.worked(name, day), day)) is not None)


def opened_s(plant: Plant, from_s: int, to_s: int) -> int:
    """Seconds between the two moments in which the plant is open."""
    return sum(end - start for start, end in _open_between(plant, from_s, to_s))


def later_s(plant: Plant, from_s: int, open_s: int) -> int:
    """The moment until which the plant has been open for ``open_s`` seconds since ``from_s``."""
    if open_s <= 0:
        return from_s
    left = open_s
    for start, end in _open_from(plant, from_s):
        if end - start >= left:
            return start + left
        left -= end - start
    raise AssertionError("a plant opens again")


def earlier_s(plant: Plant, to_s: int, open_s: int) -> int:
    """The moment since which the plant has been open for ``open_s`` seconds until ``to_s``."""
    day = local_day(plant, to_s)
    while (found := opened_s(plant, begin := local_s(plant, day, 0), to_s)) < open_s:
        day -= timedelta(days=1)
    return later_s(plant, begin, found - open_s)


def _open_between(plant: Plant, from_s: int, to_s: int) -> Iterator[Stretch]:
    for start, end in _open_from(plant, from_s):
        if start >= to_s:
            return
        yield start, min(end, to_s)


def _open_from(plant: Plant, from_s: int) -> Iterator[Stretch]:
    """Without end; one that reaches into the next is counted once. Around the clock where no shift is worked at all."""
    if not any(hours.days for hours in plant.shifts.values()):
        yield from_s, 2**62
        return
    at, day = from_s, local_day(plant, from_s) - timedelta(days=1)
    while True:
        for start, end in open_on(plant, day):
            if end > at:
                yield max(start, at), end
                at = end
        day += timedelta(days=1)
