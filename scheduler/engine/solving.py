"""How a PuLP model is solved here: HiGHS, one thread, bounded time, nothing on standard output."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SHORTEST_S = 0.1
"""A solver that is given no time at all says nothing."""


@dataclass(frozen=True)
class Solved:
    """``found`` False: no values may be read (unfound variables read as zero)."""

    found: bool
    optimal: bool
    infeasible: bool
    objective: float


def solve(problem: pulp.LpProblem, time_limit_s: float, solver: str = "choose") -> Solved:
    """Solve a linear problem, or stop when the time is over."""
    with _no_banner():
        stats = problem.solve(pulp.HiGHS(msg=False, threads=1, timeLimit=max(SHORTEST_S, time_limit_s), solver=solver))
    objective = float(stats.objective or 0.0) if stats.has_solution else 0.0
    return Solved(bool(stats.has_solution), stats.status_str == "Optimal", stats.status_str == "Infeasible", objective)


@dataclass(frozen=True)
class Solution:
    """By column and by row, in the order in which they were added."""

    objective: float
    values: Floats
    column_price: Floats
    row_price: Floats


class Again:
    """A linear problem that ``solve`` has solved, to be changed and solved again. Handing it over anew would often take longer."""

    def __init__(self, problem: pulp.LpProblem) -> None:
        model = problem.solverModel
        assert model is not None, "solve it first"
        self._model = model

    def solution(self) -> Solution:
        """The last one."""
        found = self._model.getSolution()
        return Solution(
            float(self._model.getObjectiveValue()), np.array(found.col_value), np.array(found.col_dual), np.array(found.row_dual)
        )

    def change(self, prices: Floats, rows: Ints, columns: Ints, values: Floats, opened: Sequence[int]) -> None:
        """Other prices of the first columns, other values of entries that there are, and columns that have no limit any more."""
        linear = self._model.getLp()
        matrix = linear.a_matrix_
        assert matrix.format_ == highspy.MatrixFormat.kColwise
        keys = np.repeat(np.arange(linear.num_col_), np.diff(matrix.start_)) * linear.num_row_ + np.array(matrix.index_)
        ranked = np.argsort(keys)
        entries = np.array(matrix.value_)
        entries[ranked[np.searchsorted(keys, columns * linear.num_row_ + rows, sorter=ranked)]] = values
        linear.a_matrix_.value_ = entries
        cost, high = np.array(linear.col_cost_), np.array(linear.col_upper_)
        cost[: len(prices)] = prices
        high[np.array(opened, dtype=np.int64)] = highspy.kHighsInf
        linear.col_cost_, linear.col_upper_ = cost, high
        with _no_banner():
            self._model.passModel(linear)

    def relax(self, time_limit_s: float) -> Solution | None:
        """By interior points; None when there is no optimum within the time."""
        self._model.setOptionValue("solver", "ipm")
        return self.solution() if self._run(time_limit_s) else None

    def bounded(self, low: Floats, high: Floats, time_limit_s: float) -> Floats | None:
        """Values of the first columns between these bounds, from the basis in which the last solution ended."""
        self._model.setOptionValue("solver", "simplex")
        self._model.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high)
        return np.array(self._model.getSolution().col_value[: len(low)]) if self._run(time_limit_s) else None

    def priced(self, prices: Floats, time_limit_s: float) -> Solution | None:
        """With other prices of the first columns; by the primal simplex, for which the last basis is still a beginning."""
        self._model.setOptionValue("solver", "simplex")
        self._model.setOptionValue("simplex_strategy", int(highspy.simplex_constants.SimplexStrategy.kSimplexStrategyPrimal))
        self._model.changeColsCost(len(prices), np.arange(len(prices), dtype=np.int32), prices)
        return self.solution() if self._run(time_limit_s) else None

    def _run(self, time_limit_s: float) -> bool:
        with _no_banner():
            self._model.setOptionValue("time_limit", self._model.getRunTime() + max(SHORTEST_S, time_limit_s))
            self._model.run()
        return bool(self._model.getModelStatus() == highspy.HighsModelStatus.kOptimal)


@contextmanager
def _no_banner() -> Iterator[None]:
    """HiGHS writes its banner to file descriptor 1 whatever it is told; it would spoil JSON on standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(null)
