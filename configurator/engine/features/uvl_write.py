"""A model written in UVL: the tree with its attributes, then the constraints; reading it again gives every answer again."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from configurator.engine.features.formula import AnyFormula, Junction, Same, Total
from configurator.engine.features.model import ROOT, Attribute, Constraint, FeatureModel, Group
from configurator.engine.features.uvl_expression import name_written, number_written

ABOVE_ALL = "model"


def write_uvl(model: FeatureModel) -> str:
    """UVL 2.0; imported models are part of it, their names with the alias before them."""
    below: dict[int, list[Group]] = {}
    for group in model.groups:
        below.setdefault(group.parent, []).append(group)
    lines = ["features"]
    if model.rooted:
        lines += _tree(model, below)
    else:
        root = ABOVE_ALL
        while root in model.names:
            root += "_"
        lines += [f"\t{name_written(root)}", "\t\toptional", *(f"\t\t\t{name_written(name)}" for name in model.names[1:])]
    if model.constraints:
        lines += ["", "constraints", *(f"\t{_constraint(each, model)}" for each in model.constraints)]
    return "\n".join(lines) + "\n"


def _tree(model: FeatureModel, below: Mapping[int, list[Group]]) -> Iterator[str]:
    """In the order of the tree, without recursion: models may be deep."""
    waiting: list[tuple[int, int | str]] = [(1, ROOT)]
    while waiting:
        depth, what = waiting.pop()
        if isinstance(what, str):
            yield "\t" * depth + what
            continue
        yield "\t" * depth + _feature(model, what)
        for group in reversed(below.get(what, ())):
            waiting += [(depth + 2, member) for member in reversed(group.members)]
            waiting.append((depth + 1, _kind(group)))


def _feature(model: FeatureModel, feature: int) -> str:
    kind, times = model.types.get(feature), model.cardinalities.get(feature)
    named = f"{kind} {name_written(model.names[feature])}" if kind else name_written(model.names[feature])
    return named + (f" cardinality {times}" if times else "") + _attributes(model.attributes.get(feature, {}))


def _kind(group: Group) -> str:
    size = len(group.members)
    if size == 1 and group.high >= 1:
        return "mandatory" if group.low else "optional"
    match group.low, group.high:
        case 1, 1:
            return "alternative"
        case 1, high if high == size:
            return "or"
        case low, high:
            return f"[{low}..{high}]"


def _attributes(given: Mapping[str, Attribute]) -> str:
    if not given:
        return ""
    return " {" + ", ".join(f"{'.'.join(map(name_written, name.split('.')))} {_value(value)}" for name, value in given.items()) + "}"


def _value(value: Attribute) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Fraction():
            return number_written(value)
        case str():
            return f"'{value}'"


def _constraint(constraint: Constraint, model: FeatureModel) -> str:
    return constraint.text if constraint.verbatim else _formula(constraint.formula, model)


def _formula(formula: AnyFormula, model: FeatureModel) -> str:
    match formula:
        case int():
            return ("" if formula > 0 else "!") + name_written(model.names[abs(formula)])
        case Junction(operator, ()):
            return "true" if operator == "and" else "false"
        case Junction(operator, items):
            sign = " & " if operator == "and" else " | "
            return "(" + sign.join(_formula(item, model) for item in items) + ")"
        case Same(left, right):
            return f"({_formula(left, model)} <=> {_formula(right, model)})"
        case Total():
            raise TypeError("sums are written as they were read")
