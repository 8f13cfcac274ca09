"""How a PuLP model is solved here: HiGHS, one thread, bounded time, nothing on standard output."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pulp


@dataclass(frozen=True)
class Solved:
    """``found`` False: no values may be read (unfound variables read as zero)."""

    found: bool
    infeasible: bool
    objective: float
    bound: float


def solve(problem: pulp.LpProblem, time_limit_s: float, gap: float = 0.0, warm_start: bool = False) -> Solved:
    """Solve to a relative gap or until the time is over."""
    with _no_banner():
        stats = problem.solve(pulp.HiGHS(msg=False, threads=1, timeLimit=max(0.1, time_limit_s), gapRel=gap, warmStart=warm_start))
    objective = float(stats.objective or 0.0) if stats.has_solution else 0.0
    bound = objective if stats.best_bound is None else float(stats.best_bound)
    return Solved(bool(stats.has_solution), stats.status_str == "Infeasible", objective, bound)


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
