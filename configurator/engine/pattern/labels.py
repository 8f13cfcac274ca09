"""Where a piece's name stands on the piece, and how large: near its middle, clear of its lines, along the piece or across."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from shapely import (
    Geometry,
    GeometryType,
    LineString,
    Polygon,
    bounds,
    box,
    get_parts,
    get_type_id,
    intersection,
    linestrings,
    prepare,
    unary_union,
)

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
    across, along = (_most_room(_room(outline, tuple(lines), turn), ems) for turn in (1 + 0j, -1j))
    best, turn = (along, -1j) if along[0] > across[0] else (across, 1 + 0j)
    size, middle = best
    return Label((middle - 1j * size * 0.36) / turn, max(size, SMALLEST_MM), turn != 1)


def text_ems(said: str) -> float:
    """How wide a text is in its own height: a Chinese sign one, a Latin letter about six tenths."""
    return sum(1.0 if ord(each) > 0x2E80 else 0.6 for each in said)


@dataclass(frozen=True)
class _Room:
    """Where something may be written on a piece: its shape without its lines, and the stretches of level lines within it, best first."""

    shape: Geometry
    middle: complex
    stretches: tuple[tuple[float, float, float], ...]
    """Start, end and height of each."""


@lru_cache(maxsize=64)
def _room(outline: Chain, lines: tuple[Chain, ...], turn: complex) -> _Room:
    """Of the turned piece. It is the same whatever is written there and in whichever language."""
    whole = Polygon(_turned(outline, turn))
    left, low, right, high = whole.bounds
    shape = whole.difference(unary_union([LineString(_turned(each, turn)).buffer(_CLEAR_MM) for each in lines]))
    prepare(shape)
    heights = [low + (high - low) * step / _LEVELS for step in sorted(range(1, _LEVELS), key=lambda step: abs(2 * step - _LEVELS))]
    levels = linestrings([((left - 1, height), (right + 1, height)) for height in heights])
    parts, level_of = get_parts(intersection(shape, levels), return_index=True)
    stretches = [
        (start, end, heights[level])
        for (start, _, end, _), level, kind in zip(bounds(parts).tolist(), level_of, get_type_id(parts), strict=True)
        if kind == GeometryType.LINESTRING and end > start
    ]
    return _Room(shape, complex((left + right) / 2, (low + high) / 2), tuple(stretches))


def _most_room(room: _Room, ems: float) -> tuple[float, complex]:
    """The largest size of a text along x, and the middle of its place, as near to the piece's as can be."""
    best = (0.0, room.middle)
    for start, end, height in room.stretches:
        size = min(LARGEST_MM, (end - start) * _AIR / ems)
        middle = complex((start + end) / 2, height)
        while size > best[0] and not _holds(room.shape, middle, size, ems):
            size *= 0.85
        if size > best[0]:
            best = (size, middle)
    return best


def _turned(way: Chain, turn: complex) -> list[tuple[float, float]]:
    return [((each * turn).real, (each * turn).imag) for each in way]


def _holds(shape: Geometry, middle: complex, size: float, ems: float) -> bool:
    half, up = size * ems / 2, size * 0.6
    return bool(shape.contains(box(middle.real - half, middle.imag - up, middle.real + half, middle.imag + up)))
