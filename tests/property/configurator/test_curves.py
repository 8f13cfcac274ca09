"""What drafting does with curves keeps lengths, shapes and distances."""

import cmath
import math
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from configurator.engine.drawing import curves
from configurator.engine.drawing.curves import Curve

coordinates = st.integers(-500, 500)
points = st.builds(complex, coordinates, coordinates)
turns = st.floats(-40, 40)


@st.composite
def gentle(draw: st.DrawFn) -> Curve:
    """A curve as a drafter draws it: it never turns back, both controls lie ahead of the start."""
    start, span, direction = draw(points), draw(st.floats(80, 600)), draw(st.floats(0, 360))
    way = cmath.rect(span, math.radians(direction))
    first = start + way * cmath.rect(draw(st.floats(0.25, 0.4)), math.radians(draw(turns)))
    end = start + way
    second = end - way * cmath.rect(draw(st.floats(0.25, 0.4)), math.radians(draw(turns)))
    return curves.curve(start, first, second, end)


def by_points(way: Curve) -> float:
    """The length of a very fine chain of points."""
    found = list(curves.flattened(way, 0.0005))
    return sum(abs(b - a) for a, b in pairwise(found))


@settings(deadline=None)
@given(gentle())
def test_a_length_is_that_of_a_fine_chain_of_points(way: Curve) -> None:
    assert curves.length(way) == pytest.approx(by_points(way), abs=0.01)


@settings(deadline=None)
@given(gentle(), st.floats(0.1, 0.9))
def test_two_parts_make_the_whole_and_meet(way: Curve, part: float) -> None:
    whole = curves.length(way)
    cut = whole * part
    one, other = curves.split(way, 0, cut), curves.split(way, cut, whole)
    assert curves.length(one) == pytest.approx(cut, abs=0.01)
    assert curves.length(one) + curves.length(other) == pytest.approx(whole, abs=0.01)
    assert abs(one.end - other.start) < 0.001
    assert abs(one.end - curves.at(way, cut)) < 0.001


@settings(deadline=None)
@given(gentle(), points, points)
def test_mirrored_twice_is_the_same_and_once_as_long(way: Curve, one: complex, other: complex) -> None:
    assume(one != other)
    once = curves.mirror(way, one, other)
    assert curves.length(once) == pytest.approx(curves.length(way), abs=0.01)
    twice = curves.mirror(once, one, other)
    assert all(abs(a - b) < 1e-6 for a, b in zip(twice.cubics[0], way.cubics[0], strict=True))


@settings(deadline=None)
@given(gentle(), points, points)
def test_what_is_carried_keeps_its_length_and_arrives(way: Curve, one: complex, other: complex) -> None:
    assume(one != other)
    moved = curves.carry(way, way.start, way.end, one, other)
    assert curves.length(moved) == pytest.approx(curves.length(way), abs=0.01)
    assert abs(moved.start - one) < 1e-6
    assert abs(cmath.phase((moved.end - one) / (other - one))) < 1e-6


@settings(deadline=None)
@given(gentle(), st.floats(-20, 20), st.floats(0.05, 0.95))
def test_a_parallel_lies_at_its_distance_everywhere(way: Curve, distance: float, part: float) -> None:
    """The nearest point of a fine chain of the curve is as far from the parallel as was asked, curves bent too tightly left aside."""
    assume(_smallest_radius(way) > 60)
    parallel = curves.offset(way, distance)
    spot = curves.at(parallel, curves.length(parallel) * part)
    found = list(curves.flattened(way, 0.01))
    nearest = min(_to_segment(spot, a, b) for a, b in pairwise(found))
    assert nearest == pytest.approx(abs(distance), abs=0.05)


@settings(deadline=None)
@given(gentle(), st.floats(0.1, 0.9))
def test_a_crossing_is_found_where_it_is(way: Curve, part: float) -> None:
    through = curves.at(way, curves.length(way) * part)
    across = cmath.rect(1, math.radians(curves.heading(way, curves.length(way) * part) + 90))
    assume(sum(_crosses(a, b, through, across) for a, b in _chain(way)) == 1)
    assert curves.crossing(way, through, through + across) == pytest.approx(curves.length(way) * part, abs=0.02)


def test_the_seams_of_a_shape_that_does_not_close_are_told() -> None:
    with pytest.raises(ValueError, match=r"open by 5\.00 mm"):
        curves.closed([curves.line(0j, 10 + 0j, 10 + 10j), curves.line(10 + 10j, 5j)])
    with pytest.raises(ValueError, match=r"3\.00 mm apart"):
        curves.join(curves.line(0j, 10 + 0j), curves.line(13 + 0j, 20 + 0j))


def _chain(way: Curve) -> list[tuple[complex, complex]]:
    found = list(curves.flattened(way, 0.01))
    return list(pairwise(found))


def _crosses(a: complex, b: complex, through: complex, along: complex) -> bool:
    return ((a - through) / along).imag * ((b - through) / along).imag <= 0


def _to_segment(spot: complex, a: complex, b: complex) -> float:
    part = min(1.0, max(0.0, ((spot - a).conjugate() * (b - a)).real / abs(b - a) ** 2))
    return abs(spot - a - (b - a) * part)


def _smallest_radius(way: Curve) -> float:
    a, b, c, d = way.cubics[0]
    smallest = math.inf
    for step in range(101):
        t = step / 100
        first = 3 * ((b - a) * (1 - t) ** 2 + 2 * (c - b) * (1 - t) * t + (d - c) * t * t)
        second = 6 * ((a - 2 * b + c) * (1 - t) + (b - 2 * c + d) * t)
        bend = abs((first.conjugate() * second).imag)
        smallest = min(smallest, abs(first) ** 3 / bend if bend else math.inf)
    return smallest
