"""Over days: which order is made when, with which overtime and which partner, so that promises hold at least cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scheduler.engine.calendar import Breakdown, OvertimeDay, hours_on
from scheduler.engine.dayload import HOUR_S, Cell, DayCapacity, capacity_of, work_of
from scheduler.engine.daymodel import Chosen, DayModel
from scheduler.engine.dayplan import BrokenPromise, DayPlan
from scheduler.engine.operations import Operation
from scheduler.engine.plant import Plant

GAP = 0.01
"""Relative gap at which the integer search stops."""


@dataclass(frozen=True)
class _Outcome:
    """A solved model: decisions, and what they are worth against the relaxation."""

    chosen: Sequence[Chosen]
    overtime_s: Mapping[Cell, int]
    setups: int
    value: float
    bound: float
    prices: Mapping[Cell, float]


def plan_days(
    plant: Plant, operations: Sequence[Operation], now_s: int, breakdowns: Sequence[Breakdown] = (), time_limit_s: float = 20.0
) -> DayPlan:
    """Promises are hard while all can be kept; otherwise the least weighted lateness first, named, then the least cost.

    ``time_limit_s`` bounds each solver call; where it does not even suffice for a relaxation, the plan decides nothing. The bounds
    come from the relaxation with the same promises kept.
    """
    capacity = capacity_of(plant, operations, now_s, breakdowns)
    works = work_of(plant, operations, capacity.days, now_s)
    if not works or not capacity.days.dates:
        return DayPlan(days=capacity.days.dates)
    kept = _optimised(DayModel(plant, capacity, works, {work.order: work.due_day for work in works}), time_limit_s)
    if kept is not None:
        return _day_plan(plant, capacity, kept, None)
    latest = _optimised(DayModel(plant, capacity, works, None), time_limit_s)
    if latest is None:
        return DayPlan(days=capacity.days.dates)
    beyond = len(capacity.days.dates)
    deadlines = {entry.work.order: max(entry.work.due_day, beyond if entry.finish is None else entry.finish) for entry in latest.chosen}
    cheapest = _optimised(DayModel(plant, capacity, works, deadlines), time_limit_s)
    return _day_plan(plant, capacity, cheapest or latest, latest)


def _optimised(model: DayModel, time_limit_s: float) -> _Outcome | None:
    """Relaxation, then rounding; None when no decision keeps every row."""
    if model.impossible:
        return None
    relaxed = model.relax(time_limit_s)
    if not relaxed.found:
        return None
    prices = model.prices()
    solved = model.round(time_limit_s, GAP)
    if not solved.found:
        return None
    if model.deadlines is None:
        return _Outcome(model.chosen(), model.overtime_s(), model.setups(), model.late_value(), model.late_bound(relaxed), prices)
    return _Outcome(model.chosen(), model.overtime_s(), model.setups(), solved.objective, relaxed.objective, prices)


def _day_plan(plant: Plant, capacity: DayCapacity, outcome: _Outcome, latest: _Outcome | None) -> DayPlan:
    dates = capacity.days.dates
    placed = [entry for entry in outcome.chosen if entry.start is not None and entry.finish is not None]
    partnered: dict[str, set[str]] = {}
    for entry in placed:
        if entry.route.partner_group is not None:
            partnered.setdefault(entry.route.partner_group, set()).add(entry.work.order)
    return DayPlan(
        days=dates,
        start={entry.work.order: dates[entry.start] for entry in placed if entry.start is not None},
        finish={entry.work.order: dates[entry.finish] for entry in placed if entry.finish is not None},
        overtime=frozenset(_overtime_days(plant, capacity, outcome.overtime_s)),
        overtime_s=sum(outcome.overtime_s.values()),
        partnered={group: frozenset(orders) for group, orders in partnered.items()},
        broken=tuple(_broken(outcome.chosen, len(dates))),
        setups=outcome.setups,
        cost_minor=round(outcome.value) if outcome is not latest else 0,
        cost_bound_minor=round(outcome.bound) if outcome is not latest else 0,
        late_value=round(latest.value) if latest is not None else 0,
        late_bound=min(round(latest.value), round(latest.bound)) if latest is not None else 0,
        prices={(group, dates[day]): round(price) for (group, day), price in outcome.prices.items() if price > 0.5},
    )


def _broken(chosen: Sequence[Chosen], horizon: int) -> list[BrokenPromise]:
    late = [(entry.work, (horizon if entry.finish is None else entry.finish) - entry.work.due_day) for entry in chosen]
    return [BrokenPromise(work.order, work.weight, days) for work, days in sorted(late, key=lambda item: item[0].order) if days > 0]


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
