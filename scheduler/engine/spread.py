"""How much longer than planned may a whole routing take, so that the wanted share of pieces is in time?"""

from collections.abc import Iterable
from math import exp, log, sqrt
from statistics import NormalDist

from scheduler.engine.learning import LearnedTime

Duration = tuple[float, float]
"""Mean and variance, in seconds and their square."""


def duration_of(planned_s: float, time: LearnedTime) -> Duration:
    """Of an operation whose median is planned: a lognormal duration with the learned spread."""
    mean = planned_s * exp(time.spread**2 / 2)
    return mean, mean**2 * (exp(time.spread**2) - 1)


def beyond_s(durations: Iterable[Duration], planned_s: float, percent: float) -> int:
    """Seconds by which the sum of independent durations exceeds ``planned_s`` in all but the share of cases; 0 without spread.

    The sum is taken as lognormal with the sum's mean and variance (Fenton, *The sum of log-normal probability distributions in scatter
    transmission systems*, 1960).
    """
    mean = variance = 0.0
    for each_mean, each_variance in durations:
        mean, variance = mean + each_mean, variance + each_variance
    if variance <= 0 or mean <= 0:
        return 0
    sigma2 = log(1 + variance / mean**2)
    quantile = exp(log(mean) - sigma2 / 2 + sqrt(sigma2) * NormalDist().inv_cdf(percent / 100))
    return max(0, round(quantile - planned_s))
