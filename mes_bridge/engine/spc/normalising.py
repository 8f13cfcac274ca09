"""How values of pieces with nominals and tolerances of their own become one sequence that a chart can show.

A value is taken as its place between its own limits, so that what is compared is how much of the tolerance a machine uses up. Places become
Q statistics (Quesenberry 1991, "SPC Q charts for start-up processes and short or long runs", Journal of Quality Technology 23(3), case UU:
mean and deviation unknown): self-starting, independent and standard normal from the third value on while nothing changes, with no period of
learning first.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import atan, cos, pi, sin, sqrt
from statistics import NormalDist

FURTHEST = 8.0
"""A Q statistic is shown no further out than this: beyond it the tail is smaller than arithmetic can tell."""
LARGE = 300
"""Degrees of freedom from which on the normal approximation is good to six digits."""
_NORMAL = NormalDist()


def place(value: int, lower: int, upper: int) -> float:
    """Where a value lies between its limits: 0 at the lower, 1 at the upper one. ``lower`` < ``upper``, all in one unit."""
    return (value - lower) / (upper - lower)


def q_statistics(values: Iterable[float]) -> Iterator[float | None]:
    """For each value its Q statistic; None for the first two, and while all values before were equal."""
    mean, squares = 0.0, 0.0
    for count, value in enumerate(values):
        yield _q(value, count, mean, squares)
        step = value - mean
        mean += step / (count + 1)
        squares += step * (value - mean)


def latest_q_statistics(values: Sequence[float], most: int) -> tuple[list[float], int]:
    """The last Q statistics that there are, ``most`` at most, and how many there are in all: as ``q_statistics`` has them."""
    mean, squares, there, latest = 0.0, 0.0, 0, []
    wanted_from = len(values) - most
    for count, value in enumerate(values):
        if count >= 2 and squares > 0:
            there += 1
            if count >= wanted_from and (q := _q(value, count, mean, squares)) is not None:
                latest.append(q)
        step = value - mean
        mean += step / (count + 1)
        squares += step * (value - mean)
    return latest, there


def _q(value: float, count: int, mean: float, squares: float) -> float | None:
    """Of the value after ``count`` others with this mean and sum of squared deviations."""
    if count < 2 or squares <= 0:
        return None
    deviation = sqrt(squares / (count - 1))
    t = sqrt(count / (count + 1)) * (value - mean) / deviation
    tail = student_tail(abs(t), count - 1)
    q = FURTHEST if tail <= 0 else min(-_NORMAL.inv_cdf(tail), FURTHEST)
    return q if t >= 0 else -q


def student_tail(t: float, freedom: int) -> float:
    """P(T > t) of Student's distribution for t >= 0 (Abramowitz and Stegun 1964, 26.7.3, 26.7.4; from ``LARGE`` on 26.7.8)."""
    if freedom >= LARGE:
        return _NORMAL.cdf(-t * (1 - 1 / (4 * freedom)) / sqrt(1 + t * t / (2 * freedom)))
    angle = atan(t / sqrt(freedom))
    if freedom % 2:
        within = angle if freedom == 1 else angle + sin(angle) * cos(angle) * _series(cos(angle) ** 2, freedom, 2)
        return (1 - 2 * within / pi) / 2
    return (1 - sin(angle) * _series(cos(angle) ** 2, freedom, 1)) / 2


def _series(square: float, freedom: int, first: int) -> float:
    """1 + (first/(first+1))·s + (first·(first+2)/((first+1)·(first+3)))·s² + … up to the power that the freedom gives."""
    total = term = 1.0
    for numerator in range(first, freedom - 2, 2):
        term *= square * numerator / (numerator + 1)
        total += term
        if term < total * 1e-17:
            break
    return total
