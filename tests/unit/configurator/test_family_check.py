"""What makes a family unfit to be published is found, with its line."""

import pytest

from configurator.engine.configurator import compile_family
from configurator.engine.family.parse import parse_family
from configurator.engine.family_check import check_family, require_fit
from contracts.problems import SourceInvalid


def findings(text: str, severity: str = "error") -> list[tuple[int, str]]:
    found = check_family(compile_family(parse_family(text)))
    return [(each.line, each.message.removeprefix("configurator.fault.")) for each in found if each.severity == severity]


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_a_fit_family_has_no_findings(shelf_text: str) -> None:
    assert findings(shelf_text) == []
    require_fit(compile_family(parse_family(shelf_text)))


@pytest.mark.parametrize(
    ("sound", "broken", "at", "message"),
    [
        ("width <= wall", "width > 5 * wall", "id: fits", "void"),
        ("wood != steel", "wood == steel and wood != steel", "oil: {label", "dead_value"),
        ("step: 50, default: 700", "step: 50, default: 900", "id: sag", "default_not_buildable"),
        ("60 + board // 10", "60 - board // 10", "op: saw", "not_positive"),
        ("quantity: 1, at: assemble", "quantity: 0 - 1, at: assemble", "item: lamp", "not_positive"),
        ("wood: pine}, expect: impossible", "wood: steel}, expect: impossible", "given: {finish: powder, wood: steel}", "test_possible"),
        ("because: [powder_steel]", "because: [sag]", "given: {finish: powder, wood: pine}", "test_other_reason"),
        ("expect: {wood: steel}", "expect: {wood: oak}", "given: {finish: powder}", "test_does_not_follow"),
        ("expect: {wood: steel}", "price: 1", "given: {finish: powder}", "test_price"),
        (
            "wood: pine}, expect: impossible, because: [powder_steel]",
            "wood: pine}",
            "given: {finish: powder, wood: pine}",
            "test_impossible",
        ),
    ],
)
def test_a_finding_stands_at_its_line(shelf_text: str, sound: str, broken: str, at: str, message: str) -> None:
    assert sound in shelf_text
    text = shelf_text.replace(sound, broken, 1)
    assert (line_of(text, at), message) in findings(text)
    with pytest.raises(SourceInvalid):
        require_fit(compile_family(parse_family(text)))


def test_a_picture_that_cannot_be_drawn_is_found(shelf_text: str) -> None:
    text = (
        shelf_text
        + """
drawing:
  title: {en: Shelf, zh: 搁板}
  description: {en: A shelf, zh: 搁板}
  views:
    front: {label: {en: Front, zh: 正面}, box: [0, 0, width, 20], shapes: []}
  pictures:
    wood:
      box: [0, 0, 10, 10]
      shapes:
        - {circle: [5, 5], radius: 5 / (0 if wood == steel else 1)}
"""
    )
    assert (line_of(text, "- {circle"), "drawing_breaks") in findings(text)


def test_ends_of_a_range_that_nobody_reaches_are_a_warning(shelf_text: str) -> None:
    text = shelf_text.replace("width <= wall", "width <= wall and height < 2400")
    assert findings(text, "warning") == [(line_of(text, "  height: {group"), "unreachable_number")]


def test_a_stretch_that_nobody_reaches_is_a_warning(shelf_text: str) -> None:
    text = shelf_text.replace("width <= wall", "width <= wall and (width <= 800 or width >= 1000)")
    assert findings(text, "warning") == [(line_of(text, "  width: {group"), "unreachable_numbers")]


def test_a_product_that_costs_nothing_is_found(shelf_text: str) -> None:
    text = shelf_text.replace("{base: 12000", "{base: 0")
    assert (line_of(text, "{base: 0"), "no_price") in findings(text)


def test_a_product_that_nobody_makes_is_found(shelf_text: str) -> None:
    text = shelf_text[: shelf_text.index("bom:")] + shelf_text[shelf_text.index("care:") :]
    assert findings(text) == [(1, "no_operation")]


def test_a_rule_with_too_many_combinations_is_named(shelf_text: str) -> None:
    text = shelf_text.replace("step: 10, measure", "step: 1, measure").replace("step: 50, default: 700", "step: 1, default: 700")
    text = text.replace("width <= wall", "width * height <= wall * 1000")
    with pytest.raises(SourceInvalid) as refused:
        compile_family(parse_family(text))
    assert refused.value.extra["lines"] == [
        {"line": line_of(text, "id: fits"), "column": 1, "message": "configurator.fault.rule_too_fine", "params": {"name": "fits"}}
    ]
