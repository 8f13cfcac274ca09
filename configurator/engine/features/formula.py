"""What a constraint says: literals, and, or, sameness, and sums over chosen features."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Formula = "int | Junction | Same | Total"
"""A literal is a feature's number, negative when it is not chosen."""


@dataclass(frozen=True, slots=True)
class Junction:
    """All of the items (``and``) or one of them at least (``or``); no items: true and false."""

    operator: Literal["and", "or"]
    items: tuple["int | Junction | Same | Total", ...]


@dataclass(frozen=True, slots=True)
class Same:
    """Both hold or neither does."""

    left: "int | Junction | Same | Total"
    right: "int | Junction | Same | Total"


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of the weights of the chosen features is at least ``least``: whole numbers, weights positive, literals of any sign."""

    weights: tuple[tuple[int, int], ...]
    """(weight, literal)"""
    least: int


AnyFormula = int | Junction | Same | Total
TRUE = Junction("and", ())
FALSE = Junction("or", ())


def negated(formula: AnyFormula) -> AnyFormula:
    """Holds exactly where ``formula`` does not."""
    match formula:
        case int():
            return -formula
        case Junction(operator, items):
            return Junction("or" if operator == "and" else "and", tuple(negated(item) for item in items))
        case Same(left, right):
            return Same(negated(left), right)
        case Total(weights, least):
            # not (sum >= least)  =  sum of the others >= all - least + 1
            return total([(weight, -literal) for weight, literal in weights], sum(weight for weight, _ in weights) - least + 1)


def total(weights: Iterable[tuple[int, int]], least: int) -> AnyFormula:
    """A sum with weights of any sign, each literal once, as simple as it can be said."""
    merged: dict[int, int] = {}
    for weight, literal in weights:
        if literal < 0:
            # weight · (1 - x)
            least -= weight
            weight = -weight
        merged[abs(literal)] = merged.get(abs(literal), 0) + weight
    positive: list[tuple[int, int]] = []
    for variable, weight in merged.items():
        if weight > 0:
            positive.append((weight, variable))
        elif weight < 0:
            least -= weight
            positive.append((-weight, -variable))
    if least <= 0:
        return TRUE
    if sum(weight for weight, _ in positive) < least:
        return FALSE
    return Total(tuple(sorted(positive, key=lambda each: (-each[0], abs(each[1])))), least)


def holds(formula: AnyFormula, chosen: Mapping[int, bool]) -> bool:
    """The plain evaluation."""
    match formula:
        case int():
            return chosen[abs(formula)] == (formula > 0)
        case Junction("and", items):
            return all(holds(item, chosen) for item in items)
        case Junction(_, items):
            return any(holds(item, chosen) for item in items)
        case Same(left, right):
            return holds(left, chosen) == holds(right, chosen)
        case Total(weights, least):
            return sum(weight for weight, literal in weights if holds(literal, chosen)) >= least
