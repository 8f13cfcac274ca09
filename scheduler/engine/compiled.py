"""How inner loops are compiled: by numba, kept on disk, so that only a machine's first search waits for it."""

from collections.abc import Callable
from typing import Any, cast

from numba import njit


def compiled[F: Callable[..., Any]](function: F) -> F:
    """The function as machine code. It must draw from no random source but the state it is given."""
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))
