"""The parts of a model that share nothing once what always holds is taken out: each is solved alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pysat.solvers import Solver

from configurator.engine.features.clauses import Clause, Clauses
from configurator.engine.features.doubts import settle

SOLVER = "minisat22"
MOST_SEEN = 1_024


@dataclass(frozen=True)
class Base:
    """What holds before any decision. ``satisfiable`` false: everything else is empty."""

    satisfiable: bool
    core: frozenset[int]
    """Features in every product."""
    dead: frozenset[int]
    """Features in none."""
    rest: tuple[Clause, ...]
    """What is left of the clauses."""
    seen: NDArray[np.bool_]
    """Products met on the way: a row each, a truth for each feature."""


def base_of(found: Clauses) -> Base:
    """One question for each feature that neither follows at once nor is settled by a product seen on the way."""
    units = [clause[0] for clause in found.clauses if len(clause) == 1]
    with Solver(name=SOLVER, bootstrap_with=found.clauses) as solver, Solver(name=SOLVER) as following:
        for clause in found.clauses:
            if len(clause) > 1:
                following.add_clause(clause)
        if found.top:
            solver.add_clause([found.top, -found.top])
            following.add_clause([found.top, -found.top])
        if not solver.solve():
            return Base(False, frozenset(), frozenset(), (), np.zeros((0, found.features), dtype=np.bool_))
        always = set(units).union(following.propagate(assumptions=units)[1])
        first = np.asarray(solver.get_model()[: found.features], dtype=np.int64)
        seen = [first > 0]
        doubted = np.where(first > 0, -1, 1).astype(np.int8)
        doubted[[abs(literal) - 1 for literal in always if abs(literal) <= found.features]] = 0
        variables = np.arange(1, found.features + 1)

        def prove(literal: int) -> Iterable[int]:
            solver.add_clause([literal])
            follows = [literal, *following.propagate(assumptions=[literal])[1]]
            always.update(follows)
            return follows

        settle(solver, [], variables, np.asarray(found.until[1:]) - 1, doubted, prove, seen.append)
        always.update(following.propagate(assumptions=list(always))[1])
    return Base(
        True,
        frozenset(literal for literal in always if 0 < literal <= found.features),
        frozenset(-literal for literal in always if 0 > literal >= -found.features),
        tuple(_without(found.clauses, always)),
        np.asarray(seen[-MOST_SEEN:]),
    )


def _without(clauses: Sequence[Clause], always: set[int]) -> Iterator[Clause]:
    for clause in clauses:
        if always.isdisjoint(clause):
            yield [literal for literal in clause if -literal not in always]


def components(rest: Sequence[Clause]) -> list[tuple[list[int], list[Clause]]]:
    """(variables in order, clauses) of each part that shares no variable with another, the largest first."""
    above: dict[int, int] = {}

    def top(variable: int) -> int:
        root = variable
        while above[root] != root:
            root = above[root]
        while above[variable] != root:
            above[variable], variable = root, above[variable]
        return root

    for clause in rest:
        first = abs(clause[0])
        above.setdefault(first, first)
        root = top(first)
        for literal in clause[1:]:
            variable = abs(literal)
            above.setdefault(variable, variable)
            other = top(variable)
            if other != root:
                above[other] = root
    variables: dict[int, list[int]] = {}
    for variable in sorted(above):
        variables.setdefault(top(variable), []).append(variable)
    clauses: dict[int, list[Clause]] = {}
    for clause in rest:
        clauses.setdefault(top(abs(clause[0])), []).append(clause)
    return sorted(((variables[root], clauses[root]) for root in variables), key=lambda each: (-len(each[0]), each[0][0]))
