"""For which combinations of choices and numbers a comparison holds: its truth over the whole grid, computed at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configurator.engine.expressions import (
    Absolute,
    Arithmetic,
    Chosen,
    Comparison,
    Condition,
    Conditional,
    Count,
    Dimension,
    Expression,
    Extreme,
    Fact,
    Junction,
    Not,
    Number,
    Numeric,
    Quotient,
    Truth,
    dimensions_of,
    options_of,
    parts,
)
from configurator.engine.family import family as families
from configurator.engine.product import Product

MOST_COMBINATIONS = 4_000_000
LARGEST = 2**62

Truths = NDArray[np.bool_]


class TooFine(Exception):
    """The comparison has more combinations, or larger numbers, than are checked."""


@dataclass(frozen=True)
class ChoiceAxis:
    """An option of which at most one value is chosen: values that the comparison cannot tell apart stand together.

    The empty text stands for no value.
    """

    option: str
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FlagAxis:
    """One value of an option with several: not chosen, chosen."""

    option: str
    value: str


@dataclass(frozen=True)
class NumberAxis:
    """A dimension, over its domain."""

    dimension: str
    domain: range


Axis = ChoiceAxis | FlagAxis | NumberAxis


@dataclass(frozen=True)
class Grid:
    """The truth of a comparison; one array axis each of ``axes``."""

    axes: tuple[Axis, ...]
    truths: Truths


def grid_of(comparison: Condition, options: Mapping[str, families.Option], dimensions: Mapping[str, families.Dimension]) -> Grid:
    """The comparison's truth for every combination of what it speaks of. Raises TooFine."""
    axes = axes_of(comparison, options, dimensions)
    truths = np.broadcast_to(np.asarray(_Evaluation(axes).condition(comparison)), [_length(axis) for axis in axes])
    return Grid(axes, truths)


def axes_of(
    expression: Expression, options: Mapping[str, families.Option], dimensions: Mapping[str, families.Dimension]
) -> tuple[Axis, ...]:
    """What the expression speaks of: options first, then dimensions, small domains before large. Raises TooFine."""
    axes: list[Axis] = []
    for name in sorted(options_of(expression)):
        option = options[name]
        if option.single:
            axes.append(ChoiceAxis(name, _groups(expression, option)))
        else:
            axes.extend(FlagAxis(name, value) for value in option.values if _mentions(expression, name, value))
    names = sorted(dimensions_of(expression), key=lambda name: (len(dimensions[name].domain), name))
    axes.extend(NumberAxis(name, dimensions[name].domain) for name in names)
    if prod(_length(axis) for axis in axes) > MOST_COMBINATIONS:
        raise TooFine
    return tuple(axes)


def _length(axis: Axis) -> int:
    match axis:
        case ChoiceAxis(groups=groups):
            return len(groups)
        case FlagAxis():
            return 2
        case NumberAxis(domain=domain):
            return len(domain)


def _groups(expression: Expression, option: families.Option) -> tuple[tuple[str, ...], ...]:
    """The option's values by what the expression can tell of them."""
    leaves = [part for part in parts(expression) if isinstance(part, Fact | Count | Chosen) and part.option == option.name]
    found: dict[tuple[int, ...], list[str]] = {}
    for value in (*option.values, *(("",) if option.fewest == 0 else ())):
        found.setdefault(tuple(_leaf(leaf, (value,) if value else ()) for leaf in leaves), []).append(value)
    return tuple(tuple(group) for group in found.values())


def _leaf(leaf: Fact | Count | Chosen, chosen: Sequence[str]) -> int:
    match leaf:
        case Fact(by_value=by_value):
            return sum(number for value, number in by_value if value in chosen)
        case Count():
            return len(chosen)
        case Chosen(values=values):
            return int(not values.isdisjoint(chosen))


def _mentions(expression: Expression, option: str, value: str) -> bool:
    for part in parts(expression):
        match part:
            case Chosen(name, values) if name == option and value in values:
                return True
            case Fact(name, _, by_value) if name == option and dict(by_value)[value]:
                return True
            case Count(name) if name == option:
                return True
    return False


def along(condition: Condition, product: Product, name: str, domain: range) -> Truths:
    """For which values of one dimension the condition holds when everything else is as in the product."""
    found = np.asarray(_Line(product, name, domain).condition(condition))
    return np.broadcast_to(found, (len(domain),))


class _Evaluation:
    """Expressions as arrays over the axes."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._axes = axes

    def _along(self, place: int, content: Any) -> NDArray[Any]:
        shape = [1] * len(self._axes)
        array = np.asarray(content)
        shape[place] = len(array)
        return array.reshape(shape)

    def leaf(self, leaf: Fact | Count | Chosen) -> NDArray[np.int64]:
        total: Any = np.int64(0)
        for place, axis in enumerate(self._axes):
            match axis:
                case ChoiceAxis(option, groups) if option == leaf.option:
                    total = total + self._along(place, [_leaf(leaf, group[:1] if group[0] else ()) for group in groups])
                case FlagAxis(option, value) if option == leaf.option:
                    total = total + self._along(place, [0, _leaf(leaf, (value,))])
        return np.asarray(total, dtype=np.int64)

    def dimension(self, name: str) -> NDArray[np.int64]:
        for place, axis in enumerate(self._axes):
            if isinstance(axis, NumberAxis) and axis.dimension == name:
                return self._along(place, np.arange(axis.domain.start, axis.domain.stop, axis.domain.step, dtype=np.int64))
        raise KeyError(name)

    def number(self, expression: Numeric) -> NDArray[np.int64]:
        match expression:
            case Number(value):
                return _safe(value)
            case Dimension(name):
                return self.dimension(name)
            case Fact() | Count():
                return self.leaf(expression)
            case Arithmetic(operator, left, right):
                return _computed(operator, self.number(left), self.number(right))
            case Quotient(dividend, divisor):
                return self.number(dividend) // np.int64(divisor)
            case Extreme(which, items):
                arrays = [self.number(item) for item in items]
                choose = np.minimum if which == "min" else np.maximum
                found = arrays[0]
                for array in arrays[1:]:
                    found = choose(found, array)
                return found
            case Absolute(item):
                return np.abs(self.number(item))
            case Conditional(condition, then, otherwise):
                test = self.condition(condition)
                if test.ndim == 0:
                    return self.number(then if test else otherwise)
                return np.where(test, self.number(then), self.number(otherwise))

    def condition(self, expression: Condition) -> Truths:
        match expression:
            case Truth(value):
                return np.asarray(value, dtype=np.bool_)
            case Chosen():
                return self.leaf(expression) > 0
            case Comparison(operator, left, right):
                one, two = self.number(left), self.number(right)
                compare = {
                    "<": np.less,
                    "<=": np.less_equal,
                    ">": np.greater,
                    ">=": np.greater_equal,
                    "==": np.equal,
                    "!=": np.not_equal,
                }[operator]
                return np.asarray(compare(one, two), dtype=np.bool_)
            case Junction(operator, items):
                join = np.logical_and if operator == "and" else np.logical_or
                found: Truths = np.asarray(operator == "and")
                for item in items:
                    found = join(found, self.condition(item))
                    if found.ndim == 0 and found != (operator == "and"):
                        return found
                return found
            case Not(item):
                return np.logical_not(self.condition(item))


class _Line(_Evaluation):
    """Expressions along one dimension through a product."""

    def __init__(self, product: Product, name: str, domain: range) -> None:
        super().__init__(())
        self._product = product
        self._name = name
        self._domain = np.arange(domain.start, domain.stop, domain.step, dtype=np.int64)

    def leaf(self, leaf: Fact | Count | Chosen) -> NDArray[np.int64]:
        return np.asarray(_leaf(leaf, self._product.chosen[leaf.option]), dtype=np.int64)

    def dimension(self, name: str) -> NDArray[np.int64]:
        return self._domain if name == self._name else np.asarray(self._product.numbers[name], dtype=np.int64)


def _safe(value: int) -> NDArray[np.int64]:
    if abs(value) > LARGEST:
        raise TooFine
    return np.asarray(value, dtype=np.int64)


def _computed(operator: str, one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.int64]:
    most_one, most_two = int(np.abs(one).max()), int(np.abs(two).max())
    if (most_one * most_two if operator == "*" else most_one + most_two) > LARGEST:
        raise TooFine
    if operator == "+":
        return one + two
    return one - two if operator == "-" else one * two


def largest(expression: Numeric, options: Mapping[str, families.Option], dimensions: Mapping[str, families.Dimension]) -> int:
    """The largest value that the expression has, rules left aside. Raises TooFine."""
    axes = axes_of(expression, options, dimensions)
    return int(_Evaluation(axes).number(expression).max())
