"""Where a piece's name stands on the piece, and how large: near its middle, clear of its lines, along the piece or across."""

from collections.abc import Sequence
from dataclasses import dataclass

from shapely import Geometry, LineString, Polygon, intersection, unary_union

from configurator.engine.pattern.pieces import Chain

LARGEST_MM = 22.0
SMALLEST_MM = 7.0
_LEVELS = 24
"""At so many heights of the piece the room is looked for."""
_AIR = 0.94
"""The part of the room that the name may fill."""
_CLEAR_MM = 2.0
"""From a line on the piece."""


@dataclass(frozen=True)
class Label:
    """The middle of the baseline, the letters' height, and whether the name runs upwards."""

    at: complex
    size_mm: float
    upright: bool


def label_on(outline: Chain, lines: Sequence[Chain], said: str) -> Label:
    """The largest writing of ``said`` that the piece holds between its lines, or what can be read at the least."""
    ems = text_ems(said)
    across, along = (_most_room(outline, lines, turn, ems) for turn in (1 + 0j, -1j))
    best, turn = (along, -1j) if along[0] > across[0] else (across, 1 + 0j)
    size, middle = best
    return Label((middle - 1j * size * 0.36) / turn, max(size, SMALLEST_MM), turn != 1)


def text_ems(said: str) -> float:
    """How wide a text is in its own height: a Chinese sign one, a Latin letter about six tenths."""
    return sum(1.0 if ord(each) > 0x2E80 else 0.6 for each in said)


def _most_room(outline: Chain, lines: Sequence[Chain], turn: complex, ems: float) -> tuple[float, complex]:
    """The largest size of a text along x within the turned outline, and the middle of its place, as near to the piece's as can be."""
    whole = Polygon(_turned(outline, turn))
    left, low, right, high = whole.bounds
    shape = whole.difference(unary_union([LineString(_turned(each, turn)).buffer(_CLEAR_MM) for each in lines]))
    best = (0.0, complex((left + right) / 2, (low + high) / 2))
    for step in sorted(range(1, _LEVELS), key=lambda step: abs(2 * step - _LEVELS)):
        level = low + (high - low) * step / _LEVELS
        for start, end in _within(shape, left, right, level):
            size = min(LARGEST_MM, (end - start) * _AIR / ems)
            middle = complex((start + end) / 2, level)
            while size > best[0] and not _holds(shape, middle, size, ems):
                size *= 0.85
            if size > best[0]:
                best = (size, middle)
    return best


def _turned(way: Chain, turn: complex) -> list[tuple[float, float]]:
    return [((each * turn).real, (each * turn).imag) for each in way]


def _within(shape: Geometry, left: float, right: float, level: float) -> list[tuple[float, float]]:
    """Where a level line runs within the shape."""
    found = intersection(shape, LineString([(left - 1, level), (right + 1, level)]))
    lines = [each for each in getattr(found, "geoms", [found]) if isinstance(each, LineString) and not each.is_empty]
    return [(line.bounds[0], line.bounds[2]) for line in lines]


def _holds(shape: Geometry, middle: complex, size: float, ems: float) -> bool:
    half, up = size * ems / 2, size * 0.6
    x, y = middle.real, middle.imag
    return bool(shape.contains(Polygon([(x - half, y - up), (x + half, y - up), (x + half, y + up), (x - half, y + up)])))
