"""What each day can hold and what each order asks of it: the figures from which the day plan's model is built."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.plan import OperationKey
from scheduler.engine.calendar import Breakdown, Calendar, OvertimeDay, Stretch, hours_on, local_day, local_s
from scheduler.engine.operations import Operation, alive, in_routing_order
from scheduler.engine.plant import Plant
from scheduler.engine.tariff import energy_price

HOUR_S = 3600
FLOW_FACTOR = 2
"""A piece needs about so many times its working time to pass through the plant; only a layout of the days, no promise."""

Cell = tuple[str, int]
"""A machine group on a day of the plan."""


@dataclass(frozen=True)
class Days:
    """The plan's days: each begins with a regular working day of the plant and lasts until the next one."""

    dates: tuple[date, ...]
    starts_s: tuple[int, ...]
    end_s: int

    def index(self, moment: int) -> int:
        """The day of a moment; before the first is the first."""
        return max(0, bisect_right(self.starts_s, moment) - 1)

    def stretch(self, day: int) -> Stretch:
        return self.starts_s[day], self.starts_s[day + 1] if day + 1 < len(self.starts_s) else self.end_s


@dataclass(frozen=True)
class DayCapacity:
    """Seconds of machines and people, by group (or class of equally qualified people) and day."""

    days: Days
    machines: Mapping[Cell, int]
    overtime: Mapping[Cell, int]
    """Machine seconds that overtime adds where people are for it."""
    overtime_people: Mapping[int, int]
    """Seconds of all people together in overtime, by day."""
    partners: Mapping[Cell, int]
    people: Mapping[tuple[frozenset[str], int], int]
    bands: Mapping[Cell, Sequence[tuple[int, int]]]
    """Machine seconds by energy price (minor units a kWh), cheapest first."""


@dataclass(frozen=True)
class Route:
    """One way to make an order's open work: at home or with the partner's machine of a group."""

    partner_group: str | None
    price_minor: int
    load: tuple[tuple[str, str, int, int], ...]
    """(group, setup family, days after the start, seconds) of each operation at home."""
    partner_load: tuple[tuple[str, int, int], ...]
    span: int
    """Days from start to finish."""
    earliest: int
    """First day on which it can start: material, release, what runs already."""


@dataclass(frozen=True)
class OrderWork:
    order: str
    weight: int
    due_day: int
    routes: tuple[Route, ...]


def days_of(plant: Plant, now_s: int) -> Days:
    """Days of the horizon on which the plant works regularly."""
    today = local_day(plant, now_s)
    end_s = local_s(plant, today + timedelta(days=plant.planning.horizon_days), 0)
    dates = []
    for number in range(plant.planning.horizon_days):
        day = today + timedelta(days=number)
        stretches = [hours_on(plant, plant.worked(name, day), day) for name in plant.shifts]
        if day not in plant.closed_days and any(stretch is not None and stretch[1] > now_s for stretch in stretches):
            dates.append(day)
    return Days(tuple(dates), tuple(max(now_s, local_s(plant, day, 0)) for day in dates), end_s)


def capacity_of(plant: Plant, operations: Iterable[Operation], now_s: int, breakdowns: Sequence[Breakdown] = ()) -> DayCapacity:
    """What is open on each day, less what is fixed, times the share that the plan fills."""
    days = days_of(plant, now_s)
    regular = Calendar(plant, now_s, days.end_s, breakdowns=breakdowns)
    every = [
        OvertimeDay(group, local_day(plant, now_s) + timedelta(days=n))
        for group in plant.groups
        for n in range(plant.planning.horizon_days)
    ]
    extended = Calendar(plant, now_s, days.end_s, every, breakdowns)
    taken: dict[tuple[str, int], int] = {}
    for operation in alive(operations):
        placement = operation.placement
        if placement is None or placement.end_s <= now_s:
            continue
        for day, seconds in _spread(days, [(max(now_s, placement.setup_start_s), placement.end_s)]).items():
            for name in (placement.machine, placement.person):
                if name is not None:
                    taken[name, day] = taken.get((name, day), 0) + seconds
    share = plant.planning.load_percent
    machines: dict[Cell, int] = {}
    partners: dict[Cell, int] = {}
    overtime: dict[Cell, int] = {}
    for name, machine in plant.machines.items():
        target = machines if machine.partner is None else partners
        open_s = _spread(days, regular.machine(name))
        for day, seconds in open_s.items():
            free = max(0, seconds - taken.get((name, day), 0)) * share * machine.speed_percent // 10_000
            target[machine.group, day] = target.get((machine.group, day), 0) + free
        if machine.partner is None:
            for day, seconds in _spread(days, extended.machine(name)).items():
                cell = (machine.group, day)
                overtime[cell] = overtime.get(cell, 0) + (seconds - open_s.get(day, 0)) * share * machine.speed_percent // 10_000
    people, overtime_people, qualified = _people(plant, days, regular, extended, taken)
    for (group, day), seconds in overtime.items():
        if plant.groups[group].attended:
            overtime[group, day] = min(seconds, qualified.get((group, day), 0))
    return DayCapacity(days, machines, overtime, overtime_people, partners, people, _bands(plant, days, regular, machines))


def _people(
    plant: Plant, days: Days, regular: Calendar, extended: Calendar, taken: Mapping[tuple[str, int], int]
) -> tuple[dict[tuple[frozenset[str], int], int], dict[int, int], dict[Cell, int]]:
    share = plant.planning.load_percent
    people: dict[tuple[frozenset[str], int], int] = {}
    overtime_people: dict[int, int] = {}
    qualified: dict[Cell, int] = {}
    for name, person in plant.people.items():
        kind = frozenset(person.groups)
        present = _spread(days, regular.person(name))
        for day, seconds in present.items():
            people[kind, day] = people.get((kind, day), 0) + max(0, seconds - taken.get((name, day), 0)) * share // 100
        for day, seconds in _spread(days, extended.person(name)).items():
            extra = (seconds - present.get(day, 0)) * share // 100
            overtime_people[day] = overtime_people.get(day, 0) + extra
            for group in kind:
                qualified[group, day] = qualified.get((group, day), 0) + extra
    return people, overtime_people, qualified


def _spread(days: Days, stretches: Iterable[Stretch]) -> dict[int, int]:
    """Seconds of the stretches on each day."""
    result: dict[int, int] = {}
    for start, end in stretches:
        day = days.index(start)
        while day < len(days.dates):
            day_start, day_end = days.stretch(day)
            if day_start >= end:
                break
            seconds = min(end, day_end) - max(start, day_start)
            if seconds > 0:
                result[day] = result.get(day, 0) + seconds
            day += 1
    return result


def _bands(plant: Plant, days: Days, regular: Calendar, machines: Mapping[Cell, int]) -> dict[Cell, list[tuple[int, int]]]:
    """The open machine seconds of each cell by energy price, scaled to the cell's free seconds."""
    result: dict[Cell, list[tuple[int, int]]] = {}
    hourly: dict[int, int] = {}
    for group, entry in plant.groups.items():
        if entry.power_w == 0:
            continue
        by_price: dict[Cell, dict[int, int]] = {}
        for name in plant.machines_of[group]:
            for start, end in regular.machine(name):
                for moment in range(start - start % HOUR_S, end, HOUR_S):
                    if moment not in hourly:
                        hourly[moment] = energy_price(plant, moment)
                    seconds = min(end, moment + HOUR_S) - max(start, moment)
                    prices = by_price.setdefault((group, days.index(max(start, moment))), {})
                    prices[hourly[moment]] = prices.get(hourly[moment], 0) + seconds
        for cell, prices in by_price.items():
            total = sum(prices.values())
            result[cell] = [(price, seconds * machines.get(cell, 0) // total) for price, seconds in sorted(prices.items())]
    return result


def work_of(plant: Plant, operations: Sequence[Operation], days: Days, now_s: int) -> list[OrderWork]:
    """The open, unfixed work of each order, laid out over days from a start; orders without any are left out."""
    by_order: dict[str, list[Operation]] = {}
    for operation in in_routing_order(alive(operations)):
        by_order.setdefault(operation.order, []).append(operation)
    result = []
    for order, entries in by_order.items():
        free = [operation for operation in entries if operation.open and operation.placement is None]
        if not free:
            continue
        groups = sorted({operation.machine_group for operation in free if plant.partners_of[operation.machine_group]})
        routes = tuple(_route(plant, entries, days, now_s, partner_group) for partner_group in [None, *groups])
        due_s = min(operation.due_s for operation in free)
        result.append(OrderWork(order, max(operation.weight for operation in free), _due_day(plant, days, due_s), routes))
    return result


def _due_day(plant: Plant, days: Days, due_s: int) -> int:
    """The last day on which an order may finish: the due day itself when most of it is before the due time; -1: overdue now."""
    if due_s >= days.end_s:
        return len(days.dates) - 1
    day = bisect_right(days.starts_s, due_s) - 1
    if day >= 0 and due_s < local_s(plant, days.dates[day], 720):
        day -= 1
    return day


def _route(plant: Plant, entries: Sequence[Operation], days: Days, now_s: int, partner_group: str | None) -> Route:
    """Walk the routing forward from a start; each operation falls on the day that its head time reaches."""
    day_s = _mean_day_s(plant)
    head: dict[OperationKey, int] = {}
    load: list[tuple[str, str, int, int]] = []
    partner_load: list[tuple[str, int, int]] = []
    price, span, earliest = 0, 0, 0
    for operation in entries:
        if operation.placement is not None or not operation.open:
            if operation.placement is not None and operation.placement.end_s > now_s:
                earliest = max(earliest, days.index(operation.placement.end_s))
            continue
        begin = max((head[key] for key in operation.after if key in head), default=0)
        offset = begin // day_s
        if operation.machine_group == partner_group:
            machine = plant.machines[plant.partners_of[partner_group][0]]
            if machine.partner is not None:
                price += machine.partner.price_minor
                begin += (machine.partner.before_s + machine.partner.after_s) * day_s // 86_400
            offset = begin // day_s
            partner_load.append((operation.machine_group, offset, operation.run_s))
        else:
            load.append((operation.machine_group, operation.setup_family, offset, operation.run_s))
        head[operation.key] = begin + FLOW_FACTOR * operation.run_s
        span = max(span, offset)
        if operation.not_before_s > now_s:
            earliest = max(earliest, days.index(operation.not_before_s) - offset)
    return Route(partner_group, price, tuple(load), tuple(partner_load), span, earliest)


def _mean_day_s(plant: Plant) -> int:
    """Seconds of an ordinary day on which somebody works."""
    lengths = [(hours.end if hours.end > hours.start else hours.end + 1440) - hours.start for hours in plant.shifts.values()]
    return max(HOUR_S, sum(lengths) * 60 if sum(lengths) <= 1440 else 86_400)
