"""Why a feature is forced or excluded in a model, and what to give up to have it otherwise."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pysat.solvers import Solver

from configurator.engine.features.clauses import Clause, Clauses, Part
from configurator.engine.features.components import SOLVER
from configurator.engine.features.necessary import irreducible_groups
from configurator.engine.minimal import smallest

MOST_REPAIRS = 24
MOST_TRIMMED = 4
BLOCK = 200
"""So many parts are switched on at once, until it is known which of them matter."""
Status = Literal["forced", "excluded", "open"]


@dataclass(frozen=True)
class Explanation:
    """``decisions`` (literals) and ``parts`` together cause it; none can be missed. ``repairs``: decisions to give up, each set enough."""

    status: Status
    decisions: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()
    repairs: tuple[tuple[int, ...], ...] = ()


class Reasons:
    """One model's explanations. A big solver finds parts that cause it together, a small one of those parts alone which can be missed."""

    def __init__(self, found: Clauses) -> None:
        self._found = found

    def prepare(self) -> None:
        """The first question takes no longer than others then."""
        _ = self._solver, self._switched

    @cached_property
    def _solver(self) -> Solver:
        return Solver(name=SOLVER, bootstrap_with=self._found.clauses)

    @cached_property
    def _switched(self) -> Solver:
        """Each part holds where its switch does, the variable ``top`` + 1 + its number, and a block of switches where the block does."""
        first, last = self._found.top + 1, self._found.top + len(self._found.parts)
        parts = range(len(self._found.parts))
        solver = Solver(name=SOLVER, bootstrap_with=[[-(first + part), *clause] for part in parts for clause in self._clauses_of(part)])
        for number, block in enumerate(self._blocks):
            for switch in block:
                solver.add_clause([-(last + 1 + number), switch])
        return solver

    @cached_property
    def _blocks(self) -> list[range]:
        first, last = self._found.top + 1, self._found.top + len(self._found.parts)
        return [range(begin, min(begin + BLOCK, last + 1)) for begin in range(first, last + 1, BLOCK)]

    def _clauses_of(self, part: int) -> Sequence[Clause]:
        return self._found.clauses[self._found.ends[part - 1] if part else 0 : self._found.ends[part]]

    def of(self, decisions: Sequence[int], feature: int) -> Explanation:
        """The decisions must agree with each other. Of a model without products everything is excluded."""
        status: Status
        for status, target in (("excluded", feature), ("forced", -feature)):
            if not self._solver.solve(assumptions=[target, *decisions]):
                kept = self._irreducible(target, decisions)
                top = self._found.top
                return Explanation(
                    status,
                    tuple(literal for literal in kept if literal <= top),
                    tuple(self._found.parts[literal - top - 1] for literal in kept if literal > top),
                    self._repairs(target, decisions),
                )
        return Explanation("open")

    def _irreducible(self, target: int, decisions: Sequence[int]) -> list[int]:
        """Decisions and switches that cannot be had with the target."""
        top = self._found.top
        blocks = range(top + 1 + len(self._found.parts), top + 1 + len(self._found.parts) + len(self._blocks))
        needed = self._core(target, [*decisions, *blocks])
        switches = [switch for block, held in zip(blocks, self._blocks, strict=True) if block in needed for switch in held]
        needed = self._core(target, [*decisions, *switches])
        elements = [each for each in (*decisions, *switches) if each in needed]
        groups: dict[int, list[Clause]] = {each: [[each]] if each <= top else list(self._clauses_of(each - top - 1)) for each in elements}
        variables = sorted({abs(literal) for clauses in groups.values() for clause in clauses for literal in clause} | {abs(target)})
        small = {literal: place if literal > 0 else -place for place, each in enumerate(variables, 1) for literal in (each, -each)}
        switch = {each: len(variables) + place for place, each in enumerate(elements, 1)}
        of_switch = {place: each for each, place in switch.items()}
        own = {each: [[small[literal] for literal in clause] for clause in clauses] for each, clauses in groups.items()}
        switched = [[-switch[each], *clause] for each, clauses in own.items() for clause in clauses]
        with Solver(name=SOLVER, bootstrap_with=switched) as solver:

            def solve(names: Sequence[int]) -> tuple[frozenset[int], Sequence[int]]:
                if solver.solve(assumptions=[small[target], *(switch[each] for each in names)]):
                    return frozenset(), solver.get_model()[: len(variables)]
                return frozenset(of_switch[place] for place in solver.get_core() or () if place in of_switch), ()

            for _ in range(MOST_TRIMMED):
                before = len(elements)
                needed, _solution = solve(elements)
                elements = [each for each in elements if each in needed]
                if len(elements) == before:
                    break
            return irreducible_groups({each: own[each] for each in elements}, small[target], solve)

    def _core(self, target: int, elements: Sequence[int]) -> frozenset[int]:
        self._switched.solve(assumptions=[target, *elements])
        return frozenset(self._switched.get_core() or ())

    def _repairs(self, target: int, decisions: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        def refutation(given_up: Collection[int]) -> frozenset[int] | None:
            rest = [literal for literal in decisions if literal not in given_up]
            if self._solver.solve(assumptions=[target, *rest]):
                return None
            return frozenset(self._solver.get_core() or ()).intersection(rest)

        return tuple(
            sorted(smallest(list(decisions), refutation, MOST_REPAIRS), key=lambda repair: [decisions.index(each) for each in repair])
        )
