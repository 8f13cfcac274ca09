"""Which points of a chart are alarms? Rules of runs on standardised values.

Western Electric: Statistical Quality Control Handbook, 1956. Nelson: "The Shewhart control chart - tests for special causes", Journal of
Quality Technology 16(4), 1984. EWMA: Lucas and Saccucci, Technometrics 32(1), 1990, smoothing 0.2 and limit 2.962 for 500 points between
false alarms.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import copysign, sqrt

SMOOTHING = 0.2
EWMA_LIMIT = 2.962
EWMA_RULE = "ewma"

Rule = Callable[[Sequence[float], int], bool]
"""Whether the rule is met by the values up to and with the one at an index."""


def _beyond(limit: float, enough: int, of: int, *, above: bool = False) -> Rule:
    """``enough`` of the last ``of`` beyond ``limit`` on one side, the last one among them; ``above``: the upper side alone."""

    def met(values: Sequence[float], at: int) -> bool:
        if at + 1 < of or abs(values[at]) <= limit or (above and values[at] < 0):
            return False
        side = copysign(1, values[at])
        return sum(value * side > limit for value in values[at + 1 - of : at + 1]) >= enough

    return met


def _one_side(count: int) -> Rule:
    def met(values: Sequence[float], at: int) -> bool:
        last = values[max(0, at + 1 - count) : at + 1]
        return len(last) == count and (all(value > 0 for value in last) or all(value < 0 for value in last))

    return met


def _trend(count: int) -> Rule:
    """``count`` points each higher, or each lower, than the one before."""

    def met(values: Sequence[float], at: int) -> bool:
        last = values[max(0, at + 1 - count) : at + 1]
        rises = [after > before for before, after in pairwise(last)]
        falls = [after < before for before, after in pairwise(last)]
        return len(last) == count and (all(rises) or all(falls))

    return met


def _alternating(count: int) -> Rule:
    def met(values: Sequence[float], at: int) -> bool:
        last = values[max(0, at + 1 - count) : at + 1]
        steps = [after - before for before, after in pairwise(last)]
        return len(last) == count and all(one * other < 0 for one, other in pairwise(steps))

    return met


def _all_within(count: int) -> Rule:
    """``count`` points hug the middle: the limits are too wide, or the values are a mixture."""

    def met(values: Sequence[float], at: int) -> bool:
        last = values[max(0, at + 1 - count) : at + 1]
        return len(last) == count and all(abs(value) < 1 for value in last)

    return met


def _all_outside(count: int) -> Rule:
    def met(values: Sequence[float], at: int) -> bool:
        last = values[max(0, at + 1 - count) : at + 1]
        return len(last) == count and all(abs(value) > 1 for value in last)

    return met


RULES: Mapping[str, Rule] = {
    "western_electric_1": _beyond(3, 1, 1),
    "western_electric_2": _beyond(2, 2, 3),
    "western_electric_3": _beyond(1, 4, 5),
    "western_electric_4": _one_side(8),
    "nelson_2": _one_side(9),
    "nelson_3": _trend(6),
    "nelson_4": _alternating(14),
    "nelson_7": _all_within(15),
    "nelson_8": _all_outside(8),
}
"""Nelson's rules 1, 5 and 6 are Western Electric's 1, 2 and 3."""


ONE_SIDED: Mapping[str, Rule] = {
    "western_electric_1": _beyond(3, 1, 1, above=True),
    "western_electric_2": _beyond(2, 2, 3, above=True),
    "western_electric_3": _beyond(1, 4, 5, above=True),
}
"""Where no value can be below the lower limit: values crowd there while all is well, so that runs and the lower side say nothing."""


def alarms(values: Sequence[float], rules: Mapping[str, Rule] = RULES) -> list[tuple[str, ...]]:
    """For each value the rules that it makes true."""
    return [_alarm(values, rules, at) for at in range(len(values))]


def latest_alarm(values: Sequence[float], rules: Mapping[str, Rule] = RULES) -> tuple[str, ...]:
    """The rules that the last value makes true."""
    return _alarm(values, rules, len(values) - 1)


def _alarm(values: Sequence[float], rules: Mapping[str, Rule], at: int) -> tuple[str, ...]:
    return tuple(name for name, rule in rules.items() if rule(values, at))


def ewma(values: Sequence[float]) -> list[tuple[float, float]]:
    """For each value the smoothed one and its limit on both sides, which widens as the start is forgotten."""
    smoothed, found = 0.0, []
    for number, value in enumerate(values, 1):
        smoothed += SMOOTHING * (value - smoothed)
        found.append((smoothed, _limit(number)))
    return found


def latest_ewma(values: Sequence[float], number: int) -> tuple[float, float]:
    """The smoothed value and its limit after ``number`` values, of which ``values`` are the last: enough that older ones weigh nothing."""
    smoothed = 0.0
    for value in values:
        smoothed += SMOOTHING * (value - smoothed)
    return smoothed, _limit(number)


def _limit(number: int) -> float:
    return EWMA_LIMIT * sqrt(SMOOTHING / (2 - SMOOTHING) * (1 - (1 - SMOOTHING) ** (2 * number)))


def drifts(smoothed: float, limit: float, one_sided: bool) -> bool:
    """Whether a smoothed value is beyond its limit; ``one_sided``: no value can be below the lower limit, so that side says nothing."""
    return smoothed > limit or (smoothed < -limit and not one_sided)
