"""What every feature is after some decisions, exactly: chosen in all products that agree, in none, or open."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pysat.solvers import Solver

from configurator.engine.features.clauses import Clauses
from configurator.engine.features.components import SOLVER, Part, base_of, features_of, numbered
from configurator.engine.features.doubts import Signs, settle
from configurator.engine.features.kin import Kin
from configurator.engine.features.witnesses import Guide, Witnesses, both, joined, witnesses

REMEMBERED = 256
"""So many states are known at a time."""
FEWEST_LED, MOST_LED, MOST_BITS = 3, 16, 1_000_000_000
"""So many of them with their witnesses."""
LARGE = 500
"""Parts of so many variables are made ready at once, others when they are first asked about."""
FEW_ROWS, MANY_DOUBTS = 4, 20
"""After so many answers that leave so many doubts, the witnesses are led once more."""
Decided = frozenset[int]
"""Literals of the own decisions."""


class States:
    """One model's answers. Not safe between threads: the solvers within are incremental."""

    def __init__(self, found: Clauses) -> None:
        self.features = found.features
        self.base = base_of(found)
        self._parts = [_Component(part, found) for part in self.base.parts]
        self._part_of: dict[int, _Component] = {variable: part for part in self._parts for variable in part.variables}
        for part in self._parts:
            if len(part.variables) >= LARGE:
                part.prepare()

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

    settled: Signs
    found: Witnesses


class _Component:
    """Its variables are numbered anew from 1, features first."""

    def __init__(self, part: Part, found: Clauses) -> None:
        self.variables = part.variables
        self._names, self._until = features_of(part.variables, found)
        self._kin = Kin(self._names.tolist(), found)
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
                while len(self._led) > FEWEST_LED and (
                    len(self._led) > MOST_LED or sum(each.found.bits for each in self._led.values()) > MOST_BITS
                ):
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
        """The nearest states that are known of fewer decisions, and of more, have witnesses to begin with."""
        if any(-literal in decided for literal in decided):
            return None
        solver, _ = self.prepare()
        before = max((known for known in self._led if known <= decided), key=len)
        after = min((known for known in self._led if known > decided), key=len, default=None)
        start = self._led[before].found
        if after is not None:
            start = both(self._led[after].found, start)
        agreeing = start.having(decided)
        if not agreeing:
            if not solver.solve(assumptions=list(decided)):
                return None
            start = joined(start, np.asarray(solver.get_model(), dtype=np.int32)[None, :] > 0)
            agreeing = 1 << start.count - 1
        return self._settled(decided, self._led[before].settled.copy(), start, agreeing & -agreeing)

    def _settled(self, decided: Decided, settled: Signs, start: Witnesses, nearest: int) -> _Led:
        """What all witnesses have, or lack, is in doubt until it follows or a question settles it.

        ``start`` may disagree with the decisions, but for the witness with the bit ``nearest``. ``settled``: what is known to be so.
        """
        solver, guide = self.prepare()
        features, assumptions = len(self._names), list(decided)
        implied = solver.propagate(assumptions=assumptions)[1]
        found = guide.led(start, implied, nearest)

        def settle_all(literals: Iterable[int]) -> None:
            for literal in literals:
                if abs(literal) <= features:
                    settled[abs(literal) - 1] = 1 if literal > 0 else -1

        def prove(literal: int) -> list[int]:
            follows = [literal, *solver.propagate(assumptions=[literal])[1]]
            settle_all(follows)
            return follows

        settle_all(implied)
        doubted = found.doubts(features)
        doubted[settled != 0] = 0
        speakers = self._kin.speakers(doubted, settled)
        rows: list[NDArray[np.bool_]] = []
        patience = FEW_ROWS

        def seen(row: NDArray[np.bool_], doubted: Signs) -> None:
            nonlocal found, patience
            rows.append(row)
            left = np.count_nonzero(doubted)
            if len(rows) < patience or left < MANY_DOUBTS:
                return
            # One that has what was in doubt is another guide: it leads to others that have such things.
            again = joined(start, row[None, :])
            again = guide.led(again, implied, 1 << again.count - 1)
            found = both(joined(found, np.asarray(rows)), again)
            rows.clear()
            doubted[again.doubts(features) == 0] = 0
            if left - np.count_nonzero(doubted) < MANY_DOUBTS // 2:
                patience *= 4

        settle(solver, assumptions, self._until, doubted, prove, seen)
        self._kin.follow(speakers, settled)
        return _Led(settled, joined(found, np.asarray(rows)) if rows else found)
