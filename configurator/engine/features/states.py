"""What every feature is after some decisions, exactly: chosen in all products that agree, in none, or open."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pysat.solvers import Solver

from configurator.engine.features.clauses import Clauses
from configurator.engine.features.components import SOLVER, Part, base_of, features_of, numbered
from configurator.engine.features.doubts import settle
from configurator.engine.features.witnesses import Guide, Witnesses, both, joined, witnesses

REMEMBERED = 256
MOST_LED = 16
"""So many states keep their witnesses."""
Decided = frozenset[int]
"""Literals of the own decisions."""


class States:
    """One model's answers. Not safe between threads: the solvers within are incremental."""

    def __init__(self, found: Clauses) -> None:
        self.features = found.features
        self.base = base_of(found)
        self._parts = [_Component(part, found) for part in self.base.parts]
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
            state = part.after(own)
            if state is None:
                return None
            forced.update(state[0])
            excluded.update(state[1])
        return frozenset(forced), frozenset(excluded)


@dataclass(frozen=True, slots=True)
class _Led:
    """Places that are settled after some decisions, 1 chosen and -1 not, and witnesses for all others."""

    settled: NDArray[np.int8]
    found: Witnesses


class _Component:
    """Its variables are numbered anew from 1, features first."""

    def __init__(self, part: Part, found: Clauses) -> None:
        self.variables = part.variables
        self._names, self._until = features_of(part.variables, found)
        self._part = part
        self._place = {variable: number for number, variable in enumerate(self._names.tolist(), 1)}
        self._ready: tuple[Solver, Guide] | None = None
        self._known: OrderedDict[Decided, tuple[list[int], list[int]] | None] = OrderedDict()
        self._led: OrderedDict[Decided, _Led] = OrderedDict()

    def after(self, decisions: Iterable[int]) -> tuple[list[int], list[int]] | None:
        """(forced, excluded) of this component's features."""
        decided = frozenset(self._place[literal] if literal > 0 else -self._place[-literal] for literal in decisions)
        if decided not in self._known:
            led = self._asked(decided)
            if led is not None:
                self._led[decided] = led
                if len(self._led) > MOST_LED:
                    # Not the state before any decision: everything can be led from there.
                    del self._led[next(known for known in self._led if known)]
            self._known[decided] = None if led is None else (self._names[led.settled > 0].tolist(), self._names[led.settled < 0].tolist())
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(decided)
        return self._known[decided]

    def prepare(self) -> tuple[Solver, Guide]:
        """What answers, made once."""
        if self._ready is None:
            clauses = numbered(self.variables, self._part.clauses)
            self._ready = Solver(name=SOLVER, bootstrap_with=clauses), Guide(clauses, len(self.variables))
            self._led[frozenset()] = _Led(np.zeros(len(self._names), dtype=np.int8), witnesses(np.unique(self._part.seen, axis=0)))
        return self._ready

    def _asked(self, decided: Decided) -> _Led | None:
        if any(-literal in decided for literal in decided):
            return None
        solver, guide = self.prepare()
        before = max((known for known in self._led if known <= decided), key=len)
        after = min((known for known in self._led if known > decided), key=len, default=None)
        start, assumptions = self._led[before], list(decided)
        found, new = start.found, decided - before
        if after is not None:
            found = both(found, self._led[after].found)
        agreeing = found.having(new)
        if not agreeing:
            if not solver.solve(assumptions=assumptions):
                return None
            found = joined(found, np.asarray(solver.get_model(), dtype=np.int32)[None, :] > 0)
            agreeing = 1 << found.count - 1
        found = guide.led(found, new, agreeing & -agreeing)
        return self._settled(start.settled.copy(), found, assumptions)

    def _settled(self, settled: NDArray[np.int8], found: Witnesses, assumptions: list[int]) -> _Led:
        """What all witnesses have, or lack, is in doubt until it follows or a question settles it."""
        solver, _ = self.prepare()
        features = len(self._names)

        def settle_all(literals: Iterable[int]) -> None:
            for literal in literals:
                if abs(literal) <= features:
                    settled[abs(literal) - 1] = 1 if literal > 0 else -1

        def prove(literal: int) -> list[int]:
            follows = [literal, *solver.propagate(assumptions=[literal])[1]]
            settle_all(follows)
            return follows

        settle_all(solver.propagate(assumptions=assumptions)[1])
        truths = found.truths
        doubted = np.zeros(features, dtype=np.int8)
        doubted[[place for place, having in enumerate(truths[1 : features + 1]) if not having]] = 1
        doubted[[place for place, lacking in enumerate(truths[: -features - 1 : -1]) if not lacking]] = -1
        doubted[settled != 0] = 0
        rows: list[NDArray[np.bool_]] = []
        settle(solver, assumptions, self._until, doubted, prove, rows.append)
        return _Led(settled, joined(found, np.asarray(rows)) if rows else found)
