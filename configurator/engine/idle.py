"""Which parts of a family never act: rules that no product could break, lines and operations that no product has."""

from collections.abc import Iterator, Sequence

from pysat.solvers import Solver

from configurator.engine.expressions import Chosen, Condition, Junction, Truth
from configurator.engine.family.family import BomRule, CareRule, Checkpoint, Derived, Family, Operation, PriceRule, Rule, Table
from configurator.engine.finding import Finding, finding
from configurator.engine.minimal import irreducible
from configurator.engine.solver.encoding import Encoding, encode
from configurator.engine.solver.lease import SOLVER


def idle_parts(family: Family) -> Iterator[Finding]:
    """A warning for each. The family must have a product. What compares too many combinations to be decided is not told."""
    occasions = list(_occasions(family))
    encoding = encode(family, [*(_condition(rule) for rule in family.rules), *(when for when, _ in occasions)])
    with Solver(name=SOLVER, bootstrap_with=encoding.clauses) as solver:
        for rule in family.rules:
            yield from _needless(encoding, solver, rule)
        for when, line in occasions:
            literal = encoding.watched.get(when)
            if literal is not None and not solver.solve(assumptions=[literal, *encoding.rules.values()]):
                yield finding(line, "never_there", "warning")


def _needless(encoding: Encoding, solver: Solver, rule: Rule) -> Iterator[Finding]:
    """The rule with those that exclude already all that it excludes: an irreducible set of them."""
    literal = encoding.watched.get(_condition(rule))
    if literal is None:
        return
    others = [each for each in encoding.family.rules if each is not rule]

    def impossible(chosen: Sequence[Rule]) -> bool:
        return not solver.solve(assumptions=[-literal, *(encoding.rules[each.id] for each in chosen)])

    if impossible(others):
        core = frozenset(solver.get_core() or ())
        instead = irreducible([each for each in others if encoding.rules[each.id] in core], impossible)
        if instead:
            yield finding(rule.line, "rule_implied", "warning", name=rule.id, rules=", ".join(each.id for each in instead))
        else:
            yield finding(rule.line, "rule_never_bites", "warning", name=rule.id)


def _condition(rule: Rule) -> Condition:
    if not isinstance(rule.condition, Table):
        return rule.condition
    options = rule.condition.options
    rows = (tuple(Chosen(option, frozenset({value})) for option, value in zip(options, row, strict=True)) for row in rule.condition.allow)
    return Junction("or", tuple(Junction("and", row) for row in rows))


Part = PriceRule | BomRule | Operation | Checkpoint | Derived | CareRule


def _occasions(family: Family) -> Iterator[tuple[Condition, int]]:
    """Every condition of the sections that price, make and tell a product, with its line."""
    asks = [(option.ask.when, option.line) for option in family.options.values() if option.ask is not None]
    parts: tuple[Part, ...] = (*family.price, *family.bom, *family.routing, *family.quality, *family.derived.values(), *family.care)
    found = [*asks, *((each.when, each.line) for each in parts)]
    return (each for each in found if each[0] != Truth(True))
