"""How a drawing section becomes a picture, and where its faults are told."""

from typing import Any

import pytest
import yaml
from lxml import etree

from configurator.engine.drawing import Drawing, DrawingUndefined, Names, draw_symbol, parse_drawing
from contracts.problems import SourceInvalid
from contracts.texts import Localised
from tests.drawings import draw

NAMES = Names(
    {"colour": {"red": Localised(en="red <b>", zh="红"), "blue": Localised(en="blue", zh="蓝")}},
    frozenset({"width", "height"}),
    measures=frozenset({"depth"}),
)
SHELF = """
title: {en: "Shelf & box in {colour}", zh: "{colour}搁板"}
description: {en: "{width} mm wide", zh: "宽 {width} mm"}
let:
  middle: width / 2
  corner: point(width, height)
colours:
  paint: {by: colour, values: {red: "#ff0000", blue: "#0000ff"}}
  shade: {of: paint, mix: "#000000", part: 0.5}
styles:
  edge: {stroke: shade, width: 2, cap: butt}
parts:
  knob:
    given: {c: point, r: number, ink: colour}
    let: {inner: r / 2}
    shapes:
      - {circle: c, radius: r, fill: ink}
      - {circle: c, radius: inner, fill: none, stroke: ink, width: 1}
views:
  front:
    label: {en: Front, zh: 正面}
    box: [0, 0, width, height]
    shapes:
      - {polygon: [[0, 0], [width, 0], corner, [0, height]], fill: paint, style: edge}
      - {use: knob, with: {c: [middle, 10.06], r: 8, ink: paint}}
      - {use: knob, with: {c: [middle, 60], r: 8, ink: "#123456"}, when: height > 100}
      - {segments: i, times: 3, from: [i * 10, 0], to: [i * 10, 5], style: edge}
      - {arc: corner, radius: 5, from: 0, to: 270, style: edge}
      - {path: [{move: [0, 0]}, {line: [1, 1]}, {curve: [[2, 2], [3, 3], [4, 4]]}, close], style: edge}
      - {text: {en: "a < {height}", zh: "高 {height}"}, at: [5, 5], size: 12, anchor: start, fill: "#111111"}
      - {measure: {en: Width, zh: 宽}, from: [0, 0], to: [width, 0], along: horizontal, at: -30, size: 20, style: edge}
  back:
    label: {en: Back, zh: 背面}
    box: [0, 0, width, height]
    shapes:
      - {line: [[0, 0], corner], style: edge}
pictures:
  colour:
    let: {half: 5}
    box: [0, 0, half * 2, 10]
    shapes:
      - {circle: [half, half], radius: half, fill: paint}
      - {text: {en: "{colour}", zh: "{colour}"}, at: [0, 0], size: 3}
  depth:
    box: [0, 0, 10, 10]
    shapes:
      - {use: knob, with: {c: [5, 5], r: 2, ink: shade}, move: [3, 4]}
"""


def parsed(text: str) -> Drawing:
    return parse_drawing(yaml.compose(text, Loader=yaml.BaseLoader), NAMES)


def picture(language: Any = "en", view: str | None = None, **values: Any) -> str:
    return draw(parsed(SHELF), {"width": 200, "height": 90, "colour": "red", **values}, language, view)


def shapes(svg: str, name: str) -> list[etree._Element]:
    return etree.fromstring(svg.encode()).findall(f".//{{http://www.w3.org/2000/svg}}{name}")


def test_one_unit_is_a_millimetre_and_up_is_up() -> None:
    svg = picture()
    assert etree.fromstring(svg.encode()).get("viewBox") == "0 -90 200 90"
    assert 'd="M0 0L200 0L200 -90L0 -90Z"' in svg


def test_values_are_rounded_to_a_tenth() -> None:
    assert 'cy="-10.1"' in picture()


def test_the_same_product_gives_the_same_text() -> None:
    assert picture() == picture()


def test_colours_follow_the_choice_and_mix() -> None:
    assert 'fill="#ff0000" stroke="#800000"' in picture()
    assert 'fill="#0000ff" stroke="#000080"' in picture(colour="blue")


def test_a_shape_under_a_condition_is_drawn_only_then() -> None:
    assert "#123456" not in picture()
    assert picture(height=101).count("#123456") == 2


def test_title_and_description_speak_the_language_and_are_escaped() -> None:
    svg = picture()
    assert shapes(svg, "title")[0].text == "Shelf & box in red <b>"
    assert shapes(svg, "desc")[0].text == "200 mm wide"
    assert shapes(picture("zh"), "title")[0].text == "红搁板"
    assert shapes(svg, "text")[0].text == "a < 90"


def test_a_dimension_line_tells_its_length() -> None:
    assert [text.text for text in shapes(picture(), "text")] == ["a < 90", "Width 200"]
    assert [text.text for text in shapes(picture("zh"), "text")] == ["高 90", "宽 200"]


def test_a_view_is_chosen_by_name_and_the_first_one_by_default() -> None:
    assert "Width" in picture()
    assert "Width" not in picture(view="back")


def test_what_operations_work_on_is_drawn_by_its_name_and_is_no_view() -> None:
    drawing = parsed(
        f"{SHELF.rstrip()}\nwork:\n  board:\n    box: [0, 0, 10, 10]\n    shapes: [{{circle: [5, 5], radius: 4, fill: paint}}]\n"
    )
    assert "board" not in drawing.views
    assert 'viewBox="0 -10 10 10"' in draw(drawing, {"width": 200, "height": 90, "colour": "red"}, "en", "board")


def test_work_does_not_take_a_views_name() -> None:
    assert faults(("views:", "work: {back: {box: [0, 0, 1, 1], shapes: []}}\nviews:"))[0][1] == "view_twice"


def test_an_arc_over_half_a_turn_is_the_large_one() -> None:
    assert "A5 5 0 1 0" in picture()


def test_nothing_reaches_out_of_the_picture() -> None:
    """No script, no reference, no style attribute, no identifier that could clash on a page."""
    root = etree.fromstring(picture().encode())
    for element in root.iter():
        assert etree.QName(element).localname in {"svg", "title", "desc", "path", "circle", "text"}
        assert not {"style", "id", "href"} & set(element.attrib)
        assert element.get("class") in (None, "label")


def test_a_label_can_be_larger_where_the_drawing_is_small_and_what_stands_on_the_product_cannot() -> None:
    wide = etree.fromstring(picture(width=375 * 4).encode())
    assert wide.get("font-size") == "40"
    assert [text.get("class") for text in shapes(picture(), "text")] == ["label", "label"]
    drawing = parsed(SHELF.replace("at: [5, 5], size: 12,", "at: [5, 5], size: 12, scaled: yes,"))
    svg = draw(drawing, {"width": 200, "height": 90, "colour": "red"}, "en")
    assert [text.get("class") for text in shapes(svg, "text")] == [None, "label"]


@pytest.mark.parametrize(
    ("along", "side", "place"),
    [
        ("horizontal", "left", ("-10", "37", "end")),
        ("horizontal", "right", ("210", "37", "start")),
        ("vertical", "left", ("-40", "-38", "end")),
        ("vertical", "right", ("-20", "-38", "start")),
    ],
)
def test_a_dimension_lines_label_stands_level_beside_it(along: str, side: str, place: tuple[str, str, str]) -> None:
    text = SHELF.replace("to: [width, 0], along: horizontal", f"to: corner, along: {along}, beside: {side}")
    label = shapes(draw(parsed(text), {"width": 200, "height": 90, "colour": "red"}, "en"), "text")[1]
    assert (label.get("x"), label.get("y"), label.get("text-anchor")) == place
    assert label.get("transform") is None


def faults(change: tuple[str, str]) -> list[tuple[int, str]]:
    assert change[0] in SHELF
    with pytest.raises(SourceInvalid) as refused:
        parsed(SHELF.replace(*change, 1))
    return [(fault["line"], fault["message"].removeprefix("drawing.fault.")) for fault in refused.value.extra["lines"]]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("middle: width / 2", "middle: depth / 2", 5, "unknown_name"),
        ("middle: width / 2", "width: 5", 5, "name_taken"),
        ('red: "#ff0000", ', "", 8, "colour_missing"),
        ('"#ff0000"', "crimson", 8, "colour_wanted"),
        ("of: paint", "of: pint", 9, "unknown_colour"),
        ("r: number", "r: integer", 14, "unknown_value"),
        ("{use: knob, with: {c: [middle, 10.06], r: 8,", "{use: knob, with: {c: [middle, 10.06],", 25, "key_missing"),
        ("{use: knob", "{use: handle", 25, "unknown_part"),
        ("[width, 0], corner", "[width], corner", 24, "two_coordinates_wanted"),
        ("fill: paint, style: edge", "fill: paint, style: rim", 24, "unknown_style"),
        ("fill: paint, style: edge", "fil: paint, style: edge", 24, "unknown_key"),
        ("segments: i, times: 3, ", "segments: i, ", 27, "key_missing"),
        ("{move: [0, 0]}, ", "", 29, "move_wanted"),
        ("{curve: [[2, 2], [3, 3], [4, 4]]}", "{curve: [[2, 2], [3, 3]]}", 29, "curve_wanted"),
        ('"高 {height}"', '"高 {depth}"', 30, "unknown_name"),
        (", zh: 宽}", "}", 31, "language_missing"),
        ("along: horizontal", "along: sideways", 31, "unknown_value"),
        ("along: horizontal", "along: horizontal, beside: above", 31, "unknown_value"),
        ("size: 12, anchor", "size: 12, scaled: perhaps, anchor", 30, "unknown_value"),
        ("box: [0, 0, width, height]", "box: [0, 0, width]", 22, "box_wanted"),
        ("- {circle: c, radius: r, fill: ink}", "- {circle: c, polygon: [c], radius: r}", 17, "shape_wanted"),
        ("- {circle: c, radius: r, fill: ink}", "- {fill: ink}", 17, "shape_wanted"),
        ("  depth:\n", "  length:\n", 44, "unknown_name"),
        ("  depth:\n    box: [0, 0, 10, 10]", "  depth:\n    box: [0, 0, 10]", 45, "box_wanted"),
        ("box: [0, 0, half * 2, 10]", "box: [0, 0, depth, 10]", 40, "unknown_name"),
        ("let: {half: 5}", "let: {width: 5}", 39, "name_taken"),
        ("radius: half, fill: paint", "radius: half, fill: pain", 42, "unknown_colour"),
        ("move: [3, 4]", "move: [3]", 47, "two_coordinates_wanted"),
    ],
)
def test_a_fault_is_told_with_its_line(old: str, new: str, line: int, message: str) -> None:
    assert (line, message) in faults((old, new))


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = SHELF.replace("of: paint", "of: pint").replace("times: 3", "times: many").replace("middle: width", "middle: wide")
    with pytest.raises(SourceInvalid) as refused:
        parsed(text)
    assert [fault["line"] for fault in refused.value.extra["lines"]] == [5, 9, 27]


def test_a_formula_without_a_value_is_named_with_its_line() -> None:
    drawing = parsed(SHELF.replace("middle: width / 2", "middle: width / (height - 90)"))
    with pytest.raises(DrawingUndefined) as undefined:
        draw(drawing, {"width": 200, "height": 90, "colour": "red"}, "en")
    assert undefined.value.line == 5


def symbol(name: str, language: Any = "en", **values: Any) -> etree._Element:
    drawing = parsed(SHELF)
    drawn = draw_symbol(drawing, drawing.pictures[name], {"width": 200, "height": 90, "colour": "red", **values}, language, f"{name}.x")
    return etree.fromstring(drawn)


def test_a_picture_is_a_symbol_with_its_own_box_and_names() -> None:
    found = symbol("colour", colour="blue")
    assert (found.tag, found.get("id"), found.get("viewBox")) == ("symbol", "colour.x", "0 -10 10 10")
    (circle,) = found.findall("circle")
    assert (circle.get("r"), circle.get("fill")) == ("5", "#0000ff")


def test_words_in_a_picture_speak_the_language_and_are_escaped() -> None:
    assert symbol("colour").findtext("text") == "red <b>"
    assert symbol("colour", "zh").findtext("text") == "红"


def test_a_part_is_drawn_moved() -> None:
    (group,) = symbol("depth").findall("g")
    assert group.get("transform") == "translate(3 -4)"
    assert len(group) == 2


def test_a_part_is_drawn_reflected_in_a_line() -> None:
    """The reflection of (x, y) in the vertical through 30 is (60 - x, y); SVG's y runs down."""
    text = SHELF.replace(
        "{use: knob, with: {c: [middle, 10.06], r: 8, ink: paint}}",
        "{use: knob, with: {c: [middle, 10], r: 8, ink: paint}, mirror: [[30, 0], [30, 1]]}",
    )
    svg = draw(parsed(text), {"width": 100, "height": 50, "colour": "red"}, "en")
    assert '<g transform="matrix(-1 0 0 1 60 0)">' in svg.replace("-0 ", "0 ")
    slanted = text.replace("mirror: [[30, 0], [30, 1]]", "mirror: [[0, 0], [1, 1]]")
    assert "matrix(" in draw(parsed(slanted), {"width": 100, "height": 50, "colour": "red"}, "en")
    with pytest.raises(SourceInvalid):
        parsed(text.replace("mirror: [[30, 0], [30, 1]]", "mirror: [[30, 0]]"))
