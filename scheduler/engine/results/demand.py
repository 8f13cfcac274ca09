"""What do customers of a simulated plant want, how does its work vary, and by what is it judged?"""

from typing import Annotated

from pydantic import Field, ValidationError

from contracts.model import Contract
from scheduler.engine.source import SourceFault, faults_of, invalid, read_source

Percent = Annotated[float, Field(ge=0, le=100)]
Least = Annotated[float, Field(gt=0)]


class Step(Contract):
    """One operation of every piece: where, and how long at least and at most (each variant has its own length between)."""

    group: str
    run_s: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]


class Breakdowns(Contract):
    """Exponential times of a machine between two breakdowns and of its repair, in open hours."""

    every_h: Least = 60
    repair_h: Least = 1.5


class Durations(Contract):
    """How real durations differ from the plant's figures when no log is given: lognormal, each machine with a bias of its own."""

    spread: Percent = 35
    """Standard deviation of the logarithm, in hundredths."""
    machine_bias: Percent = 15
    """The same of the machines' own medians."""
    reports: int = Field(default=60, ge=8)
    """Durations of each machine from which the planner learns; those of the simulation are others."""


class Stock(Contract):
    """The make-to-stock plant against which the order-driven one is compared."""

    variants: int = Field(default=60, ge=1)
    """The most popular ones are kept in stock; the others are made to order."""
    cover_days: tuple[Least, ...] = (7, 3)
    """Days of demand at which a lot is ordered: a plant of its own for each; the first is what changes are measured against."""
    least_lot: int = Field(default=5, ge=1)
    forecast_error_percent: Percent = 25
    """Standard deviation of the forecast of a variant's demand."""


class Campaigns(Contract):
    """How long an order may wait for others of its setup family, where the plant makes campaigns."""

    longest_h: Least = 16
    """Open hours."""
    enough: int = Field(default=12, ge=1)
    """Orders of a family for which a machine is set up at once."""


class Value(Contract):
    """What stock is worth, in finished pieces."""

    raw_days: float = Field(default=20, ge=0)
    """Days of raw material, the same for all."""
    raw_percent: Percent = 50
    wip_percent: Percent = 75


class Energy(Contract):
    """Shares of a running machine's power."""

    setup_percent: Percent = 50
    idle_percent: Percent = 33
    off_percent: Percent = 3
    switch_off_s: int = Field(default=900, ge=0)
    """Standby before a machine that can switch off does so."""


class Demand(Contract):
    """A stream of orders of one piece each, drawn from a seed, and all that the simulation assumes beside the plant's file."""

    demand: str
    load_percent: Annotated[float, Field(gt=0, le=99)] = 82
    """Of the busiest group: work, half a setup an operation, and breakdowns."""
    season_percent: Percent = 25
    """How far the rate of orders swings within four weeks."""
    variants: int = Field(default=400, ge=1)
    popularity: float = Field(default=1.1, ge=0, le=3)
    """Exponent of Zipf's law: how much more the popular variants are ordered."""
    families: int = Field(default=5, ge=1, le=50)
    """Setup families: colours, fabrics, sheets."""
    wished_days: tuple[Least, Least] = (3, 10)
    """When customers would like to have it, from the order on."""
    routing: tuple[Step, ...] = ()
    """Empty: each group of the plant once, 20 to 40 minutes."""
    breakdowns: Breakdowns = Breakdowns()
    durations: Durations = Durations()
    stock: Stock = Stock()
    campaigns: Campaigns = Campaigns()
    value: Value = Value()
    energy: Energy = Energy()


STANDARD = Demand(demand="standard")
"""The demand of section "Default demand" in docs/results.md."""


def parse_demand(text: str) -> Demand:
    """The demand of a YAML text. Raises SourceInvalid, whose ``extra['lines']`` name each fault with its line."""
    source = read_source(text)
    try:
        demand = Demand.model_validate(source.content)
    except ValidationError as error:
        raise invalid(source, faults_of(error)) from error
    backwards = [number for number, step in enumerate(demand.routing) if step.run_s[1] < step.run_s[0]]
    faults = [SourceFault(("routing", number, "run_s"), "scheduler.source.backwards", {}) for number in backwards]
    if demand.wished_days[1] < demand.wished_days[0]:
        faults.append(SourceFault(("wished_days",), "scheduler.source.backwards", {}))
    if faults:
        raise invalid(source, faults)
    return demand
