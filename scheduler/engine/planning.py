"""Over days: which order is made when, with which overtime and which partner, so that promises hold at least cost."""

from collections.abc import Sequence
from datetime import timedelta

from scheduler.engine.calendar import Breakdown, local_day
from scheduler.engine.dayplan import DayPlan
from scheduler.engine.operations import Operation
from scheduler.engine.plant import Plant


def plan_days(
    plant: Plant, operations: Sequence[Operation], now_s: int, breakdowns: Sequence[Breakdown] = (), time_limit_s: float = 20.0
) -> DayPlan:
    """The plan over the horizon's days."""
    today = local_day(plant, now_s)
    return DayPlan(days=tuple(today + timedelta(days=number) for number in range(plant.planning.horizon_days)))
