"""What a constraint's expression means: a formula over features and over comparisons of typed features' values.

An attribute counts where its feature is chosen and is 0 (a text: empty) elsewhere; so does the value of a typed feature. The average
of nothing is 0; a comparison in which something is divided by 0 does not hold.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from configurator.engine.features.formula import FALSE, TRUE, AnyFormula, Junction, Same, negated, total
from configurator.engine.features.source import fault
from configurator.engine.features.uvl_expression import (
    COMPARISONS,
    LOGIC,
    Applied,
    Constant,
    Expression,
    Gathered,
    Named,
    Operation,
    named_in,
)

_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MOST_TRIED = 12
"""A comparison that is no sum is tried out for so many features at most."""


class Undefined(Exception):
    """Something is divided by zero."""


@dataclass(frozen=True)
class Linear:
    """A constant and weights of features."""

    constant: Fraction
    weights: Mapping[int, Fraction]

    def scaled(self, by: Fraction) -> "Linear":
        return Linear(self.constant * by, {feature: weight * by for feature, weight in self.weights.items()})

    def plus(self, other: "Linear") -> "Linear":
        weights = dict(self.weights)
        for feature, weight in other.weights.items():
            weights[feature] = weights.get(feature, Fraction(0)) + weight
        return Linear(self.constant + other.constant, {feature: weight for feature, weight in weights.items() if weight})


class Meaning:
    """Formulas of one model's expressions. ``compared``: the literal that stands for a comparison of typed features' values."""

    def __init__(self, types: Mapping[int, str], compared: Callable[[Operation, int], int]) -> None:
        self._types = types
        self._compared = compared

    def formula(self, expression: Expression, line: int) -> AnyFormula:
        """Raises SourceInvalid where a number or a text stands for a truth, or the other way round."""
        match expression:
            case Constant(value=bool(value)):
                return TRUE if value else FALSE
            case Named(feature=feature, attribute=""):
                return feature
            case Named(feature=feature, value=bool(value)):
                return feature if value else FALSE
            case Applied(function="!", of=of):
                return negated(self.formula(of, line))
            case Operation(sign=("&" | "|")):
                return self._junction(expression, line)
            case Operation(sign="=>", left=left, right=right):
                return Junction("or", (negated(self.formula(left, line)), self.formula(right, line)))
            case Operation(sign="<=>", left=left, right=right):
                return Same(self.formula(left, line), self.formula(right, line))
            case Operation(sign=sign) if sign in COMPARISONS:
                return self._comparison(expression, line)
        raise fault(line, expression.column, "no-truth")

    def _junction(self, expression: Operation, line: int) -> AnyFormula:
        """A long chain of one sign is one junction."""
        items: list[AnyFormula] = []
        rest: Expression = expression
        while isinstance(rest, Operation) and rest.sign == expression.sign:
            items.append(self.formula(rest.right, line))
            rest = rest.left
        items.append(self.formula(rest, line))
        return Junction("and" if expression.sign == "&" else "or", tuple(reversed(items)))

    def _comparison(self, comparison: Operation, line: int) -> AnyFormula:
        kinds = {self._kind(side, line) for side in (comparison.left, comparison.right)}
        if len(kinds) > 1 or (kinds != {"number"} and comparison.sign not in {"==", "!="}):
            raise fault(line, comparison.column, "kinds")
        named = list(named_in(comparison))
        if any(each.feature in self._types and not each.attribute for each in named):
            return self._compared(comparison, line)
        if kinds == {"number"}:
            try:
                return _linear_comparison(comparison)
            except ArithmeticError:
                pass
        return self._tried(comparison, sorted({each.feature for each in named}), line)

    def _tried(self, comparison: Operation, features: list[int], line: int) -> AnyFormula:
        """Feature by feature: what holds with it, and what without."""
        if len(features) > MOST_TRIED:
            raise fault(line, comparison.column, "not-linear", most=MOST_TRIED)

        def branch(place: int, chosen: dict[int, bool]) -> AnyFormula:
            if place == len(features):
                return TRUE if holds_for(comparison, chosen) else FALSE
            feature = features[place]
            having, lacking = branch(place + 1, chosen | {feature: True}), branch(place + 1, chosen | {feature: False})
            if having == lacking:
                return having
            return Junction("and", (Junction("or", (-feature, having)), Junction("or", (feature, lacking))))

        return branch(0, {})

    def _kind(self, expression: Expression, line: int) -> str:
        """``number``, ``text`` or ``truth``; parts that do not go together are refused."""
        match expression:
            case Constant(value=value) | Named(value=bool() | Fraction() | str() as value):
                return "truth" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            case Named(feature=feature):
                kind = self._types.get(feature, "Boolean")
                return {"String": "text", "Boolean": "truth"}.get(kind, "number")
            case Gathered(items=items):
                wanted = [self._kind(item, line) for item in items]
                if "text" in wanted:
                    raise fault(line, expression.column, "kinds")
                return "number"
            case Applied(function="len", of=of):
                return self._only("text", of, line)
            case Applied(function="!"):
                return "truth"
            case Applied(of=of):
                return self._only("number", of, line)
            case Operation(sign=sign, left=left, right=right) if sign not in COMPARISONS and sign not in LOGIC:
                self._only("number", left, line)
                return self._only("number", right, line)
        return "truth"

    def _only(self, kind: str, expression: Expression, line: int) -> str:
        if self._kind(expression, line) != kind:
            raise fault(line, expression.column, "kinds")
        return "number"


def holds_for(comparison: Operation, chosen: Mapping[int, bool]) -> bool:
    """Whether a comparison of attributes and constants holds where these features are chosen."""
    try:
        left, right = worth(comparison.left, chosen), worth(comparison.right, chosen)
    except Undefined:
        return False
    return compare(left, comparison.sign, right)


def compare(left: Any, sign: str, right: Any) -> bool:
    """Two numbers, or two texts."""
    return bool(_COMPARED[sign](left, right))


def worth(expression: Expression, chosen: Mapping[int, bool]) -> "Fraction | str":
    """The plain evaluation of numbers and texts. Raises Undefined."""
    match expression:
        case Constant(value=value):
            return value if isinstance(value, str) else Fraction(value)
        case Named(feature=feature, value=value):
            if isinstance(value, str):
                return value if chosen[feature] else ""
            return Fraction(value or 0) if chosen[feature] else Fraction(0)
        case Gathered(function=function, items=items):
            taken = [Fraction(item.value or 0) for item in items if chosen[item.feature] and not isinstance(item.value, str)]
            found = sum(taken, Fraction(0))
            return found / len(taken) if function == "avg" and taken else found
        case Applied(function="len", of=of):
            return Fraction(len(str(worth(of, chosen))))
        case Applied(function=function, of=of):
            inner = Fraction(worth(of, chosen))
            return -inner if function == "-" else Fraction(math.floor(inner) if function == "floor" else math.ceil(inner))
        case Operation(sign=sign):
            left, right = Fraction(worth(expression.left, chosen)), Fraction(worth(expression.right, chosen))
            return _calculated(left, sign, right)


def _calculated(left: Fraction, sign: str, right: Fraction) -> Fraction:
    if sign == "/":
        if not right:
            raise Undefined
        return left / right
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def linear(expression: Expression, typed: bool = False) -> Linear:
    """The expression as a sum. ``typed``: features stand for their values or lengths. Raises ArithmeticError when it is no sum."""
    match expression:
        case Constant(value=Fraction() as value):
            return Linear(value, {})
        case Named(feature=feature, value=(bool() | Fraction()) as value) if not typed:
            return Linear(Fraction(0), {feature: Fraction(value)} if value else {})
        case Named(feature=feature, attribute="") if typed:
            return Linear(Fraction(0), {feature: Fraction(1)})
        case Applied(function="len", of=Named(feature=feature, attribute="")) if typed:
            return Linear(Fraction(0), {feature: Fraction(1)})
        case Gathered(function="sum", items=items):
            found = Linear(Fraction(0), {})
            for item in items:
                found = found.plus(linear(item, typed))
            return found
        case Applied(function="-", of=of):
            return linear(of, typed).scaled(Fraction(-1))
        case Operation(sign=("+" | "-") as sign, left=left, right=right):
            return linear(left, typed).plus(linear(right, typed).scaled(Fraction(1 if sign == "+" else -1)))
        case Operation(sign="*", left=left, right=right):
            first, second = linear(left, typed), linear(right, typed)
            if not first.weights:
                return second.scaled(first.constant)
            if not second.weights:
                return first.scaled(second.constant)
        case Operation(sign="/", left=left, right=right):
            first, second = linear(left, typed), linear(right, typed)
            if not second.weights and second.constant:
                return first.scaled(1 / second.constant)
    raise ArithmeticError("no sum")


def _linear_comparison(comparison: Operation) -> AnyFormula:
    """Raises ArithmeticError when a side is neither a sum nor an average against a number."""
    left, sign, right = comparison.left, comparison.sign, comparison.right
    if isinstance(right, Gathered) and right.function == "avg":
        left, right = right, left
        sign = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
    if isinstance(left, Gathered) and left.function == "avg":
        bound = linear(right)
        if bound.weights:
            raise ArithmeticError("no number")
        # The average stands to the bound as the sum of (value - bound) over the chosen ones stands to 0.
        weights: dict[int, Fraction] = {}
        for item in left.items:
            if isinstance(item.value, str):
                raise ArithmeticError("no number")
            weights[item.feature] = Fraction(item.value or 0) - bound.constant
        some = Junction("or", tuple(weights))
        none_holds = TRUE if compare(Fraction(0), sign, bound.constant) else FALSE
        having = _compared(Linear(Fraction(0), {feature: weight for feature, weight in weights.items() if weight}), sign)
        return Junction("or", (Junction("and", (some, having)), Junction("and", (negated(some), none_holds))))
    return _compared(linear(left).plus(linear(right).scaled(Fraction(-1))), sign)


def _compared(difference: Linear, sign: str) -> AnyFormula:
    """``difference`` against zero, in whole numbers."""
    scale = math.lcm(difference.constant.denominator, *(weight.denominator for weight in difference.weights.values()))
    weights = [(int(weight * scale), feature) for feature, weight in difference.weights.items() if weight]
    constant = int(difference.constant * scale)
    lowered = [(-weight, feature) for weight, feature in weights]
    match sign:
        case ">=":
            return total(weights, -constant)
        case ">":
            return total(weights, 1 - constant)
        case "<=":
            return total(lowered, constant)
        case "<":
            return total(lowered, constant + 1)
    same = Junction("and", (total(weights, -constant), total(lowered, constant)))
    return same if sign == "==" else negated(same)
