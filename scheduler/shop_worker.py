"""One searching process of `lotone scheduler solve`: given a shop and ways to search, it tells what it finds until its line is closed."""

import os
import sys
import threading
import time
from array import array
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Literal

from scheduler.engine.shop.shop import Objective, Schedule, Shop

Way = Literal["tabu", "annealing", "exact"]


@dataclass(frozen=True)
class Errand:
    """What a worker does: until ``until_s`` of the monotonic clock, or for so many steps when there is a limit of work."""

    shop: Shop
    objective: Objective
    ways: tuple[Way, ...]
    """One after the other; all but the last get an equal part of the first third of the time."""
    seed: int
    stream: int
    known: tuple[int, Schedule]
    until_s: float
    work_limit: int | None


class Line:
    """The exchange of one worker: what it finds goes to the parent, what others find comes back."""

    def __init__(self, connection: Connection, errand: Errand) -> None:
        self._connection, self._errand = connection, errand
        self._lock = threading.Lock()
        self._best = errand.known
        self._from_s, self._to_s = time.monotonic(), errand.until_s
        self._done = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Take in what others found; without a parent there is nobody to search for."""
        while True:
            try:
                value, schedule = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)
            with self._lock:
                if value < self._best[0]:
                    self._best = value, schedule

    def until(self, share: float) -> None:
        """The time of the next way ends when this share of the whole is over."""
        self._to_s = self._from_s + share * (self._errand.until_s - self._from_s)

    def spent(self) -> float:
        if self._errand.work_limit is not None:
            return self._done / self._errand.work_limit
        return (time.monotonic() - self._from_s) / max(1e-3, self._to_s - self._from_s)

    def remaining_s(self) -> float:
        return max(0.0, self._to_s - time.monotonic())

    def work(self, steps: int) -> None:
        self._done += steps

    def best(self) -> tuple[int, Schedule]:
        with self._lock:
            return self._best

    def found(self, value: int, schedule: Schedule) -> None:
        with self._lock:
            if value >= self._best[0]:
                return
            self._best = value, schedule
        self._connection.send(("found", value, array("q", schedule.machine), array("q", schedule.start)))

    def proved(self, bound: int) -> None:
        self._connection.send(("proved", bound))


def search(errand: Errand, line: Line) -> None:
    """Each way in its turn; its solver is imported only when it is used."""
    for place, way in enumerate(errand.ways, 1):
        line.until(1.0 if place == len(errand.ways) else place / len(errand.ways) / 3)
        if way == "exact":
            from scheduler.engine.shop.exact import solve_exactly

            solve_exactly(errand.shop, errand.objective, errand.seed, line)
        elif way == "tabu":
            from scheduler.engine.shop.tabu import TabuSearch

            TabuSearch(errand.shop, errand.seed, errand.stream, line).run()
        else:
            from scheduler.engine.shop.annealing import Annealing

            Annealing(errand.shop, errand.seed, errand.stream, line).run()


def main() -> None:
    """``python -m scheduler.shop_worker FD``: the errand comes first through the connection."""
    connection = Connection(int(sys.argv[1]))
    errand = connection.recv()
    line = Line(connection, errand)
    search(errand, line)
    connection.send(("done",))
    threading.Event().wait()


if __name__ == "__main__":
    main()
