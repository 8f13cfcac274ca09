"""How much of a time limit is left: handed into engines, which have no clock."""

import time
from collections.abc import Callable


def stopwatch(limit_s: float) -> Callable[[], float]:
    """Seconds that are left of the limit from now on; negative when it is over."""
    until_s = time.monotonic() + limit_s
    return lambda: until_s - time.monotonic()
