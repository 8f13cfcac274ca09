"""When a failed piece of work is tried again, and when it is parked for somebody to decide."""

import random
from dataclasses import dataclass
from datetime import timedelta

ATTEMPTS = 6
"""After so many failures the work is parked: visible, replayable, droppable."""
FIRST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class Patience:
    """How long somebody outside is tried before the message is parked."""

    attempts: int
    first_pause: timedelta
    longest_pause: timedelta

    def pause(self, failures: int) -> timedelta:
        """The pause after the n-th failure, four times as long each time."""
        return min(self.first_pause * (1 << 2 * min(failures - 1, 20)), self.longest_pause)

    def jittered(self, failures: int) -> timedelta:
        """The same, a quarter shorter or longer by chance: those that failed together are not tried together."""
        return self.pause(failures) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


USUAL = Patience(ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE)
"""A minute."""


def pause(failures: int) -> timedelta:
    """The pause after the n-th failure: 0.2 s, 0.8 s, 3.2 s, …"""
    return USUAL.pause(failures)


def told(error: BaseException) -> str:
    """What is kept of an error: its kind and first line, short."""
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:500]
