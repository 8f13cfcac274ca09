"""How a PuLP model is solved here: HiGHS, one thread, bounded time, nothing on standard output."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

import highspy
import numpy as np
import pulp

SHORTEST_S = 0.1
"""A solver that is given no time at all says nothing."""


@dataclass(frozen=True)
class Solved:
    """``found`` False: no values may be read (unfound variables read as zero)."""

    found: bool
    infeasible: bool
    objective: float
    bound: float


def solve(problem: pulp.LpProblem, time_limit_s: float, gap: float = 0.0) -> Solved:
    """Solve to a relative gap or until the time is over."""
    with _no_banner():
        stats = problem.solve(pulp.HiGHS(msg=False, threads=1, timeLimit=max(SHORTEST_S, time_limit_s), gapRel=gap))
    objective = float(stats.objective or 0.0) if stats.has_solution else 0.0
    bound = objective if stats.best_bound is None else float(stats.best_bound)
    return Solved(bool(stats.has_solution), stats.status_str == "Infeasible", objective, bound)


class Again:
    """A linear problem that ``solve`` has solved, to be solved again with other bounds: from the basis in which the last solution ended.

    Handing the model over anew takes ten times as long as the few steps from there. Values of variables are read, of rows not.
    """

    def __init__(self, problem: pulp.LpProblem) -> None:
        model = problem.solverModel
        assert model is not None, "solve it first"
        self._model, self._variables = model, problem.exported_variables()
        self._columns = np.arange(len(self._variables), dtype=np.int32)

    def solve(self, time_limit_s: float) -> Solved:
        """To the optimum or until the time is over."""
        model = self._model
        low = np.array([variable.lowBound for variable in self._variables], dtype=np.float64)
        high = np.array([inf if (most := variable.upBound) is None else most for variable in self._variables], dtype=np.float64)
        with _no_banner():
            model.changeColsBounds(len(self._variables), self._columns, low, high)
            model.setOptionValue("time_limit", model.getRunTime() + max(SHORTEST_S, time_limit_s))
            model.run()
        status = model.getModelStatus()
        found = status == highspy.HighsModelStatus.kOptimal
        if found:
            for variable, value in zip(self._variables, model.getSolution().col_value, strict=True):
                variable.varValue = value
        objective = float(model.getObjectiveValue()) if found else 0.0
        return Solved(found, status == highspy.HighsModelStatus.kInfeasible, objective, objective)


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
