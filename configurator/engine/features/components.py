"""The parts of a model that share nothing once what always holds is taken out: each is solved alone."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pysat.solvers import Solver

from configurator.engine.features.clauses import Clause, Clauses
from configurator.engine.features.doubts import Places, settle
from configurator.engine.features.kin import Kin

SOLVER = "minisat22"
Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Variables that share no clause with others."""

    variables: list[int]
    """In order; those that are features come first."""
    clauses: list[Clause]
    seen: Rows
    """Solutions met on the way: a row each, a truth for each variable."""


@dataclass(frozen=True)
class Base:
    """What holds before any decision. ``satisfiable`` false: everything else is empty."""

    satisfiable: bool
    core: frozenset[int] = frozenset()
    """Features in every product."""
    dead: frozenset[int] = frozenset()
    """Features in none."""
    parts: tuple[Part, ...] = ()
    """What is left, the largest first."""


def base_of(found: Clauses) -> Base:
    """What follows at once is taken out, the rest falls into parts; in each, a question for each feature still in doubt."""
    always = _at_once(found)
    if always is None:
        return Base(False)
    parts: list[Part] = []
    for variables, clauses in components(_without(found.clauses, always)):
        settled = _backbone(variables, clauses, found)
        if settled is None:
            return Base(False)
        fixed, seen = settled
        always.update(fixed)
        parts += _parts(variables, clauses, fixed, seen)
    parts.sort(key=lambda part: (-len(part.variables), part.variables[0]))
    core = frozenset(literal for literal in always if 0 < literal <= found.features)
    return Base(True, core, frozenset(-literal for literal in always if 0 > literal >= -found.features), tuple(parts))


def _at_once(found: Clauses) -> set[int] | None:
    """What unit propagation finds; None for a contradiction."""
    units = {clause[0] for clause in found.clauses if len(clause) == 1}
    if not all(found.clauses) or any(-literal in units for literal in units):
        return None
    with Solver(name=SOLVER, bootstrap_with=[clause for clause in found.clauses if len(clause) > 1]) as following:
        if found.top:
            following.add_clause([found.top, -found.top])
        possible, follows = following.propagate(assumptions=list(units))
    return units.union(follows) if possible else None


def _backbone(variables: Sequence[int], clauses: Sequence[Clause], found: Clauses) -> tuple[set[int], Rows] | None:
    """(literals in every solution of the part, the solutions met); None when there is none."""
    own = numbered(variables, clauses)
    always: set[int] = set()
    with Solver(name=SOLVER, bootstrap_with=own) as solver:
        if not solver.solve():
            return None
        first = np.asarray(solver.get_model(), dtype=np.int32) > 0
        seen = [first]
        names, until = features_of(variables, found)
        if len(names):
            kin, settled = Kin(names.tolist(), found), np.zeros(len(names), dtype=np.int8)
            with Solver(name=SOLVER, bootstrap_with=own) as following:

                def prove(literal: int) -> Iterable[int]:
                    solver.add_clause([literal])
                    follows = [literal, *following.propagate(assumptions=[literal])[1]]
                    always.update(follows)
                    return follows

                doubted = np.where(first[: len(names)], -1, 1).astype(np.int8)
                speakers = kin.speakers(doubted, settled)
                settle(solver, [], until, doubted, prove, lambda row, _: seen.append(row))
                settled[[literal - 1 for literal in always if 0 < literal <= len(names)]] = 1
                settled[[-literal - 1 for literal in always if 0 > literal >= -len(names)]] = -1
                kin.follow(speakers, settled)
                always.update(((np.flatnonzero(settled) + 1) * settled[settled != 0]).tolist())
                always.update(following.propagate(assumptions=list(always))[1])
    return {variables[literal - 1] if literal > 0 else -variables[-literal - 1] for literal in always}, np.asarray(seen)


def _parts(variables: list[int], clauses: list[Clause], fixed: Collection[int], seen: Rows) -> Iterator[Part]:
    """The part without what is fixed in it; it may fall apart once more."""
    if not fixed:
        yield Part(variables, clauses, seen)
        return
    place = {variable: at for at, variable in enumerate(variables)}
    for left, rest in components(_without(clauses, set(fixed))):
        yield Part(left, rest, seen[:, [place[variable] for variable in left]])


def features_of(variables: Sequence[int], found: Clauses) -> tuple[Places, Places]:
    """(the features among the variables in order of the tree, for each the place after the last one below it)"""
    names = np.array([variable for variable in variables if variable <= found.features], dtype=np.int64)
    return names, np.searchsorted(names, [found.until[name] for name in names.tolist()])


def numbered(variables: Sequence[int], clauses: Iterable[Clause]) -> list[Clause]:
    """The clauses over places from 1 instead of variables."""
    place = {variable: number for number, variable in enumerate(variables, 1)}
    return [[place[literal] if literal > 0 else -place[-literal] for literal in clause] for clause in clauses]


def _without(clauses: Iterable[Clause], always: set[int]) -> Iterator[Clause]:
    for clause in clauses:
        if always.isdisjoint(clause):
            yield [literal for literal in clause if -literal not in always]


def components(clauses: Iterable[Clause]) -> list[tuple[list[int], list[Clause]]]:
    """(variables in order, clauses) of each part that shares no variable with another, the largest first."""
    rest = list(clauses)
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
    of_part: dict[int, list[Clause]] = {}
    for clause in rest:
        of_part.setdefault(top(abs(clause[0])), []).append(clause)
    return sorted(((variables[root], of_part[root]) for root in variables), key=lambda each: (-len(each[0]), each[0][0]))
