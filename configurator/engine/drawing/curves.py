"""Lines and curves as values: chains of cubic Bézier curves, their length, and what a drafting method does with them."""

import cmath
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

Cubic = tuple[complex, complex, complex, complex]
"""Start, two control points, end; in millimetres, x to the right, y upwards."""

GAP_MM = 0.01
"""Ends that lie closer together than this meet."""
_SPLITS = 8
_NODES = (
    (0.0950125098376374, 0.1894506104550685),
    (0.2816035507792589, 0.1826034150449236),
    (0.4580167776572274, 0.1691565193950025),
    (0.6178762444026438, 0.1495959888165767),
    (0.7554044083550030, 0.1246289712555339),
    (0.8656312023878318, 0.0951585116824928),
    (0.9445750230732326, 0.0622535239386479),
    (0.9894009349916499, 0.0271524594117541),
)
"""Half of the 16 nodes and weights of Gauss and Legendre."""


@dataclass(frozen=True)
class Curve:
    """One or more cubic curves, each beginning where the one before it ends."""

    cubics: tuple[Cubic, ...]

    @property
    def start(self) -> complex:
        return self.cubics[0][0]

    @property
    def end(self) -> complex:
        return self.cubics[-1][3]


def curve(start: complex, first: complex, second: complex, end: complex) -> Curve:
    """A cubic curve by its two control points."""
    return Curve(((start, first, second, end),))


def line(*points: complex) -> Curve:
    """Straight from point to point."""
    return Curve(tuple((a, a + (b - a) / 3, b - (b - a) / 3, b) for a, b in pairwise(points)))


def join(*curves: Curve) -> Curve:
    """Curves as one. Raises ValueError when one does not begin where the one before it ends."""
    for before, after in pairwise(curves):
        if abs(after.start - before.end) > GAP_MM:
            raise ValueError(f"joined curves lie {abs(after.start - before.end):.2f} mm apart")
    return Curve(tuple(cubic for each in curves for cubic in each.cubics))


def reverse(way: Curve) -> Curve:
    return Curve(tuple((d, c, b, a) for a, b, c, d in reversed(way.cubics)))


def length(way: Curve) -> float:
    """In millimetres; to a thousandth for curves as a drafter draws them."""
    return sum(_length(cubic) for cubic in way.cubics)


def at(way: Curve, distance: float) -> complex:
    """The point so far along the curve; its nearer end beyond them."""
    cubic, place = _place(way, distance)
    return _point(way.cubics[cubic], place)


def heading(way: Curve, distance: float) -> float:
    """The direction at a distance along the curve, in degrees."""
    cubic, place = _place(way, distance)
    return math.degrees(cmath.phase(_tangent(way.cubics[cubic], place)))


def split(way: Curve, start: float, end: float) -> Curve:
    """What lies between two distances along the curve. Raises ValueError when nothing does."""
    whole = length(way)
    start, end = max(start, 0.0), min(end, whole)
    if end - start <= GAP_MM:
        raise ValueError(f"nothing lies between {start:.1f} and {end:.1f} mm along the curve")
    first, low = _place(way, start)
    last, high = _place(way, end)
    found: list[Cubic] = []
    for index in range(first, last + 1):
        a, b = low if index == first else 0.0, high if index == last else 1.0
        if b > a:
            found.append(_between(way.cubics[index], a, b))
    return Curve(tuple(found))


def offset(way: Curve, distance: float) -> Curve:
    """The parallel at a distance to the left of the curve's direction (to the right when negative); corners are mitred.

    Each cubic becomes eight with the parallel's own ends and derivatives (Hermite), to a hundredth for curves whose radius
    is well above the distance.
    """
    shifted = [_parallel(cubic, distance) for cubic in way.cubics]
    found = list(shifted[0])
    for before, following in zip(way.cubics, zip(way.cubics[1:], shifted[1:], strict=True), strict=False):
        after, parallel = following
        a, b = found[-1][3], parallel[0][0]
        if abs(a - b) > GAP_MM:
            corner = _meeting(a, _tangent(before, 1.0), b, _tangent(after, 0.0))
            found.extend(line(a, corner, b).cubics if corner is not None else line(a, b).cubics)
        found.extend(parallel)
    return Curve(tuple(found))


def mirror(way: Curve, one: complex, other: complex) -> Curve:
    """Reflected in the line through two points."""
    return Curve(tuple((*(mirror_point(each, one, other) for each in cubic),) for cubic in way.cubics))  # type: ignore[misc]


def mirror_point(point: complex, one: complex, other: complex) -> complex:
    if one == other:
        raise ValueError("a mirror line needs two points")
    axis = (other - one) / abs(other - one)
    return one + axis * ((point - one) / axis).conjugate()


def carry(way: Curve, one: complex, other: complex, to_one: complex, to_other: complex) -> Curve:
    """Moved and turned, not stretched: ``one`` comes to ``to_one``, the direction to ``other`` points to ``to_other``."""
    if one == other or to_one == to_other:
        raise ValueError("carrying needs two points here and two there")
    turn = (to_other - to_one) / abs(to_other - to_one) / ((other - one) / abs(other - one))
    return Curve(tuple((*(to_one + (each - one) * turn for each in cubic),) for cubic in way.cubics))  # type: ignore[misc]


def crossing(way: Curve, one: complex, other: complex) -> float:
    """How far along the curve it first crosses the line through two points. Raises ValueError when it does not."""
    axis = (other - one) / abs(other - one)

    def side(cubic: Cubic, place: float) -> float:
        return ((_point(cubic, place) - one) / axis).imag

    passed = 0.0
    for cubic in way.cubics:
        for step in range(_SPLITS):
            low, high = step / _SPLITS, (step + 1) / _SPLITS
            before, after = side(cubic, low), side(cubic, high)
            if before == 0:
                return passed + _length(cubic, low)
            if before * after <= 0:
                for _ in range(50):
                    middle = (low + high) / 2
                    low, high = (low, middle) if before * side(cubic, middle) <= 0 else (middle, high)
                return passed + _length(cubic, (low + high) / 2)
        passed += _length(cubic)
    raise ValueError("the curve does not cross the line")


def flattened(way: Curve, tolerance_mm: float = 0.05) -> Iterator[complex]:
    """Points along the curve, no further from it than the tolerance."""
    yield way.start
    for a, b, c, d in way.cubics:
        bend = max(abs(a - 2 * b + c), abs(b - 2 * c + d))
        steps = max(1, math.ceil(math.sqrt(0.75 * bend / tolerance_mm)))
        for step in range(1, steps + 1):
            yield _point((a, b, c, d), step / steps)


def closed(edges: Iterable[Curve]) -> Curve:
    """Edges as one closed outline. Raises ValueError when they do not meet."""
    outline = join(*edges)
    if abs(outline.end - outline.start) > GAP_MM:
        raise ValueError(f"the outline is open by {abs(outline.end - outline.start):.2f} mm")
    return outline


def _point(cubic: Cubic, place: float) -> complex:
    a, b, c, d = cubic
    rest = 1 - place
    return a * rest**3 + 3 * b * rest * rest * place + 3 * c * rest * place * place + d * place**3


def _derivative(cubic: Cubic, place: float) -> complex:
    a, b, c, d = cubic
    rest = 1 - place
    return 3 * ((b - a) * rest * rest + 2 * (c - b) * rest * place + (d - c) * place * place)


def _second(cubic: Cubic, place: float) -> complex:
    a, b, c, d = cubic
    return 6 * ((a - 2 * b + c) * (1 - place) + (b - 2 * c + d) * place)


def _tangent(cubic: Cubic, place: float) -> complex:
    """The direction, of length 1; where a control point lies on its end, the direction just beside it."""
    found = _derivative(cubic, place)
    if abs(found) < 1e-9:
        found = _derivative(cubic, min(max(place, 1e-4), 1 - 1e-4))
    if abs(found) < 1e-12:
        raise ValueError("a curve without length has no direction")
    return found / abs(found)


def _length(cubic: Cubic, until: float = 1.0) -> float:
    half = until / 2
    return half * sum(
        weight * (abs(_derivative(cubic, half - half * node)) + abs(_derivative(cubic, half + half * node))) for node, weight in _NODES
    )


def _place(way: Curve, distance: float) -> tuple[int, float]:
    """The cubic and the place (0 to 1) on it at a distance along the curve."""
    left = max(distance, 0.0)
    for index, cubic in enumerate(way.cubics):
        whole = _length(cubic)
        if left <= whole:
            return index, _reached(cubic, left, whole)
        left -= whole
    return len(way.cubics) - 1, 1.0


def _reached(cubic: Cubic, distance: float, whole: float) -> float:
    """The place at a distance along one cubic: Newton's steps, halving where they leave the bracket."""
    low, high, place = 0.0, 1.0, distance / whole if whole else 0.0
    for _ in range(50):
        apart = _length(cubic, place) - distance
        if abs(apart) < 1e-9:
            break
        low, high = (low, place) if apart > 0 else (place, high)
        speed = abs(_derivative(cubic, place))
        place = place - apart / speed if speed > 1e-9 else (low + high) / 2
        if not low < place < high:
            place = (low + high) / 2
    return place


def _between(cubic: Cubic, low: float, high: float) -> Cubic:
    start, end = _point(cubic, low), _point(cubic, high)
    reach = (high - low) / 3
    return start, start + _derivative(cubic, low) * reach, end - _derivative(cubic, high) * reach, end


def _parallel(cubic: Cubic, distance: float) -> list[Cubic]:
    found = []
    for step in range(_SPLITS):
        low, high = step / _SPLITS, (step + 1) / _SPLITS
        start, end = (_point(cubic, place) + _tangent(cubic, place) * 1j * distance for place in (low, high))
        reach = (high - low) / 3
        found.append((start, start + _stretched(cubic, low, distance) * reach, end - _stretched(cubic, high, distance) * reach, end))
    return found


def _stretched(cubic: Cubic, place: float, distance: float) -> complex:
    """The derivative of the parallel: that of the curve, times 1 - curvature * distance."""
    first, second = _derivative(cubic, place), _second(cubic, place)
    if abs(first) < 1e-9:
        return first
    curvature = (first.conjugate() * second).imag / abs(first) ** 3
    return first * (1 - curvature * distance)


def _meeting(one: complex, way: complex, other: complex, other_way: complex) -> complex | None:
    """Where two lines meet; None when they are parallel or meet far away."""
    area = (way.conjugate() * other_way).imag
    if abs(area) < 1e-6:
        return None
    reach = ((other - one).conjugate() * other_way).imag / area
    return one + way * reach if abs(reach) <= 4 * abs(other - one) else None
