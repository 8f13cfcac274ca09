"""How long do an operation and a setup really take on a machine, in a material, going by what was reported?

The figure of the plant is what the family's routing says (a setup: what the plant's file says). Learned is a factor on it, so that pieces
of every size teach the same thing. From coarse to fine: the operation anywhere, on one machine, on that machine in one material.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import NormalDist, median
from typing import Literal, NamedTuple

ENOUGH = 8
"""Reports that something is learned from; with fewer the coarser figure stands."""
CREDIBLE = 10
"""Reports that weigh as much as what is known without them."""
FAR = 3.5
"""Robust standard deviations from the median beyond which a value is no duration but a forgotten stop or start."""
TO_SIGMA = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""
LEAST_SIGMA = 0.2
"""Less spread than this is not believed when values are put aside: nothing within a factor of two of the median is."""
UPPER = NormalDist().cdf(1.0)
"""The quantile one standard deviation above the median."""

Kind = Literal["run", "setup"]


class Work(NamedTuple):
    """Whose time is learned. An empty machine or material: any of them."""

    kind: Kind
    operation: str
    """The routing step's name; of a setup the machine group."""
    machine: str = ""
    material: str = ""
    """The setup family: the fabric, colour or sheet that the machine is set up for."""

    @property
    def coarser(self) -> "Work | None":
        if self.material:
            return self._replace(material="")
        return self._replace(machine="") if self.machine else None


@dataclass(frozen=True, slots=True)
class Observed:
    """One reported duration."""

    work: Work
    """With machine and material."""
    figure_s: int
    """What the plant's own figures say of it, on that machine."""
    took_s: int
    """Working time."""
    at_s: int = 0
    """When it ended."""


@dataclass(frozen=True, slots=True)
class LearnedTime:
    """What the reports of one kind of work teach."""

    factor: float
    """Median duration over the plant's figure."""
    spread: float
    """Standard deviation of the logarithm of the duration, as its upper half has it."""
    sample: int
    """Reports that it rests on."""
    aside: int = 0
    """Reports put aside as too far from all others."""
    figure_s: int = 0
    """Median of the plant's figures for that work."""
    since_s: int = 0
    """End of the first report."""

    def quantile(self, percent: float) -> float:
        """The factor below which this share of durations stays."""
        return self.factor * exp(self.spread * NormalDist().inv_cdf(percent / 100))


FIGURE = LearnedTime(factor=1.0, spread=0.0, sample=0)
"""What is known without reports: the plant's own figure."""


def learn(observed: Iterable[Observed]) -> dict[Work, LearnedTime]:
    """Factor and spread of each kind of work with reports enough; the order of the reports does not matter.

    Location is the median and scale the distance of the median from the quantile one standard deviation above it, both of logarithms.
    Values whose modified z-score is over 3.5 are put aside (Iglewicz and Hoaglin, *How to Detect and Handle Outliers*, 1993). What few
    reports say is drawn to what the coarser kind says, with credibility n / (n + k) (Bühlmann and Gisler, *A Course in Credibility Theory
    and its Applications*, 2005, ch. 6, hierarchical).
    """
    groups: defaultdict[Work, list[Observed]] = defaultdict(list)
    for each in observed:
        if each.figure_s > 0 and each.took_s > 0:
            work: Work | None = each.work
            while work is not None:
                groups[work].append(each)
                work = work.coarser
    learned: dict[Work, LearnedTime] = {}
    for work in sorted(groups, key=lambda work: (bool(work.machine), bool(work.material), work)):
        own = _own(groups[work])
        if own is not None:
            learned[work] = _drawn(own, known(learned, work.coarser))
    return learned


def known(learned: Mapping[Work, LearnedTime], work: Work | None) -> LearnedTime:
    """The finest that is known of the work."""
    while work is not None:
        if work in learned:
            return learned[work]
        work = work.coarser
    return FIGURE


def _own(observed: Sequence[Observed]) -> LearnedTime | None:
    """What the reports say by themselves; None when too few are left."""
    kept = _without_far(observed)
    if len(kept) < ENOUGH:
        return None
    logs = sorted(log(each.took_s / each.figure_s) for each in kept)
    middle = median(logs)
    return LearnedTime(
        factor=exp(middle),
        spread=quantile_of(logs, UPPER) - middle,
        sample=len(kept),
        aside=len(observed) - len(kept),
        figure_s=round(median(each.figure_s for each in kept)),
        since_s=min(each.at_s for each in kept),
    )


def _without_far(observed: Sequence[Observed]) -> list[Observed]:
    logs = [log(each.took_s / each.figure_s) for each in observed]
    middle = median(logs)
    sigma = max(LEAST_SIGMA, TO_SIGMA * median(abs(value - middle) for value in logs))
    return [each for each, value in zip(observed, logs, strict=True) if abs(value - middle) <= FAR * sigma]


def _drawn(own: LearnedTime, coarser: LearnedTime) -> LearnedTime:
    """The own figures drawn to the coarser ones, the more the fewer reports there are."""
    weight = own.sample / (own.sample + CREDIBLE)
    return LearnedTime(
        factor=exp(weight * log(own.factor) + (1 - weight) * log(coarser.factor)),
        spread=weight * own.spread + (1 - weight) * coarser.spread,
        sample=own.sample,
        aside=own.aside,
        figure_s=own.figure_s,
        since_s=own.since_s,
    )


def quantile_of(ordered: Sequence[float], share: float) -> float:
    """The share's quantile of sorted values, between two of them in proportion (Hyndman and Fan 1996, definition 7)."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
