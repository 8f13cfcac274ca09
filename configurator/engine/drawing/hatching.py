"""Parallel lines within an outline: the stripes of a cloth, the grain of a board."""

import cmath
import math
from collections.abc import Sequence

from shapely import LineString, MultiLineString, Polygon, make_valid

MOST_LINES = 600


def hatched(outline: Sequence[complex], angle: float, every: float, through: complex) -> list[tuple[complex, complex]]:
    """The parts of parallel lines that lie within a closed outline.

    ``angle`` in degrees, ``every`` millimetres one line, one of them passes ``through`` a point. Raises ValueError when the
    lines lie too close.
    """
    if every <= 0:
        raise ValueError("lines need a distance")
    along = cmath.rect(1, math.radians(angle))
    turned = [(each - through) / along for each in outline]
    area = make_valid(Polygon([(each.real, each.imag) for each in turned]))
    left, bottom, right, top = area.bounds
    first, last = math.ceil(bottom / every), math.floor(top / every)
    if last - first >= MOST_LINES:
        raise ValueError(f"{last - first} lines are too many")
    found = []
    for index in range(first, last + 1):
        height = index * every
        cut = area.intersection(LineString([(left - 1, height), (right + 1, height)]))
        pieces = cut.geoms if isinstance(cut, MultiLineString) else [cut] if isinstance(cut, LineString) else []
        for piece in pieces:
            ends = [through + complex(x, y) * along for x, y in (piece.coords[0], piece.coords[-1])] if not piece.is_empty else []
            if len(ends) == 2:
                found.append((ends[0], ends[1]))
    return found
