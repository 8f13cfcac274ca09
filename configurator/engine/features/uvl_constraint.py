"""How the text of a constraint of UVL becomes an expression, and which feature or attribute each name in it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from configurator.engine.features.formula import Junction
from configurator.engine.features.model import Attribute
from configurator.engine.features.source import fault
from configurator.engine.features.uvl_expression import COMPARISONS, Applied, Constant, Expression, Gathered, Named, Operation
from configurator.engine.features.uvl_tokens import Reader, tokens

_FUNCTIONS = ("sum", "avg", "len", "floor", "ceil")
_SIMPLE = re.compile(r"(!?)([^\W\d]\w*) (=>|\|) (!?)([^\W\d]\w*)$")
"""Most constraints of large models: two features, one sign."""
DEEPEST = 400


@dataclass(frozen=True)
class Names:
    """What a constraint may name. ``below``: (parent, children) of each group."""

    features: Mapping[str, int]
    attributes: Mapping[int, Mapping[str, Attribute]]
    types: Mapping[int, str]
    below: Sequence[tuple[int, tuple[int, ...]]]


def simple_constraint(text: str, names: Names, prefix: str = "") -> Junction | None:
    """The formula of a constraint between two features; None for any other constraint."""
    simple = _SIMPLE.match(text)
    if simple is None:
        return None
    left, right = names.features.get(prefix + simple[2]), names.features.get(prefix + simple[5])
    if left is None or right is None:
        return None
    first, second = -left if simple[1] else left, -right if simple[4] else right
    return Junction("or", (-first if simple[3] == "=>" else first, second))


def expression_of(text: str, line: int, column: int, names: Names, prefix: str = "") -> Expression:
    """What a constraint's text says. Raises SourceInvalid with line and column."""
    reader = Reader(tokens(text, line, column), line, column + len(text))
    expression = _Constraint(reader, names, prefix).expression()
    reader.done()
    return expression


class _Constraint:
    """Precedence from loose to tight: ``<=>``, ``=>`` (to the left), ``|``, ``&``, ``!``, comparisons, sums, products."""

    def __init__(self, reader: Reader, names: Names, prefix: str) -> None:
        self._reader = reader
        self._names = names
        self._prefix = prefix
        self._depth = 0

    def expression(self) -> Expression:
        left = self._implication()
        while self._reader.peek("<=>"):
            self._enter()
            sign = self._reader.next()
            left = Operation(sign.text, left, self._implication(), sign.column)
        return left

    def _implication(self) -> Expression:
        left = self._or()
        while self._reader.peek("=>"):
            self._enter()
            sign = self._reader.next()
            left = Operation(sign.text, left, self._or(), sign.column)
        return left

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise fault(self._reader.line, self._reader.column, "too-deep", most=DEEPEST)

    def _or(self) -> Expression:
        left = self._and()
        while self._reader.peek("|"):
            sign = self._reader.next()
            left = Operation(sign.text, left, self._and(), sign.column)
        return left

    def _and(self) -> Expression:
        left = self._not()
        while self._reader.peek("&"):
            sign = self._reader.next()
            left = Operation(sign.text, left, self._not(), sign.column)
        return left

    def _not(self) -> Expression:
        column, times = self._reader.column, 0
        while self._reader.take("!"):
            times += 1
        found = self._comparison()
        return Applied("!", found, column) if times % 2 else found

    def _comparison(self) -> Expression:
        left = self._sum()
        if self._reader.peek(*COMPARISONS):
            sign = self._reader.next()
            return Operation(sign.text, left, self._sum(), sign.column)
        return left

    def _sum(self) -> Expression:
        left = self._product()
        while self._reader.peek("+", "-"):
            sign = self._reader.next()
            left = Operation(sign.text, left, self._product(), sign.column)
        return left

    def _product(self) -> Expression:
        left = self._primary()
        while self._reader.peek("*", "/"):
            sign = self._reader.next()
            left = Operation(sign.text, left, self._primary(), sign.column)
        return left

    def _primary(self) -> Expression:
        reader, column = self._reader, self._reader.column
        if reader.take("-"):
            self._enter()
            return Applied("-", self._primary(), column)
        if reader.take("("):
            self._enter()
            inner = self.expression()
            reader.expect(")")
            self._depth -= 1
            return inner
        if reader.kind() == "number":
            return Constant(Fraction(reader.next().text), column)
        if reader.kind() == "text":
            return Constant(reader.next().text, column)
        bare = reader.bare()
        name = reader.name()
        if bare and name in _FUNCTIONS and reader.take("("):
            return self._function(name, column)
        if bare and name in {"true", "false"} and self._names.features.get(self._prefix + name) is None:
            return Constant(name == "true", column)
        return self._named(name, column)

    def _named(self, name: str, column: int) -> Named:
        feature = self._names.features.get(self._prefix + name)
        if feature is not None:
            return Named(feature, column)
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            feature = self._names.features.get(self._prefix + ".".join(parts[:cut]))
            if feature is not None:
                attribute = ".".join(parts[cut:])
                value = self._names.attributes.get(feature, {}).get(attribute)
                if value is not None:
                    return Named(feature, column, attribute, value)
        raise fault(self._reader.line, column, "unknown", name=name)

    def _function(self, name: str, column: int) -> Expression:
        if name in {"sum", "avg"}:
            return self._gathered(name, column)
        inner = self._sum()
        self._reader.expect(")")
        return Applied(name, inner, column)

    def _gathered(self, function: str, column: int) -> Gathered:
        """``sum(attribute)``, ``sum(feature, attribute)``, ``sum(attribute, feature)``, or ``sum`` of typed features."""
        first_column = self._reader.column
        given = [self._reader.name()]
        while self._reader.take(","):
            given.append(self._reader.name())
        self._reader.expect(")")
        features = [self._names.features.get(self._prefix + name, 0) for name in given]
        if all(features) and all(feature in self._names.types for feature in features):
            return Gathered(function, "", 0, tuple(Named(feature, first_column) for feature in features), column)
        if len(given) > 2:
            raise fault(self._reader.line, first_column, "function", name=function)
        attribute, within = given[0], 0
        if len(given) == 2:
            # Which of the two is the feature differs between versions of the language.
            attribute, within = (given[1], features[0]) if features[0] and not self._is_attribute(given[0]) else (given[0], features[1])
            if not within:
                raise fault(self._reader.line, first_column, "unknown", name=given[1])
        under = self._under(within) if within else None
        items = [
            Named(feature, column, attribute, value)
            for feature, attributes in self._names.attributes.items()
            if (value := attributes.get(attribute)) is not None and not isinstance(value, str) and (under is None or feature in under)
        ]
        if not items and not self._is_attribute(attribute):
            raise fault(self._reader.line, first_column, "unknown", name=attribute)
        return Gathered(function, attribute, within, tuple(items), column)

    def _is_attribute(self, name: str) -> bool:
        return any(name in attributes for attributes in self._names.attributes.values())

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
