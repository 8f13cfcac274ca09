"""How much of the tolerance does a machine use up? Indices of capability with what they are worth.

Each value counts as its place between its own piece's limits (``normalising.place``), so that pieces of any size count alike;
values of unlike characteristics are never put together. Within-deviation from moving ranges of two (ISO 22514-2; d2 = 1.128).
Interval of Cpk: Bissell, "How reliable is your capability index?", Applied Statistics 39(3), 1990.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from statistics import NormalDist, fmean, stdev

from contracts.model import Contract

D2 = 1.128
"""Mean moving range of two standard normal values."""
CONFIDENCE = 0.95
FEWEST = 25
"""Values below which an index is said to be of little worth (ISO 22514-2 asks for more still)."""


class Capability(Contract):
    """``cpk`` within, ``ppk`` over all; ``low`` and ``high`` bound ``cpk`` at 95 %. None: every value was the same."""

    count: int
    mean: float
    """Place between the limits: 0.5 is the middle."""
    cp: float | None
    cpk: float | None
    low: float | None
    high: float | None
    ppk: float | None
    enough: bool


def capability(places: Sequence[float], *, one_sided: bool) -> Capability:
    """Of two or more values. ``one_sided``: no value can be below its lower limit, so that the upper one alone counts."""
    mean = fmean(places)
    within = fmean(abs(after - before) for before, after in pairwise(places)) / D2
    overall = stdev(places)
    room = 1 - mean if one_sided else min(mean, 1 - mean)
    cpk = room / (3 * within) if within > 0 else None
    spread = None if cpk is None else _half_width(cpk, len(places))
    return Capability(
        count=len(places),
        mean=mean,
        cp=None if one_sided or within <= 0 else 1 / (6 * within),
        cpk=cpk,
        low=None if cpk is None or spread is None else cpk - spread,
        high=None if cpk is None or spread is None else cpk + spread,
        ppk=room / (3 * overall) if overall > 0 else None,
        enough=len(places) >= FEWEST,
    )


def _half_width(cpk: float, count: int) -> float:
    quantile = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    return quantile * sqrt(1 / (9 * count) + cpk**2 / (2 * (count - 1)))
