"""Which comparisons of typed features' values can hold together: clauses that leave exactly those.

Comparisons of one number with constants are an order. Others are handed to an SMT solver (de Moura, Bjørner: Z3, TACAS 2008) once,
when the model is read: every set of truths that cannot be together is found and becomes a clause, so that afterwards everything
is answered by the solver for choices. A comparison that Z3 cannot decide, or too many of them, are refused with their line.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from configurator.engine.features.formula import AnyFormula, Junction
from configurator.engine.features.model import Constraint
from configurator.engine.features.together import Asked, impossible_together
from configurator.engine.features.uvl_expression import Operation, named_in, written
from configurator.engine.features.uvl_meaning import linear


@dataclass(frozen=True)
class _Comparison:
    literal: int
    operation: Operation
    line: int
    typed: frozenset[int]


@dataclass
class Values:
    """Collects the comparisons of a model; ``first`` is the number of the first variable that is no feature."""

    names: Sequence[str]
    types: dict[int, str]
    lines: Sequence[int]
    first: int
    _found: dict[str, _Comparison] = field(default_factory=dict)
    _top: int = 0

    def compared(self, operation: Operation, line: int) -> int:
        """The literal that stands for a comparison; the same for the same."""
        said = written(operation, self.names)
        if said not in self._found:
            typed = frozenset(each.feature for each in named_in(operation) if each.feature in self.types and not each.attribute)
            self._found[said] = _Comparison(self._new(), operation, line, typed)
        return self._found[said].literal

    def _new(self) -> int:
        self._top += 1
        return self.first + self._top - 1

    @property
    def hidden(self) -> int:
        """So many variables stand for comparisons."""
        return self._top

    def background(self) -> list[Constraint]:
        """What always holds between the comparisons. Raises SourceInvalid."""
        found: list[Constraint] = []
        for typed, group in list(self._groups()):
            text = ", ".join(f"{self.types[feature]} {self.names[feature]}" for feature in sorted(typed))
            line = min(self.lines[feature] for feature in typed)
            formulas = self._ordered(typed, group)
            if formulas is None:
                asked = [Asked(each.literal, each.operation, each.line) for each in group]
                formulas = [Junction("or", clause) for clause in impossible_together(asked, self.types)]
            if formulas:
                found.append(Constraint(Junction("and", tuple(formulas)), text, line))
        return found

    def _groups(self) -> Iterator[tuple[frozenset[int], list[_Comparison]]]:
        """Comparisons that share a value."""
        groups: list[tuple[frozenset[int], list[_Comparison]]] = []
        for each in self._found.values():
            typed, own = each.typed, [each]
            apart = []
            for features, members in groups:
                if features & typed:
                    typed, own = typed | features, members + own
                else:
                    apart.append((features, members))
            groups = [*apart, (typed, own)]
        yield from groups

    def _ordered(self, typed: frozenset[int], group: Sequence[_Comparison]) -> list[AnyFormula] | None:
        """For one number, or the length of one text, against constants: its order among them. None for anything else."""
        if len(typed) != 1:
            return None
        feature = next(iter(typed))
        bounds: list[tuple[_Comparison, Fraction, str]] = []
        for each in group:
            try:
                left, right = linear(each.operation.left, typed=True), linear(each.operation.right, typed=True)
            except ArithmeticError:
                return None
            difference = left.plus(right.scaled(Fraction(-1)))
            if not set(difference.weights) <= typed:
                return None
            weight = difference.weights.get(feature, Fraction(0))
            if not weight:
                return None
            sign = each.operation.sign
            if weight < 0:
                sign = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
            bounds.append((each, -difference.constant / weight, sign))
        return self._order(feature, self.types[feature], bounds)

    def _order(self, feature: int, kind: str, bounds: Sequence[tuple[_Comparison, Fraction, str]]) -> list[AnyFormula]:
        """``reached[b]``: the value is at least b; ``passed[b]``: it is more."""
        constants = sorted({bound for _, bound, _ in bounds} | {Fraction(0)})
        reached = {bound: self._new() for bound in constants}
        passed = {bound: self._new() for bound in constants}
        whole = kind != "Real"
        found: list[AnyFormula] = [reached[Fraction(0)]] if kind == "String" else []
        for bound in constants:
            found.append(Junction("or", (-passed[bound], reached[bound])))
            if whole and bound.denominator != 1:
                found.append(Junction("or", (-reached[bound], passed[bound])))
        for low, high in pairwise(constants):
            found.append(Junction("or", (-reached[high], passed[low])))
            if whole and math.floor(low) + 1 > math.ceil(high) - 1:
                found.append(Junction("or", (-passed[low], reached[high])))
        found += [Junction("or", (feature, reached[Fraction(0)])), Junction("or", (feature, -passed[Fraction(0)]))]
        for each, bound, sign in bounds:
            found += _means(each.literal, sign, reached[bound], passed[bound])
        return found


def _means(literal: int, sign: str, reached: int, passed: int) -> list[AnyFormula]:
    match sign:
        case ">=":
            return _same(literal, reached)
        case ">":
            return _same(literal, passed)
        case "<":
            return _same(literal, -reached)
        case "<=":
            return _same(literal, -passed)
    equal = literal if sign == "==" else -literal
    return [Junction("or", (-equal, reached)), Junction("or", (-equal, -passed)), Junction("or", (equal, -reached, passed))]


def _same(first: int, second: int) -> list[AnyFormula]:
    return [Junction("or", (-first, second)), Junction("or", (first, -second))]
