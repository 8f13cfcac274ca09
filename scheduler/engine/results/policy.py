"""Which ways to run the plant are compared?"""

from dataclasses import dataclass
from typing import Literal

from scheduler.engine.results.demand import Demand


@dataclass(frozen=True)
class Policy:
    name: str
    cover_days: float | None = None
    """Days of demand that stock of the popular variants covers; None: everything is made to order."""
    planner: Literal["learned", "figures", "knows"] | None = None
    """By whose forecasts the work is ordered, and promised; None: first come, first served, and nothing is promised."""
    campaigns: bool = False
    """Orders wait at the first step until enough of their setup family are there, or for so long as ``Demand.campaigns`` says."""


ORDER_DRIVEN = Policy("order-driven", planner="learned")
CAMPAIGNS = Policy("order-driven, campaigns", planner="learned", campaigns=True)
KNOWING = Policy("order-driven, durations known", planner="knows")
UNLEARNED = Policy("order-driven, nothing learned", planner="figures")
FIRST_COME = Policy("first come, first served")


def policies_of(demand: Demand) -> tuple[Policy, ...]:
    """The first is what the others are compared with."""
    stocks = (Policy(f"make-to-stock, {days:g} days", cover_days=days) for days in demand.stock.cover_days)
    return (*stocks, FIRST_COME, ORDER_DRIVEN, CAMPAIGNS, KNOWING, UNLEARNED)
