"""How many requests does this process work on at a time, and what is told to those for whom there is no place?"""

import threading

from flask import Flask, g, request

from contracts.problems import Unavailable

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by whoever watches over the process: answered always."""
WAITING = 40
"""Requests that may wait for a place."""
PATIENCE_S = 5.0
"""How long a request waits for a place. Whoever waits longer is better told to come again than kept."""
_COME_AGAIN_S = 2


class Places:
    """Places to work in, and a queue before them that has an end: beyond it an answer is a refusal at once, not a longer wait."""

    def __init__(self, most: int, waiting: int = WAITING, patience_s: float = PATIENCE_S) -> None:
        self._free = threading.Semaphore(most)
        self._queue = threading.Semaphore(waiting)
        self._patience_s = patience_s
        self.refused = 0

    def take(self) -> None:
        """Raises Unavailable when the queue is full or no place becomes free within the patience."""
        if self._free.acquire(blocking=False) or self._waited():
            return
        self.refused += 1
        raise Unavailable({"what": "places"}, extra={"retry_after_s": _COME_AGAIN_S})

    def give_back(self) -> None:
        self._free.release()

    def _waited(self) -> bool:
        if not self._queue.acquire(blocking=False):
            return False
        try:
            return self._free.acquire(timeout=self._patience_s)
        finally:
            self._queue.release()


def init_capacity(app: Flask, most: int) -> Places:
    """Register this before anything that looks something up for a request. A stream keeps a thread, not a place."""
    places = Places(most)

    @app.before_request
    def take() -> None:
        if request.path not in PROBES:
            places.take()
            g.has_place = True

    @app.teardown_request
    def give_back(_: BaseException | None) -> None:
        if g.pop("has_place", False):
            places.give_back()

    return places
