"""What a drawing's formulas mean, and what they refuse."""

import math

import pytest

from configurator.engine.drawing.expressions import Choosable, ExpressionFault, parse_formula

TYPES = {
    "width": "number",
    "corner": "point",
    "bar": Choosable(frozenset({"drop", "flat"})),
    "extras": Choosable(frozenset({"bell", "lock"}), several=True),
}
SCOPE = {"width": 30.0, "corner": 3 + 4j, "bar": "drop", "extras": frozenset({"bell"})}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("width * 2 + 1", 61),
        ("-width / 4", -7.5),
        ("sqrt(width + 6)", 6),
        ("sin(30)", 0.5),
        ("cos(60)", 0.5),
        ("atan2(1, 1)", 45),
        ("min(width, 7, 9)", 7),
        ("max(width, 7)", 30),
        ("10 if bar == drop else 20", 10),
        ("10 if bar != drop else 20", 20),
        ("10 if bar in (flat, drop) else 20", 10),
        ("10 if bell in extras and width > 20 else 20", 10),
        ("10 if lock in extras or not width > 20 else 20", 20),
        ("x(corner) + y(corner)", 7),
        ("length(corner)", 5),
        ("length(corner + corner * 2 - point(9, 12))", 0),
    ],
)
def test_a_formula_has_its_value(text: str, value: float) -> None:
    assert parse_formula(text, TYPES).number(SCOPE) == pytest.approx(value)


def test_points_are_made_by_coordinates_or_by_length_and_angle() -> None:
    assert parse_formula("polar(10, 90)", TYPES).point(SCOPE) == pytest.approx(10j)
    assert parse_formula("point(1, 2)", TYPES).point(SCOPE) == 1 + 2j
    assert parse_formula("angle(corner)", TYPES).number(SCOPE) == pytest.approx(math.degrees(math.atan2(4, 3)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width +", "not_a_formula"),
        ("height", "unknown_name"),
        ("bar", "option_alone"),
        ("bar == steel", "unknown_value"),
        ("width + corner", "kinds_do_not_mix"),
        ("corner * corner", "kinds_do_not_mix"),
        ("sqrt(corner)", "wrong_kind"),
        ("sqrt(1, 2)", "wrong_count"),
        ("open(width)", "unknown_function"),
        ("width if width else 1", "wrong_kind"),
        ("width ** 9", "not_in_the_language"),
        ("width.real", "not_in_the_language"),
        ("[width]", "not_in_the_language"),
        ("'text'", "not_in_the_language"),
        ("True", "not_in_the_language"),
        ("(lambda: 1)()", "not_in_the_language"),
        ("min(*width, 1)", "not_in_the_language"),
        ("1 < width < 3", "not_in_the_language"),
        ("1 if drop in bar else 2", "not_in_the_language"),
    ],
)
def test_anything_outside_the_language_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionFault) as refused:
        parse_formula(text, TYPES)
    assert refused.value.message == message


def test_a_very_deep_formula_is_refused_and_not_a_crash() -> None:
    with pytest.raises(ExpressionFault):
        parse_formula("(" * 5000 + "1" + ")" * 5000, TYPES)
