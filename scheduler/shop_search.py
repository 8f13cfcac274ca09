"""How is a shop solved in so many seconds by so many processes? A schedule at once, then the best of what the searching processes tell."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Literal

from scheduler.engine.shop.bounds import lower_bound
from scheduler.engine.shop.checking import require_feasible
from scheduler.engine.shop.dispatch import dispatches
from scheduler.engine.shop.shop import Objective, Schedule, Shop, value
from scheduler.shop_worker import Errand, Way

CLOSING_S = 0.2
CLOSING_S_PER_OPERATION = 2e-5
"""Kept back for checking and writing the answer."""
SMALL = 60
"""Shops of so many operations are first given to the exact solver, even when there is one process only."""
EXACT_TARDINESS = 80
"""With setups and tardiness the exact solver is of use up to about so many operations."""
DISPATCHING = 0.2
"""Share of the time in which further dispatch rules may begin."""


@dataclass(frozen=True)
class Answer:
    """The best schedule, checked, its value, and a value that none can beat."""

    schedule: Schedule
    value: int
    lower_bound: int
    seconds: float

    @property
    def status(self) -> Literal["optimal", "feasible"]:
        return "optimal" if self.value == self.lower_bound else "feasible"


def solve(
    shop: Shop,
    objective: Objective,
    time_limit_s: float,
    workers: int = 1,
    seed: int = 1,
    work_limit: int | None = None,
    began_s: float | None = None,
) -> Answer:
    """The best schedule found until ``time_limit_s`` after ``began_s`` (monotonic; default now); sooner when it is proved optimal.

    With a work limit each search ends after so many steps of its own and hears of no other: the same seed gives the same schedule.
    """
    began_s = time.monotonic() if began_s is None else began_s
    until_s = began_s + time_limit_s - CLOSING_S - CLOSING_S_PER_OPERATION * shop.operations
    rules = dispatches(shop, objective)
    board = _Board(next(rules), lower_bound(shop, objective))
    crew: list[_Worker] = []
    try:
        if not board.optimal and shop.operations:
            for stream, ways in enumerate(_ways(shop, objective, workers, work_limit)):
                errand = Errand(shop, objective, ways, seed, stream, board.best, until_s, work_limit)
                crew.append(_Worker(errand))
            dispatching_s = began_s + DISPATCHING * time_limit_s
            for found in rules:
                board.take(None, ("found", *found))
                if board.optimal or (work_limit is None and time.monotonic() > dispatching_s):
                    break
            board.follow(crew, until_s, shared=work_limit is None)
            for worker in crew:
                board.take(worker, worker.last)
    finally:
        for worker in crew:
            worker.end()
    require_feasible(shop, board.schedule)
    return Answer(board.schedule, value(shop, board.schedule, objective), board.bound, round(time.monotonic() - began_s, 3))


def _ways(shop: Shop, objective: Objective, workers: int, work_limit: int | None) -> list[tuple[Way, ...]]:
    """How each process searches."""
    walk: Way = "tabu" if objective is Objective.MAKESPAN else "annealing"
    crew: list[tuple[Way, ...]] = [(walk,) for _ in range(workers)]
    if work_limit is not None:
        return crew
    if objective is Objective.MAKESPAN or shop.operations <= EXACT_TARDINESS:
        if workers > 1:
            crew[-1] = ("exact", walk)
        elif shop.operations <= SMALL:
            crew[0] = ("exact", walk)
    return crew


class _Board:
    """The best schedule and bound so far."""

    def __init__(self, first: tuple[int, Schedule], bound: int) -> None:
        self.best, self.bound = first, bound

    @property
    def schedule(self) -> Schedule:
        return self.best[1]

    @property
    def optimal(self) -> bool:
        return self.best[0] <= self.bound

    def take(self, teller: "_Worker | None", told: tuple[Any, ...]) -> bool:
        """Whether it was a better schedule."""
        if told[0] == "proved":
            self.bound = max(self.bound, min(told[1], self.best[0]))
        elif told[0] == "done" and teller is not None:
            teller.done = True
        elif told[0] == "found" and told[1] < self.best[0]:
            self.best = told[1], told[2] if len(told) == 3 else Schedule(told[2], told[3])
            return True
        return False

    def follow(self, crew: Sequence["_Worker"], until_s: float, shared: bool) -> None:
        """Listen until the time is over, everybody is done or the best is proved optimal; tell each what the others found."""
        lines = {worker.connection: worker for worker in crew}
        while lines and not (shared and self.optimal) and not all(worker.done for worker in crew):
            remaining_s = until_s - time.monotonic()
            if remaining_s <= 0:
                return
            for line in wait(list(lines), remaining_s):
                assert isinstance(line, Connection)
                teller = lines[line]
                try:
                    told = line.recv()
                except (EOFError, OSError):
                    del lines[line]
                    continue
                if told[0] == "found" and not shared:
                    teller.last = told
                elif self.take(teller, told):
                    for worker in lines.values():
                        if worker is not teller:
                            worker.hear(self.best)


class _Worker:
    """One searching process."""

    def __init__(self, errand: Errand) -> None:
        here, there = socket.socketpair()
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry), "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "scheduler.shop_worker", str(there.fileno())],
            pass_fds=[there.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        there.close()
        self.connection = Connection(here.detach())
        self.connection.send(errand)
        self.done = False
        self.last: tuple[Any, ...] = ("nothing",)

    def hear(self, best: tuple[int, Schedule]) -> None:
        # One that has died meanwhile needs to hear nothing; that its line is closed is read in its turn.
        with suppress(BrokenPipeError):
            self.connection.send(best)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self.connection.close()
