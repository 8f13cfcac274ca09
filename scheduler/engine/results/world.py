"""What happens in a simulated plant whatever its planner does: orders, real durations, breakdowns, all from one seed.

Every policy sees the same world (common random numbers; Law, *Simulation Modeling and Analysis*, 2015, ch. 11).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, pi, sin
from random import Random

from contracts.problems import FieldProblem, InvalidInput
from scheduler.engine.learning import LearnedTime, Observed, Work, learn
from scheduler.engine.plant import Plant
from scheduler.engine.results.demand import STANDARD, Demand, Step

LEVELS = (80, 90, 95, 99)
"""Per cent at which forecasts are looked at."""

Ratios = tuple[tuple[tuple[float, ...], ...], ...]
"""Real durations over the plant's figures, by step and machine."""


@dataclass(frozen=True, slots=True)
class Order:
    """One piece; times in open seconds."""

    number: int
    at_s: float
    variant: int
    family: int
    figures: tuple[float, ...]
    """The plant's figure of each step."""
    luck: tuple[float, ...]
    """Which real duration each step meets, as a share of all that its machine may meet."""
    wished_days: float
    """Calendar days from the order on."""


@dataclass(frozen=True)
class Variant:
    family: int
    figures: tuple[float, ...]
    share: float
    """Of all orders."""


@dataclass(frozen=True)
class Floor:
    """The plant as the simulation has it: steps with their machines, setups and power."""

    demand: Demand
    steps: tuple[Step, ...]
    machines: tuple[tuple[str, ...], ...]
    setups: tuple[tuple[tuple[float, ...], ...], ...]
    """Seconds by step, family before (the last: not known) and after."""
    power_w: tuple[float, ...]
    ratios: Ratios
    learned: Mapping[Work, LearnedTime]
    service_level: int
    """Per cent of promises that are to hold."""

    @property
    def levels(self) -> tuple[int, ...]:
        """Per cent of orders that each quantile of a forecast is to hold for."""
        return tuple(sorted({*LEVELS, self.service_level}))

    def mean_s(self, step: int) -> float:
        """Mean real work of an operation."""
        low, high = self.steps[step].run_s
        ratios = [ratio for machine in self.ratios[step] for ratio in machine]
        return (low + high) / 2 * sum(ratios) / len(ratios)

    @property
    def rate(self) -> float:
        """Orders an open second at which the busiest step has the wanted load."""
        broken = self.demand.breakdowns
        up = broken.every_h / (broken.every_h + broken.repair_h)
        most = max((self.mean_s(step) + max(self.setups[step][-1]) / 2) / len(machines) for step, machines in enumerate(self.machines))
        return self.demand.load_percent / 100 * up / most


@dataclass(frozen=True)
class World:
    """One replication."""

    floor: Floor
    variants: tuple[Variant, ...]
    orders: tuple[Order, ...]
    downs: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]
    """Breakdowns by step and machine."""
    seed: str


def floor_of(plant: Plant, demand: Demand = STANDARD, log: Sequence[Observed] = (), seed: int = 1) -> Floor:
    """The simulated floor. ``log``: durations of a real shop, in any order.

    Half of them, drawn, teach the planner; the other half are what the simulated operations meet. Raises InvalidInput for a routing
    that names a group which the plant does not have.
    """
    steps = demand.routing or tuple(Step(group=group, run_s=(1200, 2400)) for group in plant.groups)
    for number, step in enumerate(steps):
        if step.group not in plant.groups:
            raise InvalidInput(errors=(FieldProblem(f"/routing/{number}/group", "scheduler.source.no-group", {"name": step.group}),))
    machines = tuple(plant.machines_of[step.group] for step in steps)
    names = [f"family {number}" for number in range(demand.families)]
    setups = tuple(
        tuple(tuple(float(plant.setup_s(step.group, before, after)) for after in names) for before in (*names, None)) for step in steps
    )
    chance = Random(f"{seed} floor")  # noqa: S311 - a repeatable play, no secret
    taught, met = _from_log(log, machines, chance) if log else _drawn(demand, machines, chance)
    observed = [
        Observed(work_of(number, machine), 10_000, max(1, round(10_000 * ratio)))
        for number, each in enumerate(taught)
        for machine, ratios in enumerate(each)
        for ratio in ratios
    ]
    return Floor(
        demand=demand,
        steps=steps,
        machines=machines,
        setups=setups,
        power_w=tuple(float(plant.groups[step.group].power_w) for step in steps),
        ratios=met,
        learned=learn(observed),
        service_level=plant.planning.service_level_percent,
    )


def work_of(step: int, machine: int) -> Work:
    """By which name an operation's time is learned."""
    return Work("run", f"step {step}", f"machine {machine}")


def _drawn(demand: Demand, machines: Sequence[Sequence[str]], chance: Random) -> tuple[Ratios, Ratios]:
    """Durations to learn from and to meet, lognormal about each machine's own median."""
    spread, bias = demand.durations.spread / 100, demand.durations.machine_bias / 100
    medians = [[exp(chance.gauss(0, bias)) for _ in each] for each in machines]

    def some(count: int) -> Ratios:
        return tuple(tuple(tuple(median * exp(chance.gauss(0, spread)) for _ in range(count)) for median in each) for each in medians)

    return some(demand.durations.reports), some(2000)


def _from_log(log: Sequence[Observed], machines: Sequence[Sequence[str]], chance: Random) -> tuple[Ratios, Ratios]:
    """The log's best known operations, each on its best known machines, in the place of the steps.

    A duration counts over the median of its operation on all machines in the half to learn from: that is the plant's figure.
    """
    halves: list[dict[str, dict[str, list[float]]]] = [{}, {}]
    shuffled = sorted(log, key=lambda each: (each.work, each.at_s, each.took_s))
    chance.shuffle(shuffled)
    for number, each in enumerate(shuffled):
        halves[number % 2].setdefault(each.work.operation, {}).setdefault(each.work.machine, []).append(float(each.took_s))
    known = sorted(halves[0], key=lambda name: (-sum(map(len, halves[0][name].values())), name))
    taught: list[tuple[tuple[float, ...], ...]] = []
    met: list[tuple[tuple[float, ...], ...]] = []
    for number, beside in enumerate(machines):
        name = known[number % len(known)]
        figure = sorted(value for values in halves[0][name].values() for value in values)
        middle = figure[len(figure) // 2]
        there = sorted(
            (machine for machine in halves[0][name] if halves[1].get(name, {}).get(machine)), key=lambda m: (-len(halves[0][name][m]), m)
        )
        names = [there[place % len(there)] for place in range(len(beside))]
        taught.append(tuple(tuple(value / middle for value in halves[0][name][machine]) for machine in names))
        met.append(tuple(tuple(value / middle for value in halves[1][name][machine]) for machine in names))
    return tuple(taught), tuple(met)


def world_of(floor: Floor, open_s: float, day_s: float, seed: str) -> World:
    """One replication of so many open seconds; ``day_s``: open seconds of an average day."""
    demand = floor.demand
    chance = Random(f"{seed} variants")  # noqa: S311 - a repeatable play, no secret
    weights = [1 / (rank + 1) ** demand.popularity for rank in range(demand.variants)]
    variants = tuple(
        Variant(chance.randrange(demand.families), tuple(chance.uniform(*step.run_s) for step in floor.steps), weight / sum(weights))
        for weight in weights
    )
    return World(floor, variants, tuple(_orders(floor, variants, open_s, day_s, seed)), _downs(floor, open_s, seed), seed)


def _orders(floor: Floor, variants: Sequence[Variant], open_s: float, day_s: float, seed: str) -> list[Order]:
    """A Poisson stream whose rate swings with the season (thinning; Lewis and Shedler 1979)."""
    demand, chance = floor.demand, Random(f"{seed} orders")  # noqa: S311 - a repeatable play, no secret
    shares = list(accumulate(variant.share for variant in variants))
    swing, at_s, orders = demand.season_percent / 100, 0.0, list[Order]()
    most = floor.rate * (1 + swing)
    while True:
        at_s += chance.expovariate(most)
        if at_s >= open_s:
            return orders
        taken = chance.random() * (1 + swing) <= 1 + swing * sin(2 * pi * at_s / (28 * day_s))
        number = min(len(variants) - 1, bisect_right(shares, chance.random()))
        luck = tuple(chance.random() for _ in floor.steps)
        wished = chance.uniform(*demand.wished_days)
        if taken:
            variant = variants[number]
            orders.append(Order(len(orders), at_s, number, variant.family, variant.figures, luck, wished))


def _downs(floor: Floor, open_s: float, seed: str) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
    broken = floor.demand.breakdowns

    def of(step: int, machine: int) -> tuple[tuple[float, float], ...]:
        chance = Random(f"{seed} down {step} {machine}")  # noqa: S311 - a repeatable play, no secret
        at_s, found = 0.0, []
        while at_s < open_s:
            at_s += chance.expovariate(1 / (broken.every_h * 3600))
            up_s = at_s + chance.expovariate(1 / (broken.repair_h * 3600))
            found.append((at_s, up_s))
            at_s = up_s
        return tuple(found)

    return tuple(tuple(of(step, machine) for machine in range(len(each))) for step, each in enumerate(floor.machines))
