"""What a plan over days decides: when each order is made, who works overtime, what goes to the partner, which promises break."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from scheduler.engine.calendar import OvertimeDay


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """An order whose promise cannot be kept, and by how many days."""

    order: str
    weight: int
    days_late: int


@dataclass(frozen=True)
class DayPlan:
    """The decisions, with the proof of how good they are at most."""

    days: tuple[date, ...]
    start: Mapping[str, date] = field(default_factory=dict)
    """Day on which each order's open work begins."""
    finish: Mapping[str, date] = field(default_factory=dict)
    """Day on which it ends; orders that find no room in the horizon are missing."""
    overtime: frozenset[OvertimeDay] = frozenset()
    overtime_s: int = 0
    partnered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Orders that go to a partner, by machine group."""
    broken: tuple[BrokenPromise, ...] = ()
    setups: int = 0
    """Changes of setup family counted by group, family and day."""
    cost_minor: int = 0
    cost_bound_minor: int = 0
    """No plan with the same promises kept is cheaper than this."""
    cost_relaxed_minor: int = 0
    """What the linear relaxation alone proves."""
    late_value: int = 0
    """Weighted days late."""
    late_bound: int = 0
    late_relaxed: int = 0
    prices: Mapping[tuple[str, date], int] = field(default_factory=dict)
    """What an hour more of a group on a day would save, in minor units (dual values of the relaxation)."""

    @property
    def gap_percent(self) -> float:
        """How far the plan is at most over the best one, of lateness or else of cost; 0 where nothing is proved."""
        value, bound = (self.late_value, self.late_bound) if self.late_value else (self.cost_minor, self.cost_bound_minor)
        return 100.0 * (value - bound) / bound if bound else 0.0
