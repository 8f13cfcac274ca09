"""Does LotOne run from this home already? One `lotone run` at a time may."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "run.lock"


class Occupied(Exception):
    """Another `lotone run` has this home."""


@contextmanager
def occupying(home: Path) -> Iterator[None]:
    """The home is ours until the end; the system frees it when this process dies. Raises Occupied at once when another has it."""
    with (home / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as refused:
            raise Occupied(home) from refused
        yield
