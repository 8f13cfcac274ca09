"""How are a family's measures spread among real bodies? From the statistics of a survey, as the family takes each measure from it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from configurator.engine.bodies import surveyed
from configurator.engine.expressions import dimensions_of
from configurator.engine.family.family import Family
from configurator.engine.finding import Finding, finding
from configurator.engine.product import Product, Valued, valued
from contracts.model import Contract

TAPE = 0.02
"""Whoever measures at home is out by so much (standard deviation, of the measure); the survey's trained staff was not."""
NUDGE = 0.1
"""By so much of a column a measure is looked at around the mean body, to see how it follows the column."""


class GroupStatistics(Contract):
    """Mean and covariance (lower triangle) of the natural logarithms of the columns."""

    people: int
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]


class BodyStatistics(Contract):
    """A survey of bodies in short: nobody's row is in it. Lengths in millimetres."""

    source: str
    made_by: str
    columns: tuple[str, ...]
    groups: dict[str, GroupStatistics]


@dataclass(frozen=True)
class Spread:
    """Of the logarithms of a family's measures in one group of people."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


class BodyModel:
    """The joint distribution of a family's measures; of those that the statistics have no columns for it knows nothing."""

    def __init__(self, family: Family, statistics: BodyStatistics) -> None:
        columns = frozenset(statistics.columns)
        known = {each.name: valued(survey) for each, survey in surveyed(family) if dimensions_of(survey) <= columns}
        self._places = {name: place for place, name in enumerate(known)}
        self._groups = tuple(_spread(list(known.values()), statistics.columns, each) for each in statistics.groups.values())

    def knows(self, name: str) -> bool:
        return name in self._places

    def apart(self, name: str, value: int, others: Mapping[str, int]) -> float:
        """How far the measure is from what the others lead to expect, in standard deviations, in the group that it goes with best.

        Nothing for a measure of which nothing is known; measures of nothing or less are infinitely far.
        """
        if name not in self._places:
            return 0.0
        if value <= 0:
            return inf
        given = [(self._places[other], log(number)) for other, number in others.items() if other in self._places and number > 0]
        return min(_apart(group, self._places[name], log(value), given) for group in self._groups)


def unmodelled(family: Family, columns: Collection[str]) -> Iterator[Finding]:
    """Measures that name a column which the statistics do not have: nobody is asked whether they are plausible."""
    for dimension, survey in surveyed(family):
        for column in sorted(dimensions_of(survey) - frozenset(columns)):
            yield finding(dimension.line, "measure_unmodelled", "warning", name=dimension.name, missing=column)


def _spread(measures: list[Valued], columns: tuple[str, ...], group: GroupStatistics) -> Spread:
    """The measures follow the columns as they do around the mean body."""
    mean_body = dict(zip(columns, np.exp(group.mean), strict=True))

    def at(column: str | None = None, factor: float = 1.0) -> NDArray[np.float64]:
        body = {name: round(number * (factor if name == column else 1.0)) for name, number in mean_body.items()}
        return np.log([max(measure(Product({}, body)), 1) for measure in measures])

    step = log(1 + NUDGE) - log(1 - NUDGE)
    follows = np.array([(at(column, 1 + NUDGE) - at(column, 1 - NUDGE)) / step for column in columns]).T.reshape(-1, len(columns))
    lower = np.array([[*row, *[0.0] * (len(columns) - len(row))] for row in group.covariance])
    covariance = lower + np.tril(lower, -1).T
    return Spread(at(), follows @ covariance @ follows.T + TAPE**2 * np.eye(len(measures)))


def _apart(group: Spread, place: int, value: float, given: list[tuple[int, float]]) -> float:
    """By the distribution of one measure under the condition of the others."""
    places = [other for other, _ in given]
    between = group.covariance[place, places]
    weights = np.linalg.solve(group.covariance[np.ix_(places, places)], between)
    expected = group.mean[place] + weights @ (np.array([number for _, number in given]) - group.mean[places])
    return float(abs(value - expected) / np.sqrt(group.covariance[place, place] - weights @ between))
