"""Over days: which order is made when, with which overtime and which partner, so that promises hold at least cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import numpy as np

from scheduler.engine.calendar import Breakdown, OvertimeDay, hours_on
from scheduler.engine.daychoices import BEYOND, EARLY, Choices, Ints, choices_of
from scheduler.engine.dayguide import relaxations
from scheduler.engine.dayload import HOUR_S, Cell, DayCapacity, capacity_of, work_of
from scheduler.engine.dayplan import BrokenPromise, DayPlan
from scheduler.engine.daysearch import searched
from scheduler.engine.daysupply import Shares, room_of, settled
from scheduler.engine.operations import Operation
from scheduler.engine.plant import Plant

SEARCHING = 0.1
"""Share of the time that is kept for the search."""
SETTLING_S = 5.0
"""For the little linear model that says who works the hours."""
PART = 0.8
"""Share of the time after which a plan that keeps every promise is given up, and of the rest for the least lateness."""
CLOSING = 0.02
"""Share of the time that is left for what comes after the search."""
SHARED = 0.002
"""When people shared out anew spare so much of the whole, orders are searched again with these shares."""
SEED = 1
Left = Callable[[], float]
"""Seconds that are left."""


@dataclass(frozen=True)
class _Outcome:
    """Decisions, and what they are worth against what is proved."""

    choices: Choices
    taken: Ints
    overtime_s: Mapping[Cell, int]
    value: float
    relaxed: float
    bound: float
    prices: Mapping[Cell, float]
    shares: Shares
    """Of people, with which the decisions were found."""

    def finish(self, number: int) -> int:
        """Day on which the order of this number ends; the number of days: beyond the horizon."""
        return int(self.choices.finish[self.taken[number]])


def plan_days(
    plant: Plant, operations: Sequence[Operation], now_s: int, breakdowns: Sequence[Breakdown] = (), left_s: Left = lambda: 20.0
) -> DayPlan:
    """Promises are hard while all can be kept; otherwise the least weighted lateness first, named, then the least cost.

    ``left_s`` says how many seconds there still are for the whole; the plan is what was found by then. The bounds hold for every
    plan with the same promises kept.
    """
    left_s = _part(left_s, 1 - CLOSING)
    capacity = capacity_of(plant, operations, now_s, breakdowns)
    works = work_of(plant, operations, capacity.days, now_s)
    if not works or not capacity.days.dates:
        return DayPlan(days=capacity.days.dates)
    hard = choices_of(plant, capacity, works, {work.order: work.due_day for work in works})
    kept = None if hard is None else _optimised(plant, capacity, hard, None, _part(left_s, PART), left_s)
    if kept is not None:
        return _day_plan(plant, capacity, kept, None)
    lateness = choices_of(plant, capacity, works, None)
    assert lateness is not None, "beyond the horizon there is always room"
    until = _part(left_s, PART)
    latest = _optimised(plant, capacity, lateness, None, until, until)
    if latest is None:
        return DayPlan(days=capacity.days.dates)
    deadlines = {work.order: max(work.due_day, latest.finish(number)) for number, work in enumerate(works)}
    costs = choices_of(plant, capacity, works, deadlines)
    assert costs is not None, "the plan with the least lateness keeps these deadlines"
    cheapest = _optimised(plant, capacity, costs, (_same(lateness, latest.taken, costs), latest.shares), left_s, left_s)
    return _day_plan(plant, capacity, cheapest or latest, latest)


def _part(left_s: Left, share: float) -> Left:
    """The first part of what is left."""
    rest = (1 - share) * left_s()
    return lambda: left_s() - rest


def _same(one: Choices, taken: Ints, other: Choices) -> Ints:
    """The same decisions among other choices."""
    place = {key: at for at, key in enumerate(zip(other.order.tolist(), other.route.tolist(), other.start.tolist(), strict=True))}
    return np.array([place[int(one.order[at]), int(one.route[at]), int(one.start[at])] for at in taken])


def _optimised(
    plant: Plant, capacity: DayCapacity, choices: Choices, known: tuple[Ints, Shares] | None, first_s: Left, left_s: Left
) -> _Outcome | None:
    """Relaxation, rounding, search; None when no decision was found that keeps every row.

    ``known``: decisions to begin with, and the shares of people with which they keep every row.
    ``first_s``: time for a first plan; ``left_s``: for making it better.
    """
    excess_price = 1000.0 + 100.0 * float(choices.price.max())
    guide = relaxations(plant, capacity, choices, excess_price, _part(first_s, 1 - SEARCHING), rounding=known is None)
    if guide.impossible and known is None:
        return None
    begun, shares = (guide.taken, guide.shares) if known is None else known
    best: _Outcome | None = None
    seed = SEED
    while True:
        room = room_of(plant, capacity, choices, shares, excess_price)
        taken = searched(choices, room, begun, guide.bound, seed, first_s if best is None else left_s, left_s)
        settling = None if taken is None else settled(plant, capacity, choices, choices.loads(taken)[0], SETTLING_S)
        if taken is None or settling is None:
            return best
        load, count = choices.loads(taken)
        decided = float(choices.price[taken].sum() + choices.setup_price[count > 0].sum())
        if best is not None and decided + settling.value >= best.value:
            return best
        value, seen = decided + settling.value, decided + float(room.cost(load, slice(None)).sum())
        best = _Outcome(choices, taken, settling.overtime_s, value, guide.relaxed, guide.bound, guide.prices, settling.shares)
        if seen - value < SHARED * value or left_s() <= 0:
            return best
        begun, shares, seed = taken, settling.shares, seed + 1


def _day_plan(plant: Plant, capacity: DayCapacity, outcome: _Outcome, latest: _Outcome | None) -> DayPlan:
    dates, choices, works = capacity.days.dates, outcome.choices, outcome.choices.works
    placed = {work.order: at for work, at in zip(works, outcome.taken.tolist(), strict=True) if choices.route[at] != BEYOND}
    partnered: dict[str, set[str]] = {}
    for work in works:
        group = work.routes[choices.route[placed[work.order]]].partner_group if work.order in placed else None
        if group is not None:
            partnered.setdefault(group, set()).add(work.order)
    late_value = 0 if latest is None else _days_late(latest)
    cost = outcome if outcome is not latest else None
    return DayPlan(
        days=dates,
        start={order: dates[choices.start[at]] for order, at in placed.items()},
        finish={order: dates[choices.finish[at]] for order, at in placed.items()},
        overtime=frozenset(_overtime_days(plant, capacity, outcome.overtime_s)),
        overtime_s=sum(outcome.overtime_s.values()),
        partnered={group: frozenset(orders) for group, orders in partnered.items()},
        broken=tuple(_broken(outcome)),
        setups=int((choices.loads(outcome.taken)[1][choices.setup_h > 0] > 0).sum()),
        cost_minor=round(cost.value) if cost else 0,
        cost_bound_minor=round(cost.bound) if cost else 0,
        cost_relaxed_minor=round(cost.relaxed) if cost else 0,
        late_value=late_value,
        late_bound=0 if latest is None else min(late_value, _least_late(latest, latest.bound)),
        late_relaxed=0 if latest is None else min(late_value, _least_late(latest, latest.relaxed)),
        prices={(group, dates[day]): round(price) for (group, day), price in outcome.prices.items() if price > 0.5},
    )


def _broken(outcome: _Outcome) -> list[BrokenPromise]:
    late = [(work, outcome.finish(number) - work.due_day) for number, work in enumerate(outcome.choices.works)]
    return [BrokenPromise(work.order, work.weight, days) for work, days in sorted(late, key=lambda item: item[0].order) if days > 0]


def _days_late(latest: _Outcome) -> int:
    """Weighted."""
    return sum(work.weight * max(0, latest.finish(number) - work.due_day) for number, work in enumerate(latest.choices.works))


def _least_late(latest: _Outcome, bound: float) -> int:
    """Weighted days late that no plan can avoid, from a bound in which a day earlier counts too."""
    return max(0, ceil(bound - EARLY * len(latest.choices.works) * latest.choices.days - 1e-6))


def _overtime_days(plant: Plant, capacity: DayCapacity, overtime_s: Mapping[Cell, int]) -> list[OvertimeDay]:
    """The calendar days whose overtime hours hold the seconds: the plan's day itself first, then free days after it."""
    result = []
    for (group, day), wanted in overtime_s.items():
        start, end = capacity.days.stretch(day)
        left = wanted
        moment: date = capacity.days.dates[day]
        for number in range((end - start) // (24 * HOUR_S) + 1):
            on = moment + timedelta(days=number)
            hours = [hours_on(plant, entry, on) for entry in (plant.overtime.hours if plant.overtime else ())]
            seconds = sum(stretch[1] - stretch[0] for stretch in hours if stretch is not None and stretch[0] < end)
            if left > 0 and seconds > 0:
                result.append(OvertimeDay(group, on))
                left -= seconds * len(plant.machines_of[group])
    return result
