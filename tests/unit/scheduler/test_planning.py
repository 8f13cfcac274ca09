"""The day plan moves in the direction that theory predicts when one thing of the plant changes."""

from dataclasses import replace
from datetime import date
from typing import Any

import yaml

from scheduler.engine.dayplan import BrokenPromise
from scheduler.engine.operations import Operation
from scheduler.engine.planning import plan_days
from scheduler.engine.plant import Plant, parse_plant
from tests.workshop import moment, operation

HOUR_S = 3600
MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)
NOW_S = moment("2026-11-23T05:00")
DUE_S = {MONDAY: moment("2026-11-23T15:00"), TUESDAY: moment("2026-11-24T15:00"), WEDNESDAY: moment("2026-11-25T15:00")}
FAR_S = moment("2026-12-04T15:00")
LABEL = {"en": "x", "zh": "x"}
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri"]


def plant(**changes: Any) -> Plant:
    """One machine, one shift of eight hours, one person; ``changes`` replace whole sections."""
    sections: dict[str, Any] = {
        "plant": "tiny",
        "label": LABEL,
        "time_zone": "Europe/Amsterdam",
        "currency": "EUR",
        "planning": {"horizon_days": 21, "release_horizon_h": 24, "frozen_horizon_h": 2, "load_percent": 100, "waiting_price_minor": 100},
        "shipping": {"pick_up": "16:00", "home": "NL", "zones": [{"countries": ["NL"], "days": 1}]},
        "shifts": {"early": {"days": EVERY_DAY, "start": "06:00", "end": "14:00"}},
        "groups": {"W": {"label": LABEL}},
        "machines": {"W-1": {"group": "W", "shifts": ["early"]}},
        "people": {"P1": {"shift": "early", "groups": ["W"]}},
    }
    return parse_plant(yaml.safe_dump(_as_text({**sections, **changes}), sort_keys=False))


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(entry) for key, entry in value.items()}
    return [_as_text(entry) for entry in value] if isinstance(value, list) else str(value)


def order(name: str, hours: int, due_s: int = FAR_S, weight: int = 1, family: str = "red") -> Operation:
    return replace(operation(name, 10, "W", hours * HOUR_S, family=family), due_s=due_s, weight=weight)


TWO = [order("a", 8), order("b", 8)]


def last_finish(made: Plant, operations: list[Operation] = TWO) -> date:
    return max(plan_days(made, operations, NOW_S).finish.values())


def test_two_full_days_of_work_take_two_days() -> None:
    assert sorted(plan_days(plant(), TWO, NOW_S).finish.values()) == [MONDAY, TUESDAY]


def test_a_holiday_pushes_work_to_the_day_after() -> None:
    assert last_finish(plant(holidays=[{"day": TUESDAY, "label": LABEL}])) == WEDNESDAY


def test_a_second_shift_brings_work_forward() -> None:
    shifts = {
        "early": {"days": EVERY_DAY, "start": "06:00", "end": "14:00"},
        "late": {"days": EVERY_DAY, "start": "14:00", "end": "22:00"},
    }
    people = {"P1": {"shift": "early", "groups": ["W"]}, "P2": {"shift": "late", "groups": ["W"]}}
    assert last_finish(plant(shifts=shifts, machines={"W-1": {"group": "W", "shifts": ["early", "late"]}}, people=people)) == MONDAY


def test_a_machine_without_its_person_does_not_count() -> None:
    away = {"P1": {"shift": "early", "groups": ["W"], "absences": [{"first": TUESDAY, "last": TUESDAY}]}}
    assert last_finish(plant(people=away)) == WEDNESDAY


def test_people_are_shared_by_the_groups_that_they_are_qualified_for() -> None:
    sections = {
        "groups": {"W": {"label": LABEL}, "V": {"label": LABEL}},
        "machines": {"W-1": {"group": "W", "shifts": ["early"]}, "V-1": {"group": "V", "shifts": ["early"]}},
    }
    work = [order("a", 8), replace(order("b", 8), machine_group="V")]
    one = plant(**sections, people={"P1": {"shift": "early", "groups": ["W", "V"]}})
    two = plant(**sections, people={"P1": {"shift": "early", "groups": ["W", "V"]}, "P2": {"shift": "early", "groups": ["V"]}})
    assert last_finish(one, work) == TUESDAY
    assert last_finish(two, work) == MONDAY


def test_maintenance_pushes_work_to_the_day_after() -> None:
    assert last_finish(plant(maintenance=[{"machine": "W-1", "day": TUESDAY, "start": "06:00", "end": "14:00"}])) == WEDNESDAY


def test_long_setups_gather_a_family_on_a_day() -> None:
    mixed = [order("a", 3, family="red"), order("b", 3, family="blue"), order("c", 3, family="red"), order("d", 3, family="blue")]
    with_setups = plan_days(plant(groups={"W": {"label": LABEL, "setup_s": 2 * HOUR_S}}), mixed, NOW_S)
    assert with_setups.finish["a"] == with_setups.finish["c"] != with_setups.finish["b"] == with_setups.finish["d"]
    assert with_setups.setups == 2
    assert max(with_setups.finish.values()) == TUESDAY


def test_work_waits_for_cheap_energy_as_long_as_the_promise_holds() -> None:
    dear_monday = {"price_minor_per_kwh": 10, "bands": [{"days": ["mon"], "start": "00:00", "end": "24:00", "price_minor_per_kwh": 90}]}
    groups = {"W": {"label": LABEL, "power_w": 10000}}
    assert last_finish(plant(groups=groups), [order("a", 8)]) == MONDAY
    assert last_finish(plant(groups=groups, tariff=dear_monday), [order("a", 8)]) == TUESDAY
    assert last_finish(plant(groups=groups, tariff=dear_monday), [order("a", 8, DUE_S[MONDAY])]) == MONDAY


OVERTIME = {"price_minor_per_h": 5000, "hours": [{"days": EVERY_DAY, "start": "14:00", "end": "22:00", "shift": "early"}]}
URGENT = [order("a", 8, DUE_S[MONDAY]), order("b", 8, DUE_S[MONDAY])]


def test_overtime_is_bought_only_for_a_promise() -> None:
    without = plan_days(plant(), URGENT, NOW_S)
    bought = plan_days(plant(overtime=OVERTIME), URGENT, NOW_S)
    spared = plan_days(plant(overtime=OVERTIME), TWO, NOW_S)
    assert len(without.broken) == 1
    assert (bought.broken, bought.overtime_s) == ((), 8 * HOUR_S)
    assert {(entry.group, entry.day) for entry in bought.overtime} == {("W", MONDAY)}
    assert spared.overtime == frozenset()


def test_the_partner_is_paid_only_for_a_promise() -> None:
    partner = {"label": LABEL, "before_s": 3600, "after_s": 3600, "price_minor": 9000}
    machines = {"W-1": {"group": "W", "shifts": ["early"]}, "W-9": {"group": "W", "shifts": ["early"], "partner": partner}}
    urgent = plan_days(plant(machines=machines), URGENT, NOW_S)
    assert urgent.broken == ()
    assert len(urgent.partnered["W"]) == 1
    assert plan_days(plant(machines=machines), TWO, NOW_S).partnered == {}


def test_an_order_waits_for_its_material() -> None:
    waiting = [replace(order("a", 8), material_s=moment("2026-11-25T09:00")), order("b", 8)]
    plan = plan_days(plant(), waiting, NOW_S)
    assert (plan.finish["a"], plan.finish["b"]) == (WEDNESDAY, MONDAY)


def test_the_weightier_promise_is_kept_and_the_broken_one_named() -> None:
    for heavy, light in (("a", "b"), ("b", "a")):
        orders = [order(heavy, 8, DUE_S[MONDAY], weight=5), order(light, 8, DUE_S[MONDAY], weight=2)]
        plan = plan_days(plant(), orders, NOW_S)
        assert plan.broken == (BrokenPromise(light, 2, 1),)
        assert plan.finish[heavy] == MONDAY
        assert (plan.late_value, plan.late_bound) == (2, 2)


def test_the_plan_with_the_least_lateness_is_also_made_at_least_cost() -> None:
    """The dear helper of the group is spared where the broken promise does not need it."""
    orders = [order("a", 8, DUE_S[MONDAY], weight=9), order("b", 8, DUE_S[MONDAY], weight=9), order("c", 8, DUE_S[MONDAY]), order("d", 8)]
    plan = plan_days(plant(overtime=OVERTIME), orders, NOW_S)
    assert {entry.order for entry in plan.broken} == {"c"}
    assert (plan.late_value, plan.overtime_s) == (1, 8 * HOUR_S)
    assert 0 < plan.cost_bound_minor <= plan.cost_minor


def first_come_first_served(orders: list[Operation]) -> dict[str, date]:
    """Eight hours a day, in the order of arrival."""
    days, left, finish = [MONDAY, TUESDAY, WEDNESDAY], 8 * HOUR_S, {}
    for entry in orders:
        if entry.run_s > left:
            days, left = days[1:], 8 * HOUR_S
        left -= entry.run_s
        finish[entry.order] = days[0]
    return finish


def test_planning_keeps_promises_that_first_come_first_served_would_break() -> None:
    orders = [order("early", 6, DUE_S[WEDNESDAY]), order("middle", 6, DUE_S[TUESDAY]), order("late", 6, DUE_S[MONDAY])]
    plan = plan_days(plant(), orders, NOW_S)
    naive = first_come_first_served(orders)
    assert naive["late"] > MONDAY
    assert plan.broken == ()
    assert (plan.finish["late"], plan.finish["middle"], plan.finish["early"]) == (MONDAY, TUESDAY, WEDNESDAY)


def test_the_price_of_an_hour_is_what_an_hour_more_saves() -> None:
    people = {"P1": {"shift": "early", "groups": ["W"]}, "P2": {"shift": "early", "groups": ["W"]}}
    orders = [order(name, 4) for name in "abcdefg"]
    short = [{"machine": "W-1", "day": MONDAY, "start": "13:00", "end": "14:00"}]
    before = plan_days(plant(people=people, maintenance=short), orders, NOW_S)
    after = plan_days(plant(people=people), orders, NOW_S)
    saved = before.cost_bound_minor - after.cost_bound_minor
    assert saved > 0
    assert before.prices["W", MONDAY] == saved


def test_no_plan_is_cheaper_than_the_bound() -> None:
    plan = plan_days(plant(groups={"W": {"label": LABEL, "setup_s": 1800}}), [order(name, 3, family=name) for name in "abcdef"], NOW_S)
    assert 0 < plan.cost_bound_minor <= plan.cost_minor
    assert plan.gap_percent >= 0


def test_an_order_that_fits_nowhere_is_named_and_has_no_day() -> None:
    plan = plan_days(plant(), [order("huge", 20)], NOW_S)
    assert "huge" not in plan.finish
    assert [entry.order for entry in plan.broken] == ["huge"]


def test_a_plant_without_open_work_plans_nothing() -> None:
    assert plan_days(plant(), [], NOW_S).finish == {}
