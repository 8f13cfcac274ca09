"""How a constraint of UVL becomes a formula: logic over features, and sums over attributes of chosen ones."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from configurator.engine.features.formula import FALSE, TRUE, AnyFormula, Junction, Same, negated, total
from configurator.engine.features.model import Attribute
from configurator.engine.features.source import fault
from configurator.engine.features.uvl_tokens import Reader, tokens
from contracts.problems import SourceInvalid

_COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
_ARITHMETIC = ("+", "-", "*", "/")
_SIMPLE = re.compile(r"(!?)([^\W\d]\w*) (=>|\|) (!?)([^\W\d]\w*)$")
"""Most constraints of large models: two features, one sign."""


@dataclass(frozen=True)
class Names:
    """What a constraint may name. ``below``: (parent, children) of each group."""

    features: Mapping[str, int]
    attributes: Mapping[int, Mapping[str, Attribute]]
    types: Mapping[int, str]
    below: Sequence[tuple[int, tuple[int, ...]]]


def constraint_of(text: str, line: int, column: int, names: Names, prefix: str = "") -> AnyFormula:
    """The formula of a constraint's text. Raises SourceInvalid with line and column."""
    simple = _SIMPLE.match(text)
    if simple is not None:
        left, right = names.features.get(prefix + simple[2]), names.features.get(prefix + simple[5])
        if left is not None and right is not None:
            first, second = -left if simple[1] else left, -right if simple[4] else right
            return Junction("or", (-first if simple[3] == "=>" else first, second))
    reader = Reader(tokens(text, line, column), line, column + len(text))
    formula = _Constraint(reader, names, prefix).formula()
    reader.done()
    return formula


@dataclass(frozen=True)
class _Linear:
    """A constant and weights of features."""

    constant: Fraction
    weights: Mapping[int, Fraction]

    def scaled(self, by: Fraction) -> "_Linear":
        return _Linear(self.constant * by, {feature: weight * by for feature, weight in self.weights.items()})

    def plus(self, other: "_Linear") -> "_Linear":
        weights = dict(self.weights)
        for feature, weight in other.weights.items():
            weights[feature] = weights.get(feature, Fraction(0)) + weight
        return _Linear(self.constant + other.constant, weights)


class _Constraint:
    """Precedence from loose to tight: ``<=>``, ``=>`` (to the left), ``|``, ``&``, ``!``, comparisons, sums, products."""

    def __init__(self, reader: Reader, names: Names, prefix: str) -> None:
        self._reader = reader
        self._names = names
        self._prefix = prefix

    def formula(self) -> AnyFormula:
        left = self._implication()
        while self._reader.take("<=>"):
            left = Same(left, self._implication())
        return left

    def _implication(self) -> AnyFormula:
        left = self._or()
        while self._reader.take("=>"):
            left = Junction("or", (negated(left), self._or()))
        return left

    def _or(self) -> AnyFormula:
        items = [self._and()]
        while self._reader.take("|"):
            items.append(self._and())
        return items[0] if len(items) == 1 else Junction("or", tuple(items))

    def _and(self) -> AnyFormula:
        items = [self._not()]
        while self._reader.take("&"):
            items.append(self._not())
        return items[0] if len(items) == 1 else Junction("and", tuple(items))

    def _not(self) -> AnyFormula:
        if self._reader.take("!"):
            return negated(self._not())
        return self._atom()

    def _atom(self) -> AnyFormula:
        """A formula in parentheses, a feature, or a comparison."""
        start, column = self._reader.mark(), self._reader.column
        if self._reader.peek("("):
            return self._in_parentheses()
        if self._reader.kind() == "name":
            name = self._reader.name()
            feature = self._names.features.get(self._prefix + name)
            if not self._reader.peek(*_COMPARISONS, *_ARITHMETIC, "("):
                if feature is not None:
                    return feature
                if name in {"true", "false"}:
                    return TRUE if name == "true" else FALSE
                raise fault(self._reader.line, column, "unknown", name=name)
            self._reader.back(start)
        return self._comparison()

    def _in_parentheses(self) -> AnyFormula:
        """What stands in parentheses may be a formula or the beginning of a sum: only what follows tells."""
        start = self._reader.mark()
        self._reader.expect("(")
        try:
            inner = self.formula()
            self._reader.expect(")")
        except SourceInvalid as no_formula:
            self._reader.back(start)
            try:
                return self._comparison()
            except SourceInvalid:
                raise no_formula from None
        if self._reader.peek(*_COMPARISONS, *_ARITHMETIC):
            self._reader.back(start)
            return self._comparison()
        return inner

    # Numbers and texts

    def _comparison(self) -> AnyFormula:
        left, sign = self._side(), self._reader.next()
        if sign.text not in _COMPARISONS:
            raise fault(self._reader.line, sign.column, "expected", sign="==")
        right = self._side()
        if isinstance(left, _Linear) and isinstance(right, _Linear):
            return _compared(left.plus(right.scaled(Fraction(-1))), sign.text)
        if isinstance(left, str) and isinstance(right, str) and sign.text in {"==", "!="}:
            return TRUE if (left == right) == (sign.text == "==") else FALSE
        raise fault(self._reader.line, sign.column, "kinds")

    def _side(self) -> "_Linear | str":
        if self._reader.kind() == "text":
            return self._reader.next().text
        start = self._reader.mark()
        if self._reader.kind() == "name":
            attribute = self._attribute(self._reader.name())
            if attribute is not None and isinstance(attribute[1], str):
                return attribute[1]
            self._reader.back(start)
        return self._sum()

    def _sum(self) -> _Linear:
        found = self._product()
        while self._reader.peek("+", "-"):
            sign = self._reader.next().text
            found = found.plus(self._product().scaled(Fraction(1 if sign == "+" else -1)))
        return found

    def _product(self) -> _Linear:
        found = self._number()
        while self._reader.peek("*", "/"):
            sign = self._reader.next()
            other = self._number()
            if sign.text == "*" and not found.weights:
                found, other = other, found
            if other.weights or (sign.text == "/" and not other.constant):
                raise fault(self._reader.line, sign.column, "not-linear")
            found = found.scaled(other.constant if sign.text == "*" else 1 / other.constant)
        return found

    def _number(self) -> _Linear:
        if self._reader.take("-"):
            return self._number().scaled(Fraction(-1))
        if self._reader.take("("):
            inner = self._sum()
            self._reader.expect(")")
            return inner
        if self._reader.kind() == "number":
            return _Linear(Fraction(self._reader.next().text), {})
        column = self._reader.column
        name = self._reader.name()
        if self._reader.take("("):
            return self._aggregate(name, column)
        attribute = self._attribute(name)
        if attribute is None:
            typed = self._names.types.get(self._names.features.get(self._prefix + name, 0))
            raise fault(self._reader.line, column, "unknown" if typed is None else "typed", name=name)
        feature, value = attribute
        if isinstance(value, str):
            raise fault(self._reader.line, column, "kinds")
        return _Linear(Fraction(0), {feature: Fraction(value)})

    def _aggregate(self, name: str, column: int) -> _Linear:
        """``sum(attribute)`` or ``sum(feature, attribute)``: over the chosen features, or those below one."""
        if name != "sum":
            raise fault(self._reader.line, column, "function", name=name)
        within: frozenset[int] | None = None
        attribute = self._reader.name()
        if self._reader.take(","):
            top = self._names.features.get(self._prefix + attribute)
            if top is None:
                raise fault(self._reader.line, column, "unknown", name=attribute)
            within, attribute = self._under(top), self._reader.name()
        self._reader.expect(")")
        weights = {
            feature: Fraction(value)
            for feature, given in self._names.attributes.items()
            if (value := given.get(attribute)) is not None and not isinstance(value, str) and (within is None or feature in within)
        }
        return _Linear(Fraction(0), weights)

    def _under(self, top: int) -> frozenset[int]:
        found, fresh = {top}, [top]
        below: dict[int, list[int]] = {}
        for parent, members in self._names.below:
            below.setdefault(parent, []).extend(members)
        while fresh:
            for child in below.get(fresh.pop(), ()):
                found.add(child)
                fresh.append(child)
        return frozenset(found)

    def _attribute(self, name: str) -> tuple[int, Attribute] | None:
        """The feature and the value behind ``Feature.attribute``."""
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            feature = self._names.features.get(self._prefix + ".".join(parts[:cut]))
            if feature is not None:
                value = self._names.attributes.get(feature, {}).get(".".join(parts[cut:]))
                return None if value is None else (feature, value)
        return None


def _compared(difference: _Linear, sign: str) -> AnyFormula:
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
