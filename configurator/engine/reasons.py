"""Why something cannot be had or follows, and what to give up to have it after all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pysat.solvers import Solver

from configurator.engine.columns import Columns
from configurator.engine.decisions import Decision, Decisions, ordered
from configurator.engine.family.family import Rule
from configurator.engine.minimal import irreducible, smallest
from configurator.engine.solver.lease import SOLVER, Lease

MOST_REPAIRS = 24
Own = dict[Decision, list[int]]


@dataclass(frozen=True)
class Reason:
    """Own decisions and rules that together exclude something; without any one of them they would not."""

    decisions: tuple[Decision, ...]
    rules: tuple[Rule, ...]


def reason(columns: Columns, lease: Lease, decisions: Decisions, target: Sequence[int]) -> Reason:
    """Why no product agrees with the decisions and the target literals. The same answer whatever was asked before.

    QuickXplain (Junker 2004) over the decisions and rules, in the order of the file: an irreducible set.
    """
    family = columns.encoding.family
    elements: list[Decision | Rule] = [*ordered(decisions, family), *family.rules]

    def impossible(chosen: Sequence[Decision | Rule]) -> bool:
        rules = [columns.encoding.rules[each.id] for each in chosen if isinstance(each, Rule)]
        own = [literal for each in chosen if isinstance(each, Decision) for literal in columns.assumptions(each)]
        return not lease.holds_under(rules, [*own, *target])

    kept = irreducible(elements, impossible)
    return Reason(
        decisions=tuple(each for each in kept if isinstance(each, Decision)), rules=tuple(each for each in kept if isinstance(each, Rule))
    )


@dataclass(frozen=True)
class Doubt:
    """Something that cannot be had beside some decisions: the literals that say it."""

    name: str
    decisions: Decisions
    target: tuple[int, ...]


def reasons(columns: Columns, doubts: Sequence[Doubt]) -> dict[str, Reason]:
    """A reason for each doubt. All in one go, with a solver of their own and in order: equal doubts get equal reasons.

    The solver's core is a first answer; what it does not need is left out of it.
    """
    encoding = columns.encoding
    family = encoding.family
    rule_of = {encoding.rules[rule.id]: rule for rule in family.rules}
    found: dict[str, Reason] = {}
    with Solver(name=SOLVER, bootstrap_with=encoding.clauses) as solver:
        for doubt in doubts:
            own = {each: columns.assumptions(each) for each in ordered(doubt.decisions, family)}
            target = list(doubt.target)
            assumed = [*target, *(literal for literals in own.values() for literal in literals), *rule_of]
            if solver.solve(assumptions=assumed):
                raise ValueError(f"{doubt.name} can be had")
            core = frozenset(solver.get_core() or ())
            elements: list[Decision | Rule] = [each for each, literals in own.items() if core.intersection(literals)]
            elements += [rule for literal, rule in rule_of.items() if literal in core]

            def impossible(chosen: Sequence[Decision | Rule], target: list[int] = target, own: Own = own) -> bool:
                literals = [each for one in chosen for each in ([encoding.rules[one.id]] if isinstance(one, Rule) else own[one])]
                return not solver.solve(assumptions=[*target, *literals])

            kept = irreducible(elements, impossible)
            found[doubt.name] = Reason(
                decisions=tuple(each for each in kept if isinstance(each, Decision)),
                rules=tuple(each for each in kept if isinstance(each, Rule)),
            )
    return found


def repairs(columns: Columns, lease: Lease, soft: Decisions, hard: Decisions, target: Sequence[int]) -> list[tuple[Decision, ...]]:
    """The smallest sets of the soft decisions to give up (at most MOST_REPAIRS) so that the hard ones and the target can be had.

    Empty when nothing helps.
    """
    family = columns.encoding.family
    literals = {each: columns.assumptions(each) for each in ordered(soft, family)}
    fixed = [*(literal for each in ordered(hard, family) for literal in columns.assumptions(each)), *target]
    owner: dict[int, list[Decision]] = {}
    for each, assumed in literals.items():
        for literal in assumed:
            owner.setdefault(literal, []).append(each)

    def refutation(given_up: Collection[Decision]) -> frozenset[Decision] | None:
        rest = [literal for each, assumed in literals.items() if each not in given_up for literal in assumed]
        if lease.holds([*fixed, *rest]):
            return None
        return frozenset(each for literal in lease.core() for each in owner.get(literal, ()) if each not in given_up)

    return smallest(list(literals), refutation, MOST_REPAIRS)
