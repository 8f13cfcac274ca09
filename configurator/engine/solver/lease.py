"""A solver of one family in the hands of one caller: decisions come as assumptions, nothing of a question stays behind."""

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pysat.solvers import Solver

from configurator.engine.solver.encoding import Encoding

Model = NDArray[np.bool_]
"""Variable → truth; position 0 is unused."""

SOLVER = "minisat22"
MOST_WITNESSES = 1_024
MOST_REFUTATIONS = 24


class Witnesses:
    """Products seen before, the latest ones: which option values each has, in which cell of each dimension it is.

    A set of them is a whole number with a bit for each, so that those that agree with many decisions are found at once.
    """

    def __init__(self, values: int, dimensions: int) -> None:
        self.values: NDArray[np.bool_] = np.zeros((0, values), dtype=np.bool_)
        self.cells: NDArray[np.int64] = np.zeros((0, dimensions), dtype=np.int64)
        self.everybody = 0
        self.having = [0] * values
        """Who has each option value."""
        self._within: list[dict[int, int]] = [{} for _ in range(dimensions)]
        self._next = 0

    def in_cell(self, dimension: int, cell: int) -> int:
        """Who is in a cell of a dimension."""
        return self._within[dimension].get(cell, 0)

    def places(self, some: int) -> NDArray[np.int64]:
        """Where in ``values`` and ``cells`` some of them stand."""
        bits = np.frombuffer(some.to_bytes(len(self.values) // 8 + 1, "little"), dtype=np.uint8)
        return np.flatnonzero(np.unpackbits(bits, bitorder="little"))

    def add(self, values: NDArray[np.bool_], cells: NDArray[np.int64]) -> None:
        if len(self.values) < MOST_WITNESSES:
            place = len(self.values)
            self.values = np.vstack((self.values, values[None, :]))
            self.cells = np.vstack((self.cells, cells[None, :]))
        else:
            place = self._next
            self._next = (self._next + 1) % MOST_WITNESSES
            self._mark(place, -1)
            self.values[place], self.cells[place] = values, cells
        self._mark(place, 1)

    def _mark(self, place: int, sign: int) -> None:
        """Enter the product at a place into the sets that it belongs to (1), or take it out of them (-1)."""
        bit = sign * (1 << place)
        self.everybody += bit
        for value in np.flatnonzero(self.values[place]).tolist():
            self.having[value] += bit
        for within, cell in zip(self._within, self.cells[place].tolist(), strict=True):
            within[cell] = within.get(cell, 0) + bit


class Lease:
    """Incremental solvers are not safe between threads: a lease belongs to one caller at a time."""

    def __init__(self, encoding: Encoding) -> None:
        self.witnesses = Witnesses(sum(1 for _, value in encoding.values if value), len(encoding.cells))
        self._clauses = encoding.clauses
        every_variable = [encoding.top, -encoding.top]
        rules = [[rule] for rule in encoding.rules.values()]
        self._solver = Solver(name=SOLVER, bootstrap_with=[*encoding.clauses, *rules, every_variable])
        self._reasons: Solver | None = None
        self._refuted: dict[int, deque[frozenset[int]]] = {}
        """Assumptions with which a literal cannot be had, as they were found."""

    def holds(self, assumptions: Iterable[int]) -> bool:
        """Whether a buildable product agrees with the assumptions."""
        return bool(self._solver.solve(assumptions=list(assumptions)))

    def allows(self, assumptions: Sequence[int], literal: int) -> bool:
        """Whether a product agrees with the assumptions and the literal too. What once was the reason why not is not asked again."""
        known = self._refuted.setdefault(literal, deque(maxlen=MOST_REFUTATIONS))
        given = frozenset(assumptions)
        if any(core <= given for core in known):
            return False
        if self.holds([*assumptions, literal]):
            return True
        known.append(self.core() - {literal})
        return False

    def model(self) -> Model:
        """The product behind the last ``holds`` that was true."""
        truths: Model = np.asarray([0, *self._solver.get_model()], dtype=np.int32) > 0
        return truths

    def core(self) -> frozenset[int]:
        """Assumptions that the last ``holds`` that was false cannot have together."""
        return frozenset(self._solver.get_core() or ())

    def implied(self, assumptions: Iterable[int]) -> frozenset[int]:
        """Some literals that follow at once."""
        _, literals = self._solver.propagate(assumptions=list(assumptions))
        return frozenset(literals)

    def prefer(self, literals: Iterable[int]) -> None:
        """Where the solver is free it tries these first; answers do not depend on it, only the way to them."""
        self._solver.set_phases(list(literals))

    def holds_under(self, rules: Iterable[int], assumptions: Iterable[int]) -> bool:
        """Whether a product agrees with the assumptions when only these rules (their literals) are switched on."""
        if self._reasons is None:
            self._reasons = Solver(name=SOLVER, bootstrap_with=self._clauses)
        return bool(self._reasons.solve(assumptions=[*rules, *assumptions]))
