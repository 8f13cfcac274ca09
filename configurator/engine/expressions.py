"""What a rule, a price or a quantity says: a small closed language of whole numbers and option tests, as a tree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True)
class Number:
    """A whole number."""

    value: int


@dataclass(frozen=True)
class Dimension:
    """The value of a dimension."""

    name: str


@dataclass(frozen=True)
class Fact:
    """A fact of an option's chosen values: 0 when nothing is chosen, the sum when several are."""

    option: str
    name: str
    by_value: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Count:
    """How many values of an option are chosen."""

    option: str


@dataclass(frozen=True)
class Arithmetic:
    operator: Literal["+", "-", "*"]
    left: "Numeric"
    right: "Numeric"


@dataclass(frozen=True)
class Quotient:
    """Floor division by a constant other than 0."""

    dividend: "Numeric"
    divisor: int


@dataclass(frozen=True)
class Extreme:
    which: Literal["min", "max"]
    items: "tuple[Numeric, ...]"


@dataclass(frozen=True)
class Absolute:
    item: "Numeric"


@dataclass(frozen=True)
class Conditional:
    condition: "Condition"
    then: "Numeric"
    otherwise: "Numeric"


@dataclass(frozen=True)
class Truth:
    value: bool


@dataclass(frozen=True)
class Chosen:
    """Whether the option's chosen values include one of these."""

    option: str
    values: frozenset[str]


@dataclass(frozen=True)
class Comparison:
    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    left: "Numeric"
    right: "Numeric"


@dataclass(frozen=True)
class Junction:
    operator: Literal["and", "or"]
    items: "tuple[Condition, ...]"


@dataclass(frozen=True)
class Not:
    item: "Condition"


Numeric = Number | Dimension | Fact | Count | Arithmetic | Quotient | Extreme | Absolute | Conditional
Condition = Truth | Chosen | Comparison | Junction | Not
Expression = Numeric | Condition

NUMERIC = (Number, Dimension, Fact, Count, Arithmetic, Quotient, Extreme, Absolute, Conditional)


def parts(expression: Expression) -> Iterator[Expression]:
    """The expression and everything inside it."""
    yield expression
    for each in fields(expression):
        value = getattr(expression, each.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Expression):
                yield from parts(item)


def dimensions_of(expression: Expression) -> frozenset[str]:
    return frozenset(part.name for part in parts(expression) if isinstance(part, Dimension))


def options_of(expression: Expression) -> frozenset[str]:
    return frozenset(part.option for part in parts(expression) if isinstance(part, Fact | Count | Chosen))


def numeric_with(expression: Numeric, replacement: Mapping[str, Numeric]) -> Numeric:
    """The expression with dimensions replaced by what they stand for."""
    match expression:
        case Dimension(name):
            return replacement.get(name, expression)
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, numeric_with(left, replacement), numeric_with(right, replacement))
        case Quotient(dividend, divisor):
            return Quotient(numeric_with(dividend, replacement), divisor)
        case Extreme(which, items):
            return Extreme(which, tuple(numeric_with(item, replacement) for item in items))
        case Absolute(item):
            return Absolute(numeric_with(item, replacement))
        case Conditional(condition, then, otherwise):
            return Conditional(
                condition_with(condition, replacement), numeric_with(then, replacement), numeric_with(otherwise, replacement)
            )
        case Number() | Fact() | Count():
            return expression


def condition_with(expression: Condition, replacement: Mapping[str, Numeric]) -> Condition:
    """The condition with dimensions replaced by what they stand for."""
    match expression:
        case Comparison(operator, left, right):
            return Comparison(operator, numeric_with(left, replacement), numeric_with(right, replacement))
        case Junction(operator, items):
            return Junction(operator, tuple(condition_with(item, replacement) for item in items))
        case Not(item):
            return Not(condition_with(item, replacement))
        case Truth() | Chosen():
            return expression
