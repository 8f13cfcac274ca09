"""Whatever is drawn: a day plan asks of no day more than it has, names what it breaks, and no plan at all beats its bound."""

from datetime import date
from itertools import product
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.engine import dayguide
from scheduler.engine.daychoices import choices_of
from scheduler.engine.dayguide import overfull
from scheduler.engine.dayload import HOUR_S, capacity_of, work_of
from scheduler.engine.dayplan import DayPlan
from scheduler.engine.dayrounds import BEST, FITS, VALUE, excess_h, retake, search, standing_of, ways_of
from scheduler.engine.daysupply import Shares, room_of
from scheduler.engine.drawing import seeded
from scheduler.engine.operations import Operation
from scheduler.engine.planning import plan_days
from scheduler.engine.plant import Plant
from tests.unit.scheduler.test_planning import LABEL, NOW_S, OVERTIME, order, plant

SETUP_H = 0.5
WAITING_MINOR = 100
DAYS = 5
seeds = st.integers(0, 2**32)


def drawn(random: Random) -> tuple[Plant, list[Operation]]:
    """One machine with setups, perhaps overtime; orders of two families, all due within the week or some of them too early."""
    changes: dict[str, Any] = {"groups": {"W": {"label": LABEL, "setup_s": int(SETUP_H * HOUR_S)}}}
    if random.random() < 0.3:
        changes["overtime"] = OVERTIME
    orders = [
        order(
            f"o{number}",
            random.randint(1, 5),
            NOW_S + random.randint(0, DAYS) * 86_400 + 10 * HOUR_S,
            weight=random.randint(1, 3),
            family=random.choice(("red", "blue")),
        )
        for number in range(random.randint(1, 4))
    ]
    return plant(**changes), orders


def asked_h(plan: DayPlan, orders: list[Operation]) -> dict[date, float]:
    """Hours of each day, setups included."""
    hours: dict[date, float] = {}
    for day in set(plan.finish.values()):
        made = [entry for entry in orders if plan.finish.get(entry.order) == day]
        families = {entry.setup_family for entry in made}
        setups = len(families) if len({entry.setup_family for entry in orders}) > 1 else 0
        hours[day] = sum(entry.run_s for entry in made) / HOUR_S + SETUP_H * setups
    return hours


def cheapest(made: Plant, orders: list[Operation]) -> float | None:
    """The least cost of all plans that keep every promise without overtime; None when there is none."""
    capacity = capacity_of(made, orders, NOW_S)
    dates = capacity.days.dates
    due = {work.order: work.due_day for work in work_of(made, orders, capacity.days, NOW_S)}
    best = None
    for days in product(range(DAYS), repeat=len(orders)):
        if any(day > due[entry.order] for day, entry in zip(days, orders, strict=True)):
            continue
        plan = DayPlan(dates, finish={entry.order: dates[day] for day, entry in zip(days, orders, strict=True)})
        if any(hours > capacity.machines["W", dates.index(day)] / HOUR_S + 1e-9 for day, hours in asked_h(plan, orders).items()):
            continue
        waiting = sum((dates[day] - dates[0]).days * WAITING_MINOR for day in days)
        runs = sum(entry.run_s for entry in orders) / HOUR_S
        cost = waiting + made.planning.setup_price_minor_per_h * (sum(asked_h(plan, orders).values()) - runs)
        best = cost if best is None else min(best, cost)
    return best


@given(seed=seeds)
@settings(max_examples=60)
def test_no_day_is_asked_for_more_than_it_has_and_every_order_has_a_day_or_is_named(seed: int) -> None:
    random = Random(seed)
    made, orders = drawn(random)
    left = iter([random.choice((0.0, 5.0))] * 3)
    plan = plan_days(made, orders, NOW_S, left_s=lambda: next(left, 0.0))
    capacity = capacity_of(made, orders, NOW_S)
    for day, hours in asked_h(plan, orders).items():
        number = capacity.days.dates.index(day)
        overtime = capacity.overtime.get(("W", number), 0) if made.overtime else 0
        assert hours <= (capacity.machines["W", number] + overtime) / HOUR_S + 1e-4
    due = {work.order: work.due_day for work in work_of(made, orders, capacity.days, NOW_S)}
    late = {name for name in due if name not in plan.finish or capacity.days.dates.index(plan.finish[name]) > due[name]}
    assert late == {entry.order for entry in plan.broken}
    assert plan.late_bound <= plan.late_value
    assert plan.cost_bound_minor <= plan.cost_minor


@given(seed=seeds, whole=st.sampled_from((2, 6, 12_000)))
@settings(max_examples=60)
def test_no_plan_beats_the_bound_and_a_promise_is_broken_only_when_every_plan_breaks_one(seed: int, whole: int) -> None:
    made, orders = drawn(Random(seed))
    best = cheapest(made, orders)
    with patch.object(dayguide, "WHOLE", whole):
        plan = plan_days(made, orders, NOW_S)
    if best is None:
        assert plan.broken or made.overtime is not None
    else:
        assert plan.broken == ()
        assert plan.cost_relaxed_minor <= plan.cost_bound_minor <= best + 1
        assert plan.cost_minor <= best + 1


@given(seed=seeds)
@settings(max_examples=400)
def test_hours_that_are_seen_to_be_too_few_are_too_few(seed: int) -> None:
    made, orders = drawn(Random(seed))
    capacity = capacity_of(made, orders, NOW_S)
    works = work_of(made, orders, capacity.days, NOW_S)
    choices = choices_of(made, capacity, works, {work.order: work.due_day for work in works})
    if choices is not None and overfull(capacity, choices):
        assert cheapest(made, orders) is None


@given(seed=seeds, rounds=st.integers(1, 60))
@settings(max_examples=60)
def test_what_the_search_keeps_count_of_is_what_counting_anew_finds(seed: int, rounds: int) -> None:
    made, orders = drawn(Random(seed))
    capacity = capacity_of(made, orders, NOW_S)
    choices = choices_of(made, capacity, work_of(made, orders, capacity.days, NOW_S), None)
    assert choices is not None
    ways, at = ways_of(choices, room_of(made, capacity, choices, Shares(), 1000.0)), standing_of(choices)
    first = np.array([choices.first[number] for number in range(len(choices.works))])
    at.marks[VALUE] = at.marks[BEST] = worth = retake(ways, at, first)
    search(ways, at, seeded(seed), rounds, 0.5, -1.0, rounds)
    load, held = choices.loads(at.taken)
    assert np.allclose(at.load, load)
    assert (at.held[:-1] == held[:-1]).all()
    assert at.marks[BEST] <= worth
    assert np.isclose(retake(ways, at, at.taken.copy()), at.marks[VALUE])
    assert np.isclose(retake(ways, at, at.kept.copy() if at.marks[BEST] < worth else first), at.marks[BEST])
    assert at.marks[FITS] == 0.0 or excess_h(ways, at) <= 1e-5
