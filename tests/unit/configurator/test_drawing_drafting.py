"""Curves in a drawing: formulas, names that are fitted, paths along curves, and where their faults are told."""

import math
from typing import Any

import pytest
import yaml
from shapely import Point, Polygon, make_valid

from configurator.engine.drawing import Drawing, DrawingUndefined, Names, parse_drawing
from configurator.engine.drawing.expressions import ExpressionFault, parse_formula
from configurator.engine.drawing.hatching import hatched
from contracts.problems import SourceInvalid
from tests.drawings import draw

SCOPE: dict[str, Any] = {"a": 0j, "b": 30 + 40j}
TYPES: dict[str, Any] = {"a": "point", "b": "point"}
CIRCLE = 0.5522847498

SLEEVE = """
title: {en: Sleeve, zh: 袖}
description: {en: A sleeve, zh: 袖子}
let:
  half: width / 2
  height:
    fit: [20, 300]
    let:
      top: point(0, height)
      back: curve(point(-half, 0), point(-half / 2, 0), point(-half / 2, height), top)
      cap: join(back, reverse(mirror(back, top, point(0, 0))))
    equal: [length(cap), armhole + 5]
views:
  front:
    label: {en: Front, zh: 正面}
    box: [-half, 0, half, height]
    shapes:
      - {path: [{along: cap}, {line: [half, -100]}, {line: [-half, -100]}, close], fill: "#eeeeee"}
      - {hatch: [{along: cap}, {line: [half, -100]}, {line: [-half, -100]}], angle: 90, every: 50, through: [0, 0], stroke: "#111111"}
"""


def parsed(text: str) -> Drawing:
    return parse_drawing(yaml.compose(text, Loader=yaml.BaseLoader), Names({}, frozenset({"width", "armhole"})))


def faults(text: str) -> list[tuple[int, str]]:
    with pytest.raises(SourceInvalid) as refused:
        parsed(text)
    return [(fault["line"], fault["message"].removeprefix("drawing.fault.")) for fault in refused.value.extra["lines"]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("length(line(a, b))", 50),
        ("length(line(a, b, a))", 100),
        (f"length(curve(point(1, 0), point(1, {CIRCLE}), point({CIRCLE}, 1), point(0, 1)))", math.pi / 2),
        ("length(split(line(a, b), 10, 25))", 15),
        ("length(join(line(a, b), line(b, point(30, 0))))", 90),
        ("x(at(line(a, b), 25))", 15),
        ("x(start(reverse(line(a, b))))", 30),
        ("y(end(mirror(line(a, b), a, point(1, 0))))", -40),
        ("x(mirror(b, a, point(0, 1)))", -30),
        ("y(start(offset(line(point(0, 0), point(10, 0)), 4)))", 4),
        ("heading(line(a, point(5, 5)), 1)", 45),
        ("crossing(line(a, b), point(0, 20), point(1, 20))", 25),
        ("y(carry(point(10, 0), a, point(1, 0), b, b + point(0, 1)))", 50),
    ],
)
def test_a_curve_has_its_measures(text: str, value: float) -> None:
    assert parse_formula(text, TYPES).number(SCOPE) == pytest.approx(value, abs=0.001)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("length(3)", "wrong_kind"),
        ("line(a)", "wrong_count"),
        ("mirror(a, b)", "wrong_count"),
        ("mirror(line(a, b), a, 3)", "wrong_kind"),
        ("line(a, b) + a", "kinds_do_not_mix"),
        ("-line(a, b)", "wrong_kind"),
    ],
)
def test_a_wrong_curve_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionFault) as fault:
        parse_formula(text, TYPES)
    assert fault.value.message == message


def test_a_parallel_meets_at_its_corners() -> None:
    corner = parse_formula("offset(line(point(0, 0), point(10, 0), point(10, 10)), -2)", TYPES).curve({})
    assert max(spot.real for cubic in corner.cubics for spot in cubic) == pytest.approx(12)
    assert min(spot.imag for cubic in corner.cubics for spot in cubic) == pytest.approx(-2)


@pytest.mark.parametrize(("width", "armhole"), [(300, 420), (400, 500), (520, 590)])
def test_a_fitted_height_makes_the_cap_as_long_as_the_armhole(width: int, armhole: int) -> None:
    said = SLEEVE.replace("views:", "  long: length(cap) * 1000\nviews:", 1).replace(
        "{en: A sleeve, zh: 袖子}", '{en: "{long}", zh: "{long}"}'
    )
    told = parsed(said)
    svg = draw(told, {"width": width, "armhole": armhole}, "en")
    assert f"<desc>{(armhole + 5) * 1000}</desc>" in svg


def test_a_fit_that_cannot_be_had_is_told_with_its_line() -> None:
    with pytest.raises(DrawingUndefined, match=r"line 6: no height between 20\.0 and 300\.0"):
        draw(parsed(SLEEVE), {"width": 900, "armhole": 500}, "en")


def test_a_path_follows_a_curve_and_stripes_stay_within_it() -> None:
    svg = draw(parsed(SLEEVE), {"width": 400, "armhole": 500}, "en")
    assert 'd="M-200 0C-100 0 ' in svg
    assert svg.count("M-200 100") + svg.count("M-150") + svg.count("M150") >= 2
    assert "L200 100L-200 100Z" in svg


def test_hatching_covers_as_much_of_an_outline_as_its_area_holds() -> None:
    """An outline with a hollow and a crossing, against shapely's area: lines of width ``every`` cover it, whatever their angle."""
    outline = [0j, 300 + 0j, 300 + 200j, 180 + 200j, 150 + 60j, 120 + 200j, 40j + 20, 220j + 60, 260j]
    area = make_valid(Polygon([(each.real, each.imag) for each in outline]))
    for angle in range(0, 180, 7):
        lines = hatched(outline, angle, 1, 3 + 1j)
        assert sum(abs(end - start) for start, end in lines) == pytest.approx(area.area, rel=0.01)
        middles = [(start + end) / 2 for start, end in lines if abs(end - start) > 1]
        assert all(area.buffer(0.001).contains(Point(each.real, each.imag)) for each in middles)


def test_hatching_fills_an_outline_and_nothing_else() -> None:
    square = [0j, 100 + 0j, 100 + 100j, 50 + 60j, 100j]
    lines = hatched(square, 0, 20, 10j)
    assert [(a.real, a.imag, b.real, b.imag) for a, b in lines] == [
        (0, 10, 100, 10), (0, 30, 100, 30), (0, 50, 100, 50),
        (0, 70, 37.5, 70), (62.5, 70, 100, 70), (0, 90, 12.5, 90), (87.5, 90, 100, 90),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="too many"):
        hatched(square, 0, 0.01, 0j)


def test_faults_of_a_fit_stand_at_their_lines() -> None:
    assert faults(SLEEVE.replace("fit: [20, 300]", "fit: [20]")) == [(7, "fit_wanted")]
    assert faults(SLEEVE.replace("equal: [length(cap), armhole + 5]", "equal: [cap, armhole + 5]")) == [(12, "wrong_kind")]
    assert faults(SLEEVE.replace("{along: cap}, {line", "{along: half}, {line", 1)) == [(18, "wrong_kind")]
    assert faults(SLEEVE.replace(", through: [0, 0]", "")) == [(19, "key_missing")]
