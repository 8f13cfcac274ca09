"""Random numbers for compiled loops: a state of 64 bits, drawn from alike on every machine (xorshift, Marsaglia 2003)."""

import numpy as np
from numpy.typing import NDArray

from scheduler.engine.compiled import compiled

Drawn = NDArray[np.uint64]


def seeded(seed: int, stream: int = 0) -> Drawn:
    """The state of one search; other streams of the same seed are independent."""
    return np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64) | np.uint64(1)


@compiled
def draw(state: Drawn, below: int) -> int:
    """A whole number from 0 to below - 1."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return np.int64((x >> np.uint64(1)) % np.uint64(below))  # type: ignore[return-value]


@compiled
def draw_share(state: Drawn) -> float:
    """A number from 0 to 1."""
    return draw(state, 1 << 53) / (1 << 53)
