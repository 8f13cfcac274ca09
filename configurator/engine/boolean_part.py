"""The Boolean part of a product family as a feature model: options are groups, their values features, rules without numbers constraints.

What needs dimensions, and what no choice hangs on (prices by rule, bill of materials, routing), is named among what is left out.
"""

from collections.abc import Mapping
from fractions import Fraction

from configurator.engine.expressions import (
    Arithmetic,
    Chosen,
    Comparison,
    Condition,
    Count,
    Fact,
    Junction,
    Not,
    Number,
    Numeric,
    Truth,
)
from configurator.engine.family.family import Family, Rule, Table
from configurator.engine.features.formula import FALSE, TRUE, AnyFormula, Total, negated, total
from configurator.engine.features.formula import Junction as Formula
from configurator.engine.features.model import ROOT, Constraint, FeatureModel, Group

PRICE = "Price"
MOST_EXPANDED = 14
"""A sum over more values is left out: UVL would need attributes that are not in the family."""


class NoChoice(Exception):
    """A rule that choices alone cannot say."""


def boolean_part(family: Family) -> FeatureModel:
    """Values are named ``option.value``; a value's own price is its attribute ``Price``."""
    names, lines = ["", family.name], [0, 1]
    groups: list[Group] = []
    attributes: dict[int, Mapping[str, bool | Fraction | str]] = {}
    literals: dict[tuple[str, str], int] = {}
    for option in family.options.values():
        top = len(names)
        names.append(option.name)
        lines.append(option.line)
        groups.append(Group(ROOT, (top,), 1, 1, option.line))
        for value in option.values.values():
            literals[option.name, value.name] = len(names)
            if value.price:
                attributes[len(names)] = {PRICE: Fraction(value.price)}
            names.append(f"{option.name}.{value.name}")
            lines.append(value.line)
        members = tuple(literals[option.name, value] for value in option.values)
        groups.append(Group(top, members, option.fewest, min(option.most, len(members)), option.line))
    constraints, left_out = [], [f"line {each.line}: dimension {each.name}" for each in family.dimensions.values()]
    left_out += [f"line {each.line}: dimension {each.name}" for each in family.derived.values()]
    said = _Said(literals)
    for rule in family.rules:
        try:
            constraints.append(Constraint(said.rule(rule), rule.say.en, rule.line))
        except NoChoice:
            left_out.append(f"line {rule.line}: rule {rule.id}")
    left_out += [f"line {each.line}: price {each.label.en}" for each in family.price]
    return FeatureModel(tuple(names), tuple(lines), tuple(groups), tuple(constraints), attributes, left_out=tuple(left_out))


class _Said:
    def __init__(self, literals: Mapping[tuple[str, str], int]) -> None:
        self._literals = literals
        self._of: dict[str, list[int]] = {}
        for (option, _), literal in literals.items():
            self._of.setdefault(option, []).append(literal)

    def rule(self, rule: Rule) -> AnyFormula:
        if not isinstance(rule.condition, Table):
            return self._condition(rule.condition)
        rows = []
        for row in rule.condition.allow:
            pairs = zip(rule.condition.options, row, strict=True)
            rows.append(Formula("and", tuple(self._chosen(option, value) for option, value in pairs)))
        return Formula("or", tuple(rows))

    def _chosen(self, option: str, value: str) -> AnyFormula:
        """The empty value stands for none."""
        if value:
            return self._literals[option, value]
        return Formula("and", tuple(-literal for literal in self._of[option]))

    def _condition(self, condition: Condition) -> AnyFormula:
        match condition:
            case Truth(value):
                return TRUE if value else FALSE
            case Chosen(option, values):
                return Formula("or", tuple(self._chosen(option, value) for value in sorted(values)))
            case Junction(operator, items):
                return Formula(operator, tuple(self._condition(item) for item in items))
            case Not(item):
                return negated(self._condition(item))
            case Comparison(operator, left, right):
                return self._compared(operator, left, right)

    def _compared(self, operator: str, left: Numeric, right: Numeric) -> AnyFormula:
        """Raises NoChoice."""
        constant, weights = _plus(self._sum(left), self._sum(right), -1)
        lowered = [(-weight, literal) for weight, literal in weights]
        at_least, at_most = total(weights, -constant), total(lowered, constant)
        match operator:
            case ">=":
                return _expanded(at_least)
            case "<=":
                return _expanded(at_most)
            case ">":
                return _expanded(total(weights, 1 - constant))
            case "<":
                return _expanded(total(lowered, constant + 1))
        same = Formula("and", (_expanded(at_least), _expanded(at_most)))
        return same if operator == "==" else negated(same)

    def _sum(self, numeric: Numeric) -> "_Sum":
        match numeric:
            case Number(value):
                return value, []
            case Count(option):
                return 0, [(1, literal) for literal in self._of[option]]
            case Fact(option, _, by_value):
                return 0, [(number, self._literals[option, value]) for value, number in by_value if value]
            case Arithmetic("*", left, right):
                first, second = self._sum(left), self._sum(right)
                if first[1] and second[1]:
                    raise NoChoice
                return _scaled(first, second[0]) if first[1] else _scaled(second, first[0])
            case Arithmetic(operator, left, right):
                return _plus(self._sum(left), self._sum(right), 1 if operator == "+" else -1)
        raise NoChoice


_Sum = tuple[int, list[tuple[int, int]]]
"""A constant and (weight, literal) pairs."""


def _plus(first: _Sum, second: _Sum, sign: int) -> _Sum:
    return first[0] + sign * second[0], first[1] + [(sign * weight, literal) for weight, literal in second[1]]


def _scaled(given: _Sum, by: int) -> _Sum:
    return given[0] * by, [(weight * by, literal) for weight, literal in given[1]]


def _expanded(formula: AnyFormula) -> AnyFormula:
    """A sum as choices: the heaviest value first, with it or without. Raises NoChoice for too many."""
    if not isinstance(formula, Total):
        return formula
    if len(formula.weights) > MOST_EXPANDED:
        raise NoChoice
    (weight, literal), rest = formula.weights[0], formula.weights[1:]
    having, lacking = _expanded(total(rest, formula.least - weight)), _expanded(total(rest, formula.least))
    # Without the value no less is wanted than with it: what suffices without suffices with it too.
    return Formula("or", (lacking, Formula("and", (literal, having))))
