"""Which truths of comparisons and features cannot be together, found by Z3 and told as clauses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pysat.solvers import Solver

from configurator.engine.features.source import fault
from configurator.engine.features.uvl_expression import Applied, Constant, Expression, Gathered, Named, Operation, named_in

MOST_TRIED = 4_000
"""So many sets of truths are tried at most: each takes about a millisecond."""
MOST_MS = 2_000


@dataclass(frozen=True)
class Asked:
    literal: int
    operation: Operation
    line: int


def impossible_together(asked: Sequence[Asked], types: Mapping[int, str]) -> list[tuple[int, ...]]:
    """Clauses over the comparisons' literals and the features in them: they leave what some values allow, and all of that.

    Raises SourceInvalid for a comparison that cannot be decided, or too many.
    """
    import z3

    context = z3.Context()
    theory = _Theory(types, z3, context)
    for each in asked:
        theory.tell(each.literal, each.operation)
    variables = sorted(theory.truths)
    found: list[tuple[int, ...]] = []
    with Solver(name="minisat22") as untried:
        untried.add_clause([variables[0], -variables[0]])
        for _ in range(MOST_TRIED):
            if not untried.solve():
                return found
            truths = dict.fromkeys(variables, False) | {abs(literal): literal > 0 for literal in untried.get_model()}
            literals = [variable if truths[variable] else -variable for variable in variables]
            answer = theory.refuted(literals)
            if answer is None:
                untried.add_clause([-literal for literal in literals])
                continue
            if not answer:
                raise fault(asked[0].line, asked[0].operation.column, "typed")
            found.append(tuple(-literal for literal in answer))
            untried.add_clause(list(found[-1]))
    raise fault(asked[0].line, asked[0].operation.column, "too-many-values", most=MOST_TRIED)


class _Theory:
    """The comparisons in Z3: a truth for each, and for each feature in them."""

    def __init__(self, types: Mapping[int, str], z3: Any, context: Any) -> None:
        self._types = types
        self._z3 = z3
        self._context = context
        self._solver = z3.Solver(ctx=context)
        self._solver.set("timeout", MOST_MS)
        self.truths: dict[int, Any] = {}
        self._values: dict[int, Any] = {}

    def tell(self, literal: int, operation: Operation) -> None:
        for named in named_in(operation):
            self._truth(named.feature)
        divisors: list[Any] = []
        left, right = self._term(operation.left, divisors), self._term(operation.right, divisors)
        sign = operation.sign
        holds = left == right if sign in {"==", "!="} else left < right if sign == "<" else left <= right if sign == "<=" else left > right
        if sign == ">=":
            holds = left >= right
        if sign == "!=":
            holds = self._z3.Not(holds)
        self._solver.add(self._truth(literal) == self._z3.And(holds, *(divisor != 0 for divisor in divisors)))

    def refuted(self, literals: Sequence[int]) -> list[int] | None:
        """An irreducible part that cannot be together; None when all can; empty when that is not decided."""
        z3 = self._z3
        answer = self._solver.check([self._literal(literal) for literal in literals])
        if answer == z3.sat:
            return None
        if answer != z3.unsat:
            return []
        named = {self._literal(literal).get_id(): literal for literal in literals}
        core = [named[each.get_id()] for each in self._solver.unsat_core()]
        for literal in tuple(core):
            rest = [each for each in core if each != literal]
            if rest and self._solver.check([self._literal(each) for each in rest]) == z3.unsat:
                core = rest
        return core

    def _literal(self, literal: int) -> Any:
        truth = self.truths[abs(literal)]
        return truth if literal > 0 else self._z3.Not(truth)

    def _truth(self, variable: int) -> Any:
        if variable not in self.truths:
            self.truths[variable] = self._z3.Bool(f"t{variable}", ctx=self._context)
            self._value(variable)
        return self.truths[variable]

    def _value(self, feature: int) -> None:
        kind = self._types.get(feature)
        if kind is None:
            return
        z3, context = self._z3, self._context
        make = {"Integer": z3.Int, "Real": z3.Real, "String": z3.String}[kind]
        value = make(f"v{feature}", ctx=context)
        nothing = z3.StringVal("", ctx=context) if kind == "String" else z3.IntVal(0, ctx=context)
        self._solver.add(z3.Implies(z3.Not(self.truths[feature]), value == nothing))
        self._values[feature] = value

    def _constant(self, value: Fraction | str | bool) -> Any:
        if isinstance(value, str):
            return self._z3.StringVal(value, ctx=self._context)
        number = Fraction(value)
        if number.denominator == 1:
            return self._z3.IntVal(number.numerator, ctx=self._context)
        return self._z3.RealVal(str(number), ctx=self._context)

    def _real(self, term: Any) -> Any:
        return self._z3.ToReal(term) if self._z3.is_int(term) else term

    def _term(self, expression: Expression, divisors: list[Any]) -> Any:
        z3 = self._z3
        match expression:
            case Constant(value=value):
                return self._constant(value)
            case Named(feature=feature, attribute=""):
                return self._values[feature]
            case Named(feature=feature, value=value):
                nothing = self._constant("" if isinstance(value, str) else Fraction(0))
                return z3.If(self._truth(feature), self._constant(value if value is not None else False), nothing)
            case Gathered(function=function, items=items):
                return self._gathered(function, items, divisors)
            case Applied(function="len", of=of):
                return z3.Length(self._term(of, divisors))
            case Applied(function=function, of=of):
                inner = self._term(of, divisors)
                if function == "-":
                    return -inner
                if z3.is_int(inner):
                    return inner
                return z3.ToInt(inner) if function == "floor" else -z3.ToInt(-inner)
            case Operation(sign=sign):
                left, right = self._term(expression.left, divisors), self._term(expression.right, divisors)
                if sign == "/":
                    divisors.append(right)
                    return self._real(left) / self._real(right)
                return left + right if sign == "+" else left - right if sign == "-" else left * right

    def _gathered(self, function: str, items: Sequence[Named], divisors: list[Any]) -> Any:
        """The average as a choice by the number of chosen ones: a quotient of two unknowns is hard."""
        z3, zero = self._z3, self._constant(Fraction(0))
        added = zero
        for item in items:
            added = added + self._term(item, divisors)
        if function == "sum" or not items:
            return added
        number = z3.Sum(
            [z3.If(self._truth(item.feature), z3.IntVal(1, ctx=self._context), z3.IntVal(0, ctx=self._context)) for item in items]
        )
        found = zero
        for count in range(1, len(items) + 1):
            found = z3.If(number == count, self._real(added) / count, found)
        return found
