"""What every feature is after some decisions, exactly: chosen in all products that agree, in none, or open."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pysat.solvers import Solver

from configurator.engine.features.clauses import Clause, Clauses
from configurator.engine.features.components import SOLVER, base_of, components
from configurator.engine.features.doubts import settle

Flags = NDArray[np.bool_]
MOST_WITNESSES = 2_048
REMEMBERED = 256
Decided = tuple[int, ...]
"""Literals of the own decisions, in order of the features."""


class States:
    """One model's answers. Not safe between threads: the solvers within are incremental."""

    def __init__(self, found: Clauses) -> None:
        self.features = found.features
        self.base = base_of(found)
        self._parts = [_Component(variables, clauses, found, self.base.seen) for variables, clauses in components(self.base.rest)]
        self._part_of: dict[int, _Component] = {variable: part for part in self._parts for variable in part.variables}

    @property
    def largest(self) -> list[int]:
        """The features of the largest component."""
        return [variable for variable in self._parts[0].variables if variable <= self.features] if self._parts else []

    def after(self, decisions: Iterable[int]) -> tuple[frozenset[int], frozenset[int]] | None:
        """(forced, excluded) features, the decided ones among them; None when nothing agrees with the decisions."""
        if not self.base.satisfiable:
            return None
        forced, excluded = set(self.base.core), set(self.base.dead)
        by_part: dict[_Component, list[int]] = {}
        for literal in decisions:
            feature = abs(literal)
            if feature in (excluded if literal > 0 else forced) and feature not in self._part_of:
                return None
            part = self._part_of.get(feature)
            if part is None:
                (forced if literal > 0 else excluded).add(feature)
            else:
                by_part.setdefault(part, []).append(literal)
        if forced & excluded:
            return None
        for part, own in by_part.items():
            state = part.after(tuple(sorted(set(own), key=abs)))
            if state is None:
                return None
            forced.update(state[0])
            excluded.update(state[1])
        return frozenset(forced), frozenset(excluded)


class _Component:
    """Its variables are numbered anew from 1; ``_is_feature`` tells which of them are features."""

    def __init__(self, variables: Sequence[int], clauses: Sequence[Clause], found: Clauses, seen: Flags) -> None:
        self.variables = variables
        self._local = {variable: number for number, variable in enumerate(variables, 1)}
        self._clauses = clauses
        self._own = np.array([number for number, variable in enumerate(variables) if variable <= found.features], dtype=np.int64)
        """Places of the features among the variables."""
        self._names = np.array([variable for variable in variables if variable <= found.features], dtype=np.int64)
        self._until = np.searchsorted(self._names, [found.until[name] for name in self._names.tolist()])
        self._place = {variable: place for place, variable in enumerate(self._names.tolist())}
        self._at = {variable: place for place, variable in enumerate((self._own + 1).tolist())}
        self._seen: Flags = np.unique(seen[:, self._names - 1], axis=0)
        self._count = len(self._seen)
        self._solver: Solver | None = None
        self._known: OrderedDict[Decided, tuple[list[int], list[int]] | None] = OrderedDict()

    def after(self, decided: Decided) -> tuple[list[int], list[int]] | None:
        """(forced, excluded) of this component's features."""
        if decided not in self._known:
            self._known[decided] = self._asked(decided)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(decided)
        return self._known[decided]

    def _ready(self) -> Solver:
        if self._solver is None:
            local = self._local
            clauses = [[local[literal] if literal > 0 else -local[-literal] for literal in clause] for clause in self._clauses]
            self._solver = Solver(name=SOLVER, bootstrap_with=clauses)
        return self._solver

    def _asked(self, decided: Decided) -> tuple[list[int], list[int]] | None:
        solver = self._ready()
        assumptions = [self._local[literal] if literal > 0 else -self._local[-literal] for literal in decided]
        agreeing = np.ones(self._count, dtype=np.bool_)
        for literal in decided:
            column = self._seen[: self._count, self._place[abs(literal)]]
            agreeing &= column if literal > 0 else ~column
        rows = self._seen[: self._count][agreeing]
        if not len(rows):
            if not solver.solve(assumptions=assumptions):
                return None
            rows = (np.asarray(solver.get_model(), dtype=np.int32)[self._own] > 0)[None, :]
            self._remember(rows[0])
        ever, never_lacked = rows.any(axis=0), rows.all(axis=0)
        _, implied = solver.propagate(assumptions=assumptions)
        truths = np.zeros(len(self.variables) + 1, dtype=np.int8)
        for literal in implied:
            truths[abs(literal)] = 1 if literal > 0 else -1
        own = truths[self._own + 1]
        # What all products seen have, or lack, is in doubt until it follows or a question settles it.
        doubt_forced, doubt_excluded = never_lacked & (own == 0), ~ever & (own == 0)
        forced, excluded = own > 0, own < 0
        doubted = np.where(doubt_forced, -1, np.where(doubt_excluded, 1, 0)).astype(np.int8)

        def prove(literal: int) -> list[int]:
            follows = [literal, *solver.propagate(assumptions=[literal])[1]]
            for each in follows:
                at = self._at.get(abs(each))
                if at is not None:
                    (forced if each > 0 else excluded)[at] = True
            return follows

        settle(solver, assumptions, self._own + 1, self._until, doubted, prove, self._remember)
        return self._names[forced].tolist(), self._names[excluded].tolist()

    def _remember(self, row: Flags) -> None:
        if self._count == len(self._seen) and len(self._seen) < MOST_WITNESSES:
            more = np.zeros((max(16, len(self._seen)), len(self._own)), dtype=np.bool_)
            self._seen = np.vstack((self._seen, more))[:MOST_WITNESSES]
        self._seen[self._count % len(self._seen)] = row
        self._count = self._count + 1 if self._count < len(self._seen) else self._count
