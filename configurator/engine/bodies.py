"""Which measures has a surveyed body? From the survey's columns, as the family says at each measure."""

from collections.abc import Mapping

from configurator.engine.expressions import Numeric, dimensions_of
from configurator.engine.family.family import Dimension, Family
from configurator.engine.product import Product, valued


def survey_columns(family: Family) -> frozenset[str]:
    """The columns that the family needs; none for one that is not made to bodies."""
    return frozenset(column for _, survey in surveyed(family) for column in dimensions_of(survey))


def measures_of(family: Family, body: Mapping[str, int]) -> dict[str, int]:
    """Measure → millimetres, the nearest that the measure has a step for; whether it is in the measure's range is not asked."""
    row = Product({}, body)
    return {dimension.name: in_steps(valued(survey)(row), dimension) for dimension, survey in surveyed(family)}


def surveyed(family: Family) -> list[tuple[Dimension, Numeric]]:
    """The measures of a body, each with how a survey's columns give it."""
    return [(dimension, dimension.survey) for dimension in family.dimensions.values() if dimension.survey is not None]


def in_steps(number: int, dimension: Dimension) -> int:
    return dimension.low + (2 * (number - dimension.low) + dimension.step) // (2 * dimension.step) * dimension.step
