"""How do the policies compare over many replications, and how sure is that?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, stdev

from scheduler.engine.results.axis import OpenAxis
from scheduler.engine.results.figures import BETTER, Window, figures_of, promises_of
from scheduler.engine.results.policy import KNOWING, ORDER_DRIVEN, UNLEARNED, Policy, policies_of
from scheduler.engine.results.simulation import run
from scheduler.engine.results.world import Floor, world_of

WARM_UP_WEEKS = 4
"""Before anything counts: the plant fills, and the planner learns how wrong it is."""
WIND_DOWN_WEEKS = 2
"""Orders go on coming after the last one that counts, so that it meets no empty plant."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over replications, with the interval that holds the true one in 95 % of cases (Student's t); one replication has none."""

    mean: float
    low: float | None
    high: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Interval":
        mean, count = fmean(values), len(values)
        if count < 2:
            return cls(mean, None, None)
        half = student_t(count - 1) * stdev(values) / sqrt(count)
        return cls(mean, mean - half, mean + half)

    @property
    def sure(self) -> bool:
        """Whether the true mean is surely not zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def student_t(freedom: int) -> float:
    """The quantile of Student's t for a two-sided 95 % interval (Cornish and Fisher 1937; exact for one and two degrees)."""
    if freedom <= 2:
        return 12.706 if freedom == 1 else 4.303
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    terms = (
        (z**3 + z) / (4 * freedom),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3),
    )
    return z + sum(terms)


@dataclass(frozen=True)
class Loss:
    """Where the order-driven plant is surely worse."""

    figure: str
    against: str
    difference: Interval


@dataclass(frozen=True)
class Results:
    """Everything by policy and figure; changes are paired, replication by replication, in per cent of the first policy."""

    orders: int
    figures: Mapping[str, Mapping[str, Interval]]
    changes: Mapping[str, Mapping[str, Interval]]
    promises: Mapping[str, Mapping[str, Interval]]
    """Of the planner that learned, of the one that knows the durations, and of the one that learned nothing."""
    quoted_ratio: Interval | None
    """Mean quoted lead time at the service level over that of the same planner who knows the durations."""
    losses: tuple[Loss, ...]


Progress = Callable[[int, int], None]


def compare(axis: OpenAxis, floor: Floor, weeks: int, replications: int, seed: int, progress: Progress) -> Results:
    """Every policy in the same worlds; ``axis`` is at least ``weeks_needed(weeks)`` long."""
    week_s = 7 * axis.day_s
    window = Window(WARM_UP_WEEKS * week_s, (WARM_UP_WEEKS + weeks) * week_s)
    policies = policies_of(floor.demand)
    figures: dict[str, list[dict[str, float]]] = {policy.name: [] for policy in policies}
    promises: dict[str, list[dict[str, float]]] = {policy.name: [] for policy in policies if policy.planner}
    orders = 0
    for number in range(replications):
        world = world_of(floor, window.to_s + WIND_DOWN_WEEKS * week_s, axis.day_s, f"{seed}/{number}")
        orders += sum(window.from_s <= order.at_s < window.to_s for order in world.orders)
        for place, policy in enumerate(policies):
            course = run(world, policy, axis.day_s)
            figures[policy.name].append(figures_of(axis, floor, course, window))
            if policy.planner:
                promises[policy.name].append(promises_of(axis, floor, course, window))
            progress(number * len(policies) + place + 1, replications * len(policies))
    return _compared(orders, policies, figures, promises)


def weeks_needed(weeks: int) -> int:
    """Weeks of calendar that a comparison of so many weeks needs; the last pieces take some more."""
    return WARM_UP_WEEKS + weeks + 2 * WIND_DOWN_WEEKS


def _compared(
    orders: int,
    policies: Sequence[Policy],
    figures: Mapping[str, Sequence[Mapping[str, float]]],
    promises: Mapping[str, Sequence[Mapping[str, float]]],
) -> Results:
    base, own = figures[policies[0].name], figures[ORDER_DRIVEN.name]
    shown = [policy.name for policy in policies if policy not in (KNOWING, UNLEARNED)]
    losses = [
        Loss(figure, name, difference)
        for name in shown
        if name != ORDER_DRIVEN.name
        for figure, more_is_better in BETTER.items()
        if (difference := _paired(own, figures[name], figure, lambda ours, theirs: ours - theirs)).sure
        and (difference.mean < 0) == more_is_better
    ]
    pairs = list(zip(promises[ORDER_DRIVEN.name], promises[KNOWING.name], strict=True))
    ratios = [ours["quoted_days"] / theirs["quoted_days"] for ours, theirs in pairs if ours and theirs]
    return Results(
        orders=orders,
        figures={name: _intervals(figures[name]) for name in shown},
        changes={name: {figure: _paired(figures[name], base, figure, _change_percent) for figure in BETTER} for name in shown[1:]},
        promises={name: _intervals([each for each in found if each]) for name, found in promises.items()},
        quoted_ratio=Interval.of(ratios) if ratios else None,
        losses=tuple(losses),
    )


def _change_percent(ours: float, theirs: float) -> float:
    return 100 * (ours / theirs - 1) if theirs else 0.0


def _intervals(found: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    names: Iterable[str] = found[0] if found else ()
    return {name: Interval.of([each[name] for each in found]) for name in names}


def _paired(
    ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]], figure: str, by: Callable[[float, float], float]
) -> Interval:
    return Interval.of([by(mine[figure], other[figure]) for mine, other in zip(ours, theirs, strict=True)])
