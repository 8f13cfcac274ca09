"""Parallel lines within an outline: the stripes of a cloth, the grain of a board."""

import cmath
import math
from collections.abc import Sequence
from itertools import batched, pairwise

MOST_LINES = 600


def hatched(outline: Sequence[complex], angle: float, every: float, through: complex) -> list[tuple[complex, complex]]:
    """The parts of parallel lines that lie within a closed outline (where it crosses itself: by the even-odd rule).

    ``angle`` in degrees, ``every`` millimetres one line, one of them passes ``through`` a point. Raises ValueError when the
    lines lie too close.
    """
    if every <= 0:
        raise ValueError("lines need a distance")
    along = cmath.rect(1, math.radians(angle))
    turned = [(each - through) / along for each in outline]
    heights = [each.imag / every for each in turned]
    first, last = math.ceil(min(heights)), math.floor(max(heights))
    if last - first >= MOST_LINES:
        raise ValueError(f"{last - first} lines are too many")
    crossings: list[list[float]] = [[] for _ in range(last - first + 1)]
    for one, other in pairwise([*turned, turned[0]]):
        low, high = (one, other) if one.imag < other.imag else (other, one)
        # A line through a corner crosses the edge that begins there, not the one that ends there.
        for index in range(math.ceil(low.imag / every), math.ceil(high.imag / every)):
            part = (index * every - low.imag) / (high.imag - low.imag)
            crossings[index - first].append(low.real + part * (high.real - low.real))
    return [
        (through + complex(start, index * every) * along, through + complex(end, index * every) * along)
        for index, found in enumerate(crossings, first)
        for start, end in batched(sorted(found), 2)
    ]
