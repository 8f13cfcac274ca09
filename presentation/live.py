"""How a page hears of changes: server-sent events, bounded in number."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Flask, Response, current_app

from contracts.problems import Unavailable

RETRY_MS = 2_000
HEARTBEAT_S = 1.0
"""How long a source of events may be silent: the next heartbeat finds out that the page has gone and frees its stream."""
LONGEST_S = 15 * 60
"""A stream ends after this time and the browser connects again, so that a forgotten tab frees its thread."""


@dataclass(frozen=True)
class LiveEvent:
    """One event for the page; the page then fetches what it shows."""

    name: str
    content: str = ""
    id: str | None = None

    def written(self) -> str:
        """The event in the wire form of text/event-stream."""
        lines = [f"event: {self.name}", *(f"data: {line}" for line in (self.content.splitlines() or [""]))]
        if self.id is not None:
            lines.insert(0, f"id: {self.id}")
        return "\n".join(lines) + "\n\n"


class Streams:
    """Counts the open streams of this process."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    def take(self) -> None:
        """Raises Unavailable when every stream is taken; the page then polls."""
        if not self._free.acquire(blocking=False):
            raise Unavailable({"what": "streams"}, extra={"retry_after_s": 5})

    def give_back(self) -> None:
        self._free.release()


def streams_of(at_once: int) -> int:
    """A stream for every third request that is worked on at a time, at least one."""
    return max(1, at_once // 3)


def init_live(app: Flask, at_once: int) -> None:
    app.extensions["lotone_streams"] = Streams(streams_of(at_once))


def stream(events: Iterable[LiveEvent | None]) -> Response:
    """Send events as they come; the iterable yields None after ``HEARTBEAT_S`` with nothing to tell.

    Raises Unavailable when too many streams are open.
    """
    streams: Streams = current_app.extensions["lotone_streams"]
    streams.take()
    response = Response(_written(events), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(streams.give_back)
    return response


def _written(events: Iterable[LiveEvent | None]) -> Iterator[str]:
    ends_at = time.monotonic() + LONGEST_S
    yield f"retry: {RETRY_MS}\n\n"
    for event in events:
        yield ": still here\n\n" if event is None else event.written()
        if time.monotonic() >= ends_at:
            return
