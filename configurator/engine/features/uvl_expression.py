"""What a constraint of UVL says, as a tree of its parts with names resolved, and written again with the model's own names."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

_PLAIN = re.compile(r"[^\W\d]\w*$")
_WORDS = frozenset(
    {
        "mandatory",
        "optional",
        "or",
        "alternative",
        "features",
        "constraints",
        "constraint",
        "cardinality",
        "namespace",
        "imports",
        "include",
    }
    | {"true", "false", "Boolean", "Integer", "Real", "String", "sum", "avg", "len", "floor", "ceil", "as"}
)
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
LOGIC = ("<=>", "=>", "|", "&")


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text, or a truth."""

    value: Fraction | str | bool
    column: int


@dataclass(frozen=True, slots=True)
class Named:
    """A feature, or one of its attributes: ``value`` is the attribute's where the feature is chosen."""

    feature: int
    column: int
    attribute: str = ""
    value: Fraction | str | bool | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """``sum`` or ``avg`` over the chosen ones among ``items``; ``within``: the feature below which they stand, 0 for none."""

    function: str
    attribute: str
    within: int
    items: "tuple[Named, ...]"
    column: int


@dataclass(frozen=True, slots=True)
class Applied:
    """``!``, ``-``, ``len``, ``floor`` or ``ceil`` of one thing."""

    function: str
    of: "Expression"
    column: int


@dataclass(frozen=True, slots=True)
class Operation:
    """Logic, comparison or arithmetic between two things."""

    sign: str
    left: "Expression"
    right: "Expression"
    column: int


Expression = Constant | Named | Gathered | Applied | Operation


def named_in(expression: Expression) -> Iterator[Named]:
    """Every feature and attribute that is spoken of, those that are gathered too."""
    waiting = [expression]
    while waiting:
        match waiting.pop():
            case Named() as named:
                yield named
            case Gathered(items=items):
                yield from items
            case Applied(of=of):
                waiting.append(of)
            case Operation(left=left, right=right):
                waiting += (left, right)


def written(expression: Expression, names: Sequence[str]) -> str:
    """The expression in UVL."""

    def say(part: Expression) -> str:
        match part:
            case Constant(value=bool(value)):
                return "true" if value else "false"
            case Constant(value=str(value)):
                return f"'{value}'"
            case Constant(value=value):
                return number_written(Fraction(value))
            case Named(feature=feature, attribute=attribute):
                return name_written(names[feature]) + (f".{name_written(attribute)}" if attribute else "")
            case Gathered(attribute=""):
                return f"{part.function}({', '.join(map(say, part.items))})"
            case Gathered():
                within = f", {name_written(names[part.within])}" if part.within else ""
                return f"{part.function}({name_written(part.attribute)}{within})"
            case Applied(function=("!" | "-") as sign):
                return f"{sign}({say(part.of)})"
            case Applied():
                return f"{part.function}({say(part.of)})"
            case Operation():
                return _between(part, say)

    return say(expression)


def _between(operation: Operation, say: Callable[[Expression], str]) -> str:
    return f"({say(operation.left)} {operation.sign} {say(operation.right)})"


def number_written(value: Fraction) -> str:
    """A number as UVL knows it; what has no end in decimals is a quotient."""
    if value.denominator == 1:
        return str(value.numerator)
    places = 0
    while (value * 10**places).denominator != 1 and places < 30:
        places += 1
    scaled = value * 10**places
    if scaled.denominator != 1:
        return f"({value.numerator} / {value.denominator})"
    digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def name_written(name: str) -> str:
    """A name with quotes around the parts that need them."""
    return ".".join(part if _PLAIN.match(part) and part not in _WORDS else f'"{part}"' for part in name.split("."))
