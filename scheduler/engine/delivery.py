"""When is a finished order with its customer? The carrier's next pick-up, and the working days that its country takes from there."""

from datetime import date, timedelta

from contracts.units import Country
from scheduler.engine.calendar import local_day, local_s
from scheduler.engine.plant import WEEKDAYS, WEEKEND, Plant

_DAY = timedelta(days=1)


def promised_at(plant: Plant, finish_s: int, country: Country) -> int:
    """The last second, in the plant's zone, of the working day on which it is delivered."""
    return _end_of(plant, _delivery_day(plant, _pick_up_day(plant, finish_s), country))


def picked_up_at(plant: Plant, finish_s: int) -> int:
    """When the carrier next comes, at or after the finish."""
    return local_s(plant, _pick_up_day(plant, finish_s), plant.shipping.pick_up)


def due_s(plant: Plant, promised_s: int, country: Country) -> int:
    """The latest finish that still keeps the promised date: the last pick-up that is delivered by then."""
    last = local_day(plant, promised_s)
    day = last
    while not _picked_up(plant, day) or _delivery_day(plant, day, country) > last:
        day -= _DAY
    return local_s(plant, day, plant.shipping.pick_up)


def promised_elsewhere(plant: Plant, promised_s: int, promised_for: Country, country: Country) -> int:
    """What a date that was promised for one country is for another: the same pick-up, that country's working days."""
    if country == promised_for:
        return promised_s
    return promised_at(plant, due_s(plant, promised_s, promised_for), country)


def _pick_up_day(plant: Plant, finish_s: int) -> date:
    day = local_day(plant, finish_s)
    while not _picked_up(plant, day) or local_s(plant, day, plant.shipping.pick_up) < finish_s:
        day += _DAY
    return day


def _picked_up(plant: Plant, day: date) -> bool:
    return WEEKDAYS[day.weekday()] in plant.shipping.pick_up_days and day not in plant.closed_days


def _delivery_day(plant: Plant, picked_up: date, country: Country) -> date:
    day = picked_up
    for _ in range(plant.shipping.transit_days(country)):
        day = _working_day(plant, day + _DAY, country)
    return _working_day(plant, day, country)


def _working_day(plant: Plant, day: date, country: Country) -> date:
    """The first day from this one on that is no weekend and no holiday, of the plant or of the country."""
    holidays = plant.shipping.holidays.get(country, ())
    while WEEKDAYS[day.weekday()] in WEEKEND or day in plant.closed_days or day in holidays:
        day += _DAY
    return day


def _end_of(plant: Plant, day: date) -> int:
    return local_s(plant, day, 1440) - 1
