"""One product: the chosen values and numbers, and what an expression is worth for it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from operator import add, eq, ge, gt, le, lt, mul, ne, sub

from configurator.engine.expressions import (
    Absolute,
    Arithmetic,
    Chosen,
    Comparison,
    Condition,
    Conditional,
    Count,
    Dimension,
    Extreme,
    Fact,
    Junction,
    Not,
    Number,
    Numeric,
    Quotient,
    Truth,
)


@dataclass(frozen=True)
class Product:
    """``chosen``: option → chosen values in the file's order; ``numbers``: each chosen dimension's value, measures included."""

    chosen: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]

    @property
    def key(self) -> Hashable:
        """Equal for equal products of one family."""
        return tuple(self.chosen.items()), tuple(self.numbers.items())


Valued = Callable[[Product], int]
Tested = Callable[[Product], bool]

_COMPARE: Mapping[str, Callable[[int, int], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}
_COMPUTE: Mapping[str, Callable[[int, int], int]] = {"+": add, "-": sub, "*": mul}


def valued(expression: Numeric) -> Valued:
    """The function that gives the expression's value for a product."""
    match expression:
        case Number(value):
            return lambda product: value
        case Dimension(name):
            return lambda product: product.numbers[name]
        case Fact(option, _, by_value):
            table = dict(by_value)
            return lambda product: sum(table[value] for value in product.chosen[option])
        case Count(option):
            return lambda product: len(product.chosen[option])
        case Arithmetic(operator, left, right):
            compute, one, two = _COMPUTE[operator], valued(left), valued(right)
            return lambda product: compute(one(product), two(product))
        case Quotient(dividend, divisor):
            divided = valued(dividend)
            return lambda product: divided(product) // divisor
        case Extreme(which, items):
            each = [valued(item) for item in items]
            if which == "min":
                return lambda product: min(item(product) for item in each)
            return lambda product: max(item(product) for item in each)
        case Absolute(item):
            inner = valued(item)
            return lambda product: abs(inner(product))
        case Conditional(condition, then, otherwise):
            test, first, other = tested(condition), valued(then), valued(otherwise)
            return lambda product: first(product) if test(product) else other(product)


def tested(expression: Condition) -> Tested:
    """The function that tells whether the condition holds for a product."""
    match expression:
        case Truth(value):
            return lambda product: value
        case Chosen(option, values):
            return lambda product: not values.isdisjoint(product.chosen[option])
        case Comparison(operator, left, right):
            compare, one, two = _COMPARE[operator], valued(left), valued(right)
            return lambda product: compare(one(product), two(product))
        case Junction(operator, items):
            each = [tested(item) for item in items]
            if operator == "and":
                return lambda product: all(item(product) for item in each)
            return lambda product: any(item(product) for item in each)
        case Not(item):
            inner = tested(item)
            return lambda product: not inner(product)
