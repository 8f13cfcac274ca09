"""What a drawing's formula means: a small closed language of numbers, points, curves and conditions, checked before it runs."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from configurator.engine.drawing.curves import Curve
from configurator.engine.drawing.functions import FUNCTIONS, Function, Kind, Value

Scope = Mapping[str, Value]
Evaluate = Callable[[Scope], Value]


class ExpressionFault(Exception):
    """A formula is wrong; ``message`` names the kind of fault."""

    def __init__(self, message: str, **params: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.params = params


@dataclass(frozen=True)
class Choosable:
    """The type of an option: the values it can have, and whether it can have several."""

    values: frozenset[str]
    several: bool = False


Types = Mapping[str, Kind | Choosable]


@dataclass(frozen=True)
class Formula:
    """A checked formula; ``evaluate`` gives its value in a scope of names."""

    kind: Kind
    evaluate: Evaluate

    def number(self, scope: Scope) -> float:
        return float(cast(float, self.evaluate(scope)))

    def point(self, scope: Scope) -> complex:
        return complex(cast(complex, self.evaluate(scope)))

    def curve(self, scope: Scope) -> Curve:
        return cast(Curve, self.evaluate(scope))

    def holds(self, scope: Scope) -> bool:
        return bool(self.evaluate(scope))


_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
_ARITHMETIC: dict[type[ast.operator], tuple[Callable[..., Value], frozenset[tuple[Kind, Kind, Kind]]]] = {
    ast.Add: (lambda a, b: a + b, frozenset({("number", "number", "number"), ("point", "point", "point")})),
    ast.Sub: (lambda a, b: a - b, frozenset({("number", "number", "number"), ("point", "point", "point")})),
    ast.Mult: (lambda a, b: a * b, frozenset({("number", "number", "number"), ("point", "number", "point"), ("number", "point", "point")})),
    ast.Div: (lambda a, b: a / b, frozenset({("number", "number", "number"), ("point", "number", "point")})),
}


def parse_formula(text: str, types: Types) -> Formula:
    """The formula of a text, checked against the names' types. Raises ExpressionFault."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionFault("not_a_formula", text=text[:80]) from error
    return _Checker(types).formula(tree.body)


class _Checker:
    def __init__(self, types: Types) -> None:
        self._types = types

    def formula(self, node: ast.expr) -> Formula:
        match node:
            case ast.Constant(value=bool()):
                raise ExpressionFault("not_in_the_language", text=ast.unparse(node)[:80])
            case ast.Constant(value=int() | float() as number):
                constant = float(number)
                return Formula("number", lambda scope: constant)
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._negated(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.wanted(operand, "condition").evaluate
                return Formula("condition", lambda scope: not inner(scope))
            case ast.BinOp(left=left, op=operator, right=right):
                return self._arithmetic(left, operator, right)
            case ast.BoolOp(op=operation, values=values):
                return self._joined(operation, values)
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self._comparison(left, operator, right)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._if(test, body, orelse)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
        raise ExpressionFault("not_in_the_language", text=ast.unparse(node)[:80])

    def wanted(self, node: ast.expr, kind: Kind) -> Formula:
        found = self.formula(node)
        if found.kind != kind:
            raise ExpressionFault("wrong_kind", text=ast.unparse(node)[:80], found=found.kind, wanted=kind)
        return found

    def _name(self, name: str) -> Formula:
        kind = self._types.get(name)
        if kind is None:
            raise ExpressionFault("unknown_name", name=name)
        if isinstance(kind, Choosable):
            raise ExpressionFault("option_alone", name=name)
        return Formula(kind, lambda scope: scope[name])

    def _negated(self, operand: ast.expr) -> Formula:
        inner = self.formula(operand)
        if inner.kind not in ("number", "point"):
            raise ExpressionFault("wrong_kind", text=ast.unparse(operand)[:80], found=inner.kind, wanted="number")
        evaluate = cast(Callable[[Scope], complex], inner.evaluate)
        return Formula(inner.kind, lambda scope: -evaluate(scope))

    def _arithmetic(self, left: ast.expr, operator: ast.operator, right: ast.expr) -> Formula:
        if type(operator) not in _ARITHMETIC:
            raise ExpressionFault("not_in_the_language", text=ast.unparse(ast.BinOp(left, operator, right))[:80])
        compute, signatures = _ARITHMETIC[type(operator)]
        a, b = self.formula(left), self.formula(right)
        gives = next((result for first, second, result in signatures if (a.kind, b.kind) == (first, second)), None)
        if gives is None:
            raise ExpressionFault("kinds_do_not_mix", left=a.kind, right=b.kind)
        one, two = a.evaluate, b.evaluate
        return Formula(gives, lambda scope: compute(one(scope), two(scope)))

    def _joined(self, operation: ast.boolop, values: list[ast.expr]) -> Formula:
        parts = [self.wanted(value, "condition").evaluate for value in values]
        if isinstance(operation, ast.And):
            return Formula("condition", lambda scope: all(part(scope) for part in parts))
        return Formula("condition", lambda scope: any(part(scope) for part in parts))

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Formula:
        option = self._types.get(left.id) if isinstance(left, ast.Name) else None
        if isinstance(left, ast.Name) and isinstance(option, Choosable) and not option.several:
            return self._choice(left.id, option, operator, right)
        if isinstance(operator, ast.In | ast.NotIn):
            return self._among(left, operator, right)
        if type(operator) not in _COMPARE:
            raise ExpressionFault("not_in_the_language", text=ast.unparse(left)[:80])
        compare = _COMPARE[type(operator)]
        a, b = self.wanted(left, "number").number, self.wanted(right, "number").number
        return Formula("condition", lambda scope: compare(a(scope), b(scope)))

    def _choice(self, name: str, option: Choosable, operator: ast.cmpop, right: ast.expr) -> Formula:
        if isinstance(operator, ast.Eq | ast.NotEq):
            wanted = frozenset({self._value(right, name, option)})
        elif isinstance(operator, ast.In | ast.NotIn) and isinstance(right, ast.Tuple | ast.List):
            wanted = frozenset(self._value(element, name, option) for element in right.elts)
        else:
            raise ExpressionFault("not_in_the_language", text=ast.unparse(right)[:80])
        if isinstance(operator, ast.Eq | ast.In):
            return Formula("condition", lambda scope: scope[name] in wanted)
        return Formula("condition", lambda scope: scope[name] not in wanted)

    def _among(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Formula:
        option = self._types.get(right.id) if isinstance(right, ast.Name) else None
        if not isinstance(right, ast.Name) or not isinstance(option, Choosable) or not option.several:
            raise ExpressionFault("not_in_the_language", text=ast.unparse(right)[:80])
        name, wanted = right.id, self._value(left, right.id, option)
        if isinstance(operator, ast.In):
            return Formula("condition", lambda scope: wanted in cast(frozenset[str], scope[name]))
        return Formula("condition", lambda scope: wanted not in cast(frozenset[str], scope[name]))

    def _value(self, node: ast.expr, name: str, option: Choosable) -> str:
        if isinstance(node, ast.Name) and node.id in option.values:
            return node.id
        raise ExpressionFault("unknown_value", option=name, value=ast.unparse(node)[:80])

    def _if(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> Formula:
        condition = self.wanted(test, "condition").evaluate
        first = self.formula(body)
        then, other = first.evaluate, self.wanted(orelse, first.kind).evaluate
        return Formula(first.kind, lambda scope: then(scope) if condition(scope) else other(scope))

    def _call(self, name: str, arguments: list[ast.expr]) -> Formula:
        if name not in FUNCTIONS:
            raise ExpressionFault("unknown_function", name=name)
        parts = [self.formula(argument) for argument in arguments]
        function = self._fitting(name, arguments, parts)
        compute, evaluated = function.compute, [part.evaluate for part in parts]
        return Formula(function.gives, lambda scope: compute(*[part(scope) for part in evaluated]))

    @staticmethod
    def _fitting(name: str, arguments: list[ast.expr], parts: list[Formula]) -> Function:
        """The form of the function that takes these kinds; the nearest one says what is wrong."""
        kinds = tuple(part.kind for part in parts)
        forms = FUNCTIONS[name]
        found = next((form for form in forms if form.fits(kinds)), None)
        if found is not None:
            return found
        nearest = next((form for form in forms if kinds[:1] == form.takes[:1]), forms[0])
        expected = nearest.expected(len(kinds))
        if len(expected) != len(kinds):
            raise ExpressionFault("wrong_count", name=name, wanted=len(nearest.takes), found=len(kinds))
        place = next(index for index, (kind, wanted) in enumerate(zip(kinds, expected, strict=True)) if kind != wanted)
        raise ExpressionFault("wrong_kind", text=ast.unparse(arguments[place])[:80], found=kinds[place], wanted=expected[place])
