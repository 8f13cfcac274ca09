"""The simulation behind `lotone simulate results`: nothing is lost, nothing twice, and forecasts hold as often as they say."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import NormalDist

import pytest

from contracts.problems import InvalidInput, SourceInvalid
from scheduler.engine.learning import Observed, Work, known
from scheduler.engine.plant import parse_plant
from scheduler.engine.results.axis import OpenAxis
from scheduler.engine.results.demand import STANDARD, parse_demand
from scheduler.engine.results.figures import Window, energy_of, figures_of, promises_of, stock_value
from scheduler.engine.results.policy import CAMPAIGNS, FIRST_COME, KNOWING, ORDER_DRIVEN, Policy, policies_of
from scheduler.engine.results.simulation import Busy, Course, run
from scheduler.engine.results.trial import Interval, compare, student_t, weeks_needed
from scheduler.engine.results.world import World, floor_of, work_of, world_of

ROOT = Path(__file__).parents[3]
WORKSHOP = parse_plant((ROOT / "scheduler/plants/workshop.yaml").read_text())
MONDAY = date(2027, 1, 4)
FLOOR = floor_of(WORKSHOP)
H = 3600


def axis(weeks: int) -> OpenAxis:
    return OpenAxis(WORKSHOP, MONDAY, 7 * weeks)


def world(weeks: int, seed: str = "1") -> World:
    day_s = axis(1).day_s
    return world_of(FLOOR, 7 * weeks * day_s, day_s, seed)


def test_the_open_axis_leaves_out_nights_and_weekends_and_knows_the_price() -> None:
    of_week = axis(2)
    assert of_week.length_s == 2 * 5 * 16 * H
    assert of_week.days_between(0, 16 * H + 1) == pytest.approx(1, abs=1e-3), "the next morning"
    assert of_week.days_between(5 * 16 * H - 1, 5 * 16 * H + 1) == pytest.approx(2 + 8 / 24, abs=1e-3), "over the weekend"
    assert of_week.price(0, H) == 24
    assert of_week.price(11 * H, 15 * H) == 38, "from five to nine in the evening"
    assert of_week.price(10 * H, 12 * H) == 31


@pytest.mark.parametrize("policy", policies_of(STANDARD), ids=lambda policy: policy.name)
def test_every_order_is_delivered_once_and_every_machine_does_one_thing_at_a_time(policy: Policy) -> None:
    these = world(3)
    course = run(these, policy, axis(1).day_s)
    assert sorted(each.order.number for each in course.delivered) == [order.number for order in these.orders]
    assert all(each.at_s >= each.order.at_s for each in course.delivered)
    by_machine: defaultdict[tuple[int, int], list[Busy]] = defaultdict(list)
    for each in course.busy:
        by_machine[each.step, each.machine].append(each)
        broken = these.downs[each.step][each.machine]
        down_s = sum(max(0.0, min(up, each.end_s) - max(down, each.start_s)) for down, up in broken)
        assert each.end_s - each.start_s == pytest.approx(each.setup_s + each.run_s + down_s), "work, setup and breakdowns, no more"
        assert not any(down <= each.start_s < up for down, up in broken), "nothing begins on a broken machine"
    for busy in by_machine.values():
        assert all(one.end_s <= other.start_s + 1e-6 for one, other in pairwise(sorted(busy, key=lambda each: each.start_s)))
    if policy.cover_days is None:
        assert len(course.busy) == len(these.orders) * len(FLOOR.steps)
        assert len(course.in_work) == len(these.orders)


def test_the_same_seed_gives_the_same_course_and_another_seed_another_one() -> None:
    same = [run(world(2, seed), ORDER_DRIVEN, axis(1).day_s).delivered[-1].at_s for seed in ("1", "1", "2")]
    assert same[0] == same[1] != same[2]


def test_forecasts_hold_as_often_as_they_say() -> None:
    """One replication of twenty weeks; `make full` has the two hundred of the documentation."""
    course = run(world(26), ORDER_DRIVEN, axis(1).day_s)
    week_s = 7 * axis(1).day_s
    found = promises_of(axis(30), FLOOR, course, Window(4 * week_s, 24 * week_s))
    for level in FLOOR.levels:
        assert found[f"held_at_{level}_percent"] == pytest.approx(level, abs=2), level
    assert found["quoted_days_at_80"] < found["quoted_days_at_90"] < found["quoted_days_at_95"] < found["quoted_days_at_99"]


@pytest.mark.long
def test_forecasts_and_promises_of_two_hundred_weeks() -> None:
    found = compare(axis(weeks_needed(20)), FLOOR, 20, 10, 1, lambda _done, _of: None)
    for name in (ORDER_DRIVEN.name, CAMPAIGNS.name):
        for level in FLOOR.levels:
            assert found.promises[name][f"held_at_{level}_percent"].mean == pytest.approx(level, abs=2)
        assert found.promises[name]["kept_percent"].mean >= FLOOR.service_level - 1
    assert found.quoted_ratio is not None
    assert found.quoted_ratio.mean <= 1.3


def test_campaigns_set_up_less_and_take_longer() -> None:
    week_s, these = 7 * axis(1).day_s, world(8)
    window = Window(2 * week_s, 7 * week_s)
    at_once, gathered = (figures_of(axis(12), FLOOR, run(these, each, axis(1).day_s), window) for each in (ORDER_DRIVEN, CAMPAIGNS))
    assert gathered["setup_h_per_100_pieces"] < at_once["setup_h_per_100_pieces"] / 1.5
    assert gathered["kwh_per_piece_switching_off"] < at_once["kwh_per_piece_switching_off"]
    assert gathered["lead_days"] > at_once["lead_days"]


def test_stock_delivers_at_once_and_costs_value() -> None:
    week_s, these = 7 * axis(1).day_s, world(8)
    window = Window(2 * week_s, 7 * week_s)
    stocked, first_come = (
        figures_of(axis(12), FLOOR, run(these, each, axis(1).day_s), window) for each in (policies_of(STANDARD)[0], FIRST_COME)
    )
    assert stocked["lead_days"] < first_come["lead_days"]
    assert stocked["turnover_per_year"] < first_come["turnover_per_year"] / 1.5


def test_energy_and_stock_value_by_hand() -> None:
    """One machine works an hour after half an hour of setup; all others stand by, or are off after a quarter of an hour."""
    course = Course(busy=[Busy(0, 0, H, H / 2, H, 2.5 * H)], in_work=[(H, 2.5 * H)], stocked=[(0.0, 4), (5 * H, 2)])
    window = Window(0, 10 * H)
    standby = energy_of(axis(1), FLOOR, course.busy, window, False, 1)
    assert standby.kwh == pytest.approx(12 * (1 + 0.5 * 0.5 + 0.33 * (80 - 1.5)))
    switched = energy_of(axis(1), FLOOR, course.busy, window, True, 1)
    awake_h = 0.25 * (7 + 2)
    assert switched.kwh == pytest.approx(12 * (1.25 + 0.33 * awake_h + 0.03 * (80 - 1.5 - awake_h)))
    assert standby.cost_minor == pytest.approx(standby.kwh * 24), "the day's price"
    assert stock_value(FLOOR, course, window, 3) == pytest.approx(20 * 3 * 0.5 + 0.15 * 0.75 + 3)


def test_half_of_a_log_teaches_and_the_other_half_happens() -> None:
    steps = [NormalDist(0, 0.3).inv_cdf((number + 0.5) / 200) for number in range(200)]
    medians = {"M1": 600, "M2": 1200}
    rows = [
        Observed(Work("run", "turning", machine), 1, round(median * 2.718281828**step), 10 * number)
        for machine, median in medians.items()
        for number, step in enumerate(steps)
    ]
    floor = floor_of(WORKSHOP, log=rows)
    assert sum(len(ratios) for ratios in floor.ratios[0]) == pytest.approx(200, abs=30)
    factors = sorted(known(floor.learned, work_of(0, machine)).factor for machine in range(2))
    assert log(factors[1] / factors[0]) == pytest.approx(log(2), abs=0.2), "each machine's own"
    assert floor_of(WORKSHOP, log=rows) == floor == floor_of(WORKSHOP, log=list(reversed(rows)))


def test_who_knows_the_durations_quotes_no_later() -> None:
    spread = STANDARD.model_copy(update={"durations": STANDARD.durations.model_copy(update={"spread": 80.0})})
    floor, week_s = floor_of(WORKSHOP, spread), 7 * axis(1).day_s
    these = world_of(floor, 16 * week_s, axis(1).day_s, "1")
    window = Window(5 * week_s, 14 * week_s)
    learned, knowing = (promises_of(axis(20), floor, run(these, each, axis(1).day_s), window) for each in (ORDER_DRIVEN, KNOWING))
    assert knowing["quoted_days"] < learned["quoted_days"] <= 1.3 * knowing["quoted_days"]


def test_intervals_are_students() -> None:
    assert student_t(1) == pytest.approx(12.706)
    assert student_t(9) == pytest.approx(2.262, abs=0.005)
    assert student_t(29) == pytest.approx(2.045, abs=0.001)
    assert Interval.of([1, 2, 3]).low == pytest.approx(2 - 4.303 / 3**0.5, abs=0.001)
    assert Interval.of([5.0]) == Interval(5, None, None)
    assert not Interval.of([5.0]).sure


def test_a_demand_that_cannot_be_is_refused_with_its_line() -> None:
    assert parse_demand("demand: mine\nload_percent: 70\n").load_percent == 70
    with pytest.raises(SourceInvalid) as refused:
        parse_demand("demand: mine\nload_percent: 170\nrouting:\n  - {group: CUT, run_s: [20, 10]}\n")
    assert [line["line"] for line in refused.value.extra["lines"]] == [2]
    with pytest.raises(SourceInvalid):
        parse_demand("demand: mine\nwished_days: [5, 2]\n")
    with pytest.raises(InvalidInput):
        floor_of(WORKSHOP, parse_demand("demand: mine\nrouting: [{group: NONE, run_s: [10, 20]}]\n"))


def test_more_breakdowns_make_the_same_orders_later() -> None:
    these = world(6)
    calm = replace(these, downs=tuple(tuple(() for _ in each) for each in these.downs))
    late, early = (run(each, FIRST_COME, axis(1).day_s) for each in (these, calm))
    assert sum(each.at_s for each in late.delivered) > sum(each.at_s for each in early.delivered)
