"""How the pieces of one product lie on the cloth, and how long a piece of cloth they take."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configurator.engine.pattern.pieces import Chain, Cloth, Pattern, Piece

COLUMN_MM = 4.0
"""How finely outlines are compared; they are taken a little too large, never too small."""
GAP_MM = 3.0
"""Between two pieces: the knife's room."""
SELVEDGE_MM = 12.0
"""On both sides of the cloth: the stenter's pin holes."""
END_MM = 15.0
"""At both ends of the cloth."""

Heights = NDArray[np.float64]


class PieceTooWide(Exception):
    """A piece does not go on its cloth's width."""

    def __init__(self, piece: str) -> None:
        super().__init__(f"{piece} is wider than the cloth")
        self.piece = piece


@dataclass(frozen=True)
class Laid:
    """A piece on the cloth: turned over, turned upside down, then moved; x across, y along the cloth."""

    piece: Piece
    copy: int
    over: bool
    upside_down: bool
    by: complex

    def on_cloth(self, way: Chain) -> Chain:
        """Points of the piece where they lie."""
        return tuple(_turned(each, self.over, self.upside_down) + self.by for each in way)


@dataclass(frozen=True)
class Marker:
    """One cloth's layout; ``length_mm`` is whole millimetres, rounded up."""

    cloth: str
    width_mm: float
    length_mm: int
    laid: tuple[Laid, ...]


@dataclass(frozen=True)
class _Shadow:
    """A turned piece in columns across the cloth: how low and how high it reaches in each."""

    low: Heights
    high: Heights
    left: float
    """x of the first column's left side, with the piece's own origin at 0."""
    match: complex


def markers(pattern: Pattern) -> dict[str, Marker]:
    """A layout for each cloth that pieces are cut from; the same pattern gives the same layout."""
    found = {}
    for name, cloth in pattern.cloths.items():
        pieces = [piece for piece in pattern.pieces if piece.cloth == name and piece.quantity > 0]
        if pieces:
            found[name] = _shortest(name, cloth, pieces)
    return found


def _shortest(name: str, cloth: Cloth, pieces: Sequence[Piece]) -> Marker:
    """Of a few orders, the one that takes least."""
    column = _column(cloth)
    shadows = {
        (piece.name, over, down): _shadow(piece, over, down, column)
        for piece in pieces
        for over in ((False, True) if piece.mirrored else (False,))
        for down in ((False,) if cloth.one_way else (False, True))
    }
    copies = [(piece, copy) for piece in pieces for copy in range(piece.quantity)]

    def height(piece: Piece) -> float:
        shadow = shadows[piece.name, False, False]
        return float(shadow.high.max() - shadow.low.min())

    def area(piece: Piece) -> float:
        shadow = shadows[piece.name, False, False]
        return float((shadow.high - shadow.low).sum())

    orders = [
        sorted(copies, key=lambda each: (-height(each[0]), each[0].name, each[1])),
        sorted(copies, key=lambda each: (-area(each[0]), each[0].name, each[1])),
        sorted(copies, key=lambda each: (-len(shadows[each[0].name, False, False].low), each[0].name, each[1])),
    ]
    layouts = [_laid_out(order, cloth, shadows, column) for order in orders]
    top, laid = min(layouts, key=lambda each: each[0])
    return Marker(name, cloth.width_mm, math.ceil(top + END_MM), tuple(laid))


def _column(cloth: Cloth) -> float:
    """The width of a column; a whole number of them is the pattern's repeat."""
    repeat = cloth.repeat_across_mm
    return repeat / math.ceil(repeat / COLUMN_MM) if repeat > 0 else COLUMN_MM


def _laid_out(
    order: Sequence[tuple[Piece, int]], cloth: Cloth, shadows: Mapping[tuple[str, bool, bool], _Shadow], column: float
) -> tuple[float, list[Laid]]:
    columns = int((cloth.width_mm - 2 * SELVEDGE_MM) // column)
    skyline: Heights = np.full(columns, END_MM)
    laid = []
    for piece, copy in order:
        over = piece.mirrored and copy % 2 == 1
        best: tuple[float, int, bool, float] | None = None
        for down in (False,) if cloth.one_way else (False, True):
            shadow = shadows[piece.name, over, down]
            spot = _lowest(skyline, shadow, cloth, column)
            if spot is not None and (best is None or (spot[0], spot[1]) < best[:2]):
                best = (*spot[:2], down, spot[2])
        if best is None:
            raise PieceTooWide(piece.name)
        _, first, down, lift = best
        shadow = shadows[piece.name, over, down]
        span = slice(first, first + len(shadow.low))
        skyline[span] = np.maximum(skyline[span], shadow.high + lift)
        laid.append(Laid(piece, copy, over, down, complex(SELVEDGE_MM + first * column - shadow.left, lift)))
    return float(skyline.max()), laid


def _lowest(skyline: Heights, shadow: _Shadow, cloth: Cloth, column: float) -> tuple[float, int, float] | None:
    """Where the piece ends lowest: its top, its first column, how far it is lifted. None when it is too wide."""
    width = len(shadow.low)
    if width > len(skyline):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(skyline, width)
    lifts = (windows - shadow.low).max(axis=1)
    if cloth.repeat_along_mm > 0:
        lifts = np.ceil((lifts + shadow.match.imag) / cloth.repeat_along_mm - 1e-9) * cloth.repeat_along_mm - shadow.match.imag
    if cloth.repeat_across_mm > 0:
        every = round(cloth.repeat_across_mm / column)
        matched = round((shadow.match.real - shadow.left) / column)
        lifts = np.where((np.arange(len(lifts)) + matched) % every == 0, lifts, np.inf)
    first = int(np.argmin(np.round(lifts, 6)))
    if not np.isfinite(lifts[first]):
        return None
    return float(lifts[first] + shadow.high.max()), first, float(lifts[first])


def _turned(spot: complex, over: bool, down: bool) -> complex:
    spot = complex(-spot.real, spot.imag) if over else spot
    return -spot if down else spot


def _shadow(piece: Piece, over: bool, down: bool, column: float) -> _Shadow:
    """The cut line in columns, half a gap wider all round; the match point lies on a column's left side."""
    outline = np.array([_turned(each, over, down) for each in piece.cut])
    following = np.roll(outline, -1)
    swapped = outline.real > following.real
    a, b = np.where(swapped, following, outline), np.where(swapped, outline, following)
    match = _turned(piece.match, over, down)
    left = match.real - math.ceil((match.real - float(outline.real.min()) + GAP_MM / 2) / column) * column
    count = math.ceil((float(outline.real.max()) + GAP_MM / 2 - left) / column)
    first = np.maximum(0, (a.real - GAP_MM / 2 - left) // column).astype(np.int64)
    last = np.minimum(count - 1, (b.real + GAP_MM / 2 - left) // column).astype(np.int64)
    covered = last - first + 1
    index = np.arange(covered.sum()) + np.repeat(first - (np.cumsum(covered) - covered), covered)
    a, b = np.repeat(a, covered), np.repeat(b, covered)
    upright = a.real == b.real
    slope = np.where(upright, 0.0, (b.imag - a.imag) / np.where(upright, 1.0, b.real - a.real))
    begins = a.imag + slope * (np.clip(left + index * column - GAP_MM / 2, a.real, b.real) - a.real)
    ends = a.imag + slope * (np.clip(left + (index + 1) * column + GAP_MM / 2, a.real, b.real) - a.real)
    ends = np.where(upright, b.imag, ends)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, index, np.minimum(begins, ends))
    np.maximum.at(high, index, np.maximum(begins, ends))
    return _Shadow(low - GAP_MM / 2, high + GAP_MM / 2, left, match)
