"""Pieces of a family: cut lines around sewn lines, folds, notches, seams; where their faults are told."""

import pytest
import yaml
from shapely import LineString, Polygon

from configurator.engine.drawing import DrawingUndefined, Names, bound, parse_drawing
from configurator.engine.family.parse import parse_family
from configurator.engine.pattern.parse import parse_pieces
from configurator.engine.pattern.pieces import Chain, Pattern, Piece, pattern_of
from configurator.engine.pattern.seams import joints
from configurator.engine.pattern.sections import PiecesSection
from contracts.problems import SourceInvalid

DRAWING = """
title: {en: Bag, zh: 袋}
description: {en: Bag, zh: 袋}
let:
  half: width / 2
views:
  front: {label: {en: Front, zh: 正面}, box: [0, 0, width, height], shapes: []}
"""
BAG = """
let: {deep: height + 20, wide: half + 30}
cloths:
  canvas: {width: 400}
  striped: {width: 400, repeat_across: 30, repeat_along: 50, one_way: height > 1000}
pieces:
  front:
    label: {en: Front, zh: 前片}
    cloth: {canvas: width < 300, striped: width >= 300}
    quantity: 2
    mirrored: yes
    outline:
      - {edge: bottom, along: "line(point(0, 0), point(width, 0))", allowance: 10}
      - {edge: right, along: "line(point(width, 0), point(width, height))", allowance: 10}
      - {edge: top, along: "line(point(width, height), point(0, height))", allowance: 25}
      - {edge: left, along: "line(point(0, height), point(0, 0))", allowance: 0}
    notches:
      - {on: right, at: 40}
    grain: [[20, 20], [20, 80]]
    match: [0, 0]
    inside:
      - "line(point(10, 10), point(20, 20))"
      - {along: "line(point(10, 10), point(20, 20))", when: width > 1000}
  back:
    label: {en: Back, zh: 后片}
    cloth: canvas
    quantity: 1
    fold: [[0, 0], [0, 1]]
    outline:
      - {edge: bottom, along: "line(point(0, 0), point(half, 0))", allowance: 10}
      - {edge: side, along: "curve(point(half, 0), point(wide, height / 3), point(wide, height / 2), point(half, height))", allowance: 10}
      - {edge: top, along: "line(point(half, height), point(0, height))", allowance: 10}
      - {edge: fold, along: "line(point(0, height), point(0, 0))", allowance: 0}
    grain: [[0, 0], [30, 0]]
seams:
  - {seam: bottom, one: [back.bottom, back.bottom], other: [front.bottom]}
  - {seam: side, one: [back.side], other: [front.right], ease: [0, 30]}
"""
NAMES = Names({}, frozenset({"width", "height"}))


def parsed(text: str = BAG) -> PiecesSection:
    drawing = parse_drawing(yaml.compose(DRAWING, Loader=yaml.BaseLoader), NAMES)
    return parse_pieces(yaml.compose(text, Loader=yaml.BaseLoader), drawing)


def cut(text: str = BAG, **values: int) -> Pattern:
    drawing = parse_drawing(yaml.compose(DRAWING, Loader=yaml.BaseLoader), NAMES)
    return pattern_of(
        parse_pieces(yaml.compose(text, Loader=yaml.BaseLoader), drawing), bound(drawing, {"width": 200, "height": 300, **values})
    )


def piece(pattern: Pattern, name: str) -> Piece:
    return next(each for each in pattern.pieces if each.name == name)


def area(chain: Chain) -> Polygon:
    return Polygon([(each.real, each.imag) for each in chain])


def test_each_edge_has_its_allowance_and_corners_are_closed() -> None:
    """A turned edge of allowance 0 stays the limit; the corners of the others are square."""
    front = piece(cut(), "front")
    whole = Polygon([(0, -10), (210, -10), (210, 325), (0, 325)])
    assert area(front.cut).symmetric_difference(whole).area < 1
    assert area(front.sewn).area == pytest.approx(200 * 300)


def test_a_folded_piece_is_cut_whole_and_the_same_on_both_sides() -> None:
    back = piece(cut(), "back")
    assert area(back.sewn).area > 200 * 300
    assert area(back.cut).contains(area(back.sewn))
    mirrored = area(tuple(complex(each.real, -each.imag) for each in back.cut))
    assert mirrored.symmetric_difference(area(back.cut)).area < 1


def test_a_grain_that_lies_across_is_turned_upright() -> None:
    """The back's grain runs along its width: on the cloth it stands upright, so the piece is taller than wide."""
    back = piece(cut(), "back")
    assert back.grain[1].real == pytest.approx(back.grain[0].real)
    assert back.grain[1].imag > back.grain[0].imag
    left, bottom, right, top = area(back.sewn).bounds
    assert top - bottom == pytest.approx(242.6, abs=5)
    assert right - left == pytest.approx(300, abs=0.1)


def test_a_notch_goes_from_the_sewn_line_outwards() -> None:
    ((foot, tip),) = piece(cut(), "front").notches
    assert foot == pytest.approx(200 + 40j)
    assert tip == pytest.approx(205 + 40j)


def test_the_cloth_and_the_lines_within_follow_the_product() -> None:
    assert (piece(cut(), "front").cloth, piece(cut(width=300), "front").cloth) == ("canvas", "striped")
    assert (len(piece(cut(), "front").inside), len(piece(cut(width=1001), "front").inside)) == (1, 2)
    assert cut(height=1001).cloths["striped"].one_way


def test_every_sewn_edge_lies_within_the_cut() -> None:
    for each in cut().pieces:
        assert area(each.cut).buffer(0.05).contains(LineString([(spot.real, spot.imag) for spot in each.sewn]))


def test_seams_are_compared_with_their_ease() -> None:
    found = {joint.name: joint for joint in joints(parsed(), cut())}
    assert found["bottom"].fits
    assert found["bottom"].one_mm == pytest.approx(200)
    assert found["side"].fits
    assert 3 < found["side"].ease_mm < 30
    tight = {joint.name: joint for joint in joints(parsed(BAG.replace("[0, 30]", "[0, 2]")), cut())}
    assert not tight["side"].fits


@pytest.mark.parametrize(
    ("sound", "broken", "message"),
    [
        ("cloth: canvas", "cloth: silk", "unknown_cloth"),
        ("one: [back.side]", "one: [back.waist]", "unknown_edge"),
        ("on: right", "on: belt", "unknown_edge"),
        ("ease: [0, 30]", "ease: [0]", "ease_wanted"),
        ("{edge: right", "{edge: bottom", "twice"),
        ("fold: [[0, 0], [0, 1]]", "fold: [[0, 0]]", "two_points_wanted"),
        ("mirrored: yes", "mirrored: perhaps", "unknown_value"),
        ("quantity: 1", "number: 1", "unknown_key"),
        ("{deep: height", "{deep: depth", "unknown_name"),
        ("canvas: {width: 400}", "canvas: {}", "key_missing"),
    ],
)
def test_a_fault_stands_at_its_line(sound: str, broken: str, message: str) -> None:
    text = BAG.replace(sound, broken, 1)
    line = text[: text.index(broken)].count("\n") + 1
    with pytest.raises(SourceInvalid) as refused:
        parsed(text)
    found = [(each["line"], each["message"].removeprefix("drawing.fault.")) for each in refused.value.extra["lines"]]
    assert (line, message) in found


@pytest.mark.parametrize(
    ("sound", "broken", "why"),
    [
        ("point(width, height), point(0, height)", "point(width, height), point(5, height)", "apart"),
        ("fold: [[0, 0], [0, 1]]", "fold: [[5, 0], [5, 1]]", "lies on its fold"),
    ],
)
def test_an_outline_that_cannot_be_cut_is_told_with_the_pieces_line(sound: str, broken: str, why: str) -> None:
    assert sound in BAG
    with pytest.raises(DrawingUndefined, match=why):
        cut(BAG.replace(sound, broken, 1))


def test_pieces_without_a_drawing_are_refused(shelf_text: str) -> None:
    text = shelf_text[: shelf_text.index("\ndrawing:")] if "\ndrawing:" in shelf_text else shelf_text
    with pytest.raises(SourceInvalid) as refused:
        parse_family(text + "\npieces: {cloths: {}, pieces: {}}\n")
    assert "configurator.fault.pieces_without_drawing" in {each["message"] for each in refused.value.extra["lines"]}


def test_a_bill_of_materials_names_a_cloth_that_is_there(shelf_text: str) -> None:
    with pytest.raises(SourceInvalid) as refused:
        parse_family(shelf_text.replace("{item: lamp,", "{item: lamp, marker: silk,", 1))
    assert {each["message"] for each in refused.value.extra["lines"]} == {"configurator.fault.unknown_cloth"}
