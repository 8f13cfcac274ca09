"""Why a feature is forced or excluded in a model, and what to give up to have it otherwise."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from pysat.solvers import Solver

from configurator.engine.features.clauses import Clauses, Part
from configurator.engine.features.components import SOLVER
from configurator.engine.minimal import irreducible, smallest

MOST_REPAIRS = 24
Status = Literal["forced", "excluded", "open"]


@dataclass(frozen=True)
class Explanation:
    """``decisions`` (literals) and ``parts`` together cause it; none can be missed. ``repairs``: decisions to give up, each set enough."""

    status: Status
    decisions: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()
    repairs: tuple[tuple[int, ...], ...] = ()


def explain(found: Clauses, decisions: Sequence[int], feature: int) -> Explanation:
    """The same answer whatever was asked before: the solver is this question's own. The decisions must agree with each other."""
    switches = range(found.top + 1, found.top + 1 + len(found.parts))
    part_of = dict(zip(switches, found.parts, strict=True))
    with Solver(name=SOLVER) as solver:
        begin = 0
        for switch, end in zip(switches, found.ends, strict=True):
            for clause in found.clauses[begin:end]:
                solver.add_clause([-switch, *clause])
            begin = end

        def refuted(literals: Sequence[int]) -> bool:
            return not solver.solve(assumptions=literals)

        for status, target in (("forced", -feature), ("excluded", feature)):
            if refuted([target, *decisions, *switches]):
                core = frozenset(solver.get_core() or ())
                elements = [literal for literal in (*decisions, *switches) if literal in core]
                kept = irreducible(elements, lambda chosen, target=target: refuted([target, *chosen]))  # type: ignore[misc]
                return Explanation(
                    "forced" if status == "forced" else "excluded",
                    tuple(literal for literal in kept if literal not in part_of),
                    tuple(part_of[literal] for literal in kept if literal in part_of),
                    _repairs(solver, [target, *switches], decisions),
                )
    return Explanation("open")


def _repairs(solver: Solver, fixed: Sequence[int], decisions: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    def refutation(given_up: Collection[int]) -> frozenset[int] | None:
        rest = [literal for literal in decisions if literal not in given_up]
        if solver.solve(assumptions=[*fixed, *rest]):
            return None
        return frozenset(solver.get_core() or ()).intersection(rest)

    return tuple(smallest(list(decisions), refutation, MOST_REPAIRS))
