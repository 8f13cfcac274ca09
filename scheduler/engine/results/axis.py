"""How does the open time of a plant run against the calendar, and what does energy cost along it?"""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta

from scheduler.engine.calendar import local_s, merged
from scheduler.engine.opening import open_on
from scheduler.engine.operations import DAY_S
from scheduler.engine.plant import Plant
from scheduler.engine.tariff import energy_price

SLOT_S = 900
"""Prices are looked up once in so many open seconds."""


class OpenAxis:
    """Open seconds of a plant from a day on: the time that a simulation counts in. All its machines work in these hours."""

    def __init__(self, plant: Plant, first: date, days: int) -> None:
        every = [first + timedelta(days=step) for step in range(days)]
        if any(hours.days for hours in plant.shifts.values()):
            stretches = merged(stretch for day in every for stretch in open_on(plant, day))
        else:
            stretches = [(local_s(plant, every[0], 0), local_s(plant, every[-1], 1440))]
        self.plant = plant
        self._walls = [start for start, _ in stretches]
        self._opens: list[float] = []
        self._slots: list[float] = []
        self._prices: list[float] = []
        self._paid: list[float] = []
        open_s, paid = 0.0, 0.0
        for start, end in stretches:
            self._opens.append(open_s)
            for wall in range(start, end, SLOT_S):
                length, price = min(SLOT_S, end - wall), energy_price(plant, wall)
                self._slots.append(open_s)
                self._prices.append(price)
                self._paid.append(paid)
                open_s, paid = open_s + length, paid + length * price
        self.length_s = open_s
        self.day_s = open_s / days
        """Open seconds of an average day."""

    def wall_s(self, open_s: float) -> float:
        """Calendar seconds of a moment of open time."""
        place = max(0, bisect_right(self._opens, open_s) - 1)
        return self._walls[place] + open_s - self._opens[place]

    def days_between(self, from_s: float, to_s: float) -> float:
        """Calendar days between two moments of open time."""
        return (self.wall_s(to_s) - self.wall_s(from_s)) / DAY_S

    def price(self, from_s: float, to_s: float) -> float:
        """Mean price of a kilowatt-hour between two moments of open time, in minor units."""
        return (self._until(to_s) - self._until(from_s)) / (to_s - from_s) if to_s > from_s else 0.0

    def _until(self, open_s: float) -> float:
        place = max(0, bisect_right(self._slots, open_s) - 1)
        return self._paid[place] + (open_s - self._slots[place]) * self._prices[place]


def monday_of(at: datetime) -> date:
    """The Monday of a moment's week (UTC)."""
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())
