"""When a failed piece of work is tried again, and when it is parked for somebody to decide."""

from datetime import timedelta

ATTEMPTS = 6
"""After so many failures the work is parked: visible, replayable, droppable."""
FIRST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(minutes=5)


def pause(failures: int) -> timedelta:
    """The pause after the n-th failure: 0.2 s, 0.8 s, 3.2 s, …"""
    return min(FIRST_PAUSE * (1 << 2 * min(failures - 1, 20)), LONGEST_PAUSE)


def told(error: BaseException) -> str:
    """What is kept of an error: its kind and first line, short."""
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:500]
