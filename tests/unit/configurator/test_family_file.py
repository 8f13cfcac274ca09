"""A family file's faults are told by line and column."""

from pathlib import Path

import pytest

from configurator.engine.configurator import compile_family
from configurator.engine.decisions import NONE
from configurator.engine.family.family import Family
from configurator.engine.family.parse import parse_family
from configurator.engine.family.schema import family_schema
from contracts.problems import SourceInvalid
from tests.families import changes


def faults(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(SourceInvalid) as refused:
        parse_family(text)
    return [(each["line"], each["column"], each["message"].removeprefix("configurator.fault.")) for each in refused.value.extra["lines"]]


def place(text: str, piece: str) -> tuple[int, int]:
    before = text[: text.index(piece)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def test_a_sound_file_is_read_with_every_section(shelf: Family) -> None:
    assert list(shelf.options) == ["wood", "finish", "extras"]
    assert list(shelf.dimensions) == ["wall", "width", "height"]
    assert list(shelf.derived) == ["board"]
    assert (len(shelf.rules), len(shelf.price), len(shelf.bom), len(shelf.routing), len(shelf.quality), len(shelf.tests)) == (
        6,
        3,
        2,
        3,
        2,
        2,
    )


def test_a_product_is_told_what_is_good_for_it_alone(shelf: Family) -> None:
    compiled = compile_family(shelf)
    plain, oiled = (compiled.reference(compiled.decide(NONE, changes(given))) for given in ({}, {"finish": "oil"}))
    assert [said.zh for said in compiled.manufacture.care(plain)] == ["用湿布擦拭。"]
    assert [said.en for said in compiled.manufacture.care(oiled)] == ["Wipe it with a damp cloth.", "Oil it once a year."]
    assert compiled.manufacture.specification(oiled, NONE, compiled.pricing.price(oiled)).care == compiled.manufacture.care(oiled)


@pytest.mark.parametrize(
    ("sound", "broken", "at", "message"),
    [
        ("width <= wall", "width <= wal", 'wal"', "unknown_name"),
        ('wood != steel"', 'wood != glass"', "glass", "unknown_value"),
        ("width <= wall", "width <=", '", say: {en: "The shelf is w', "ends_early"),
        ("width <= wall", "width + wall", "width + wall", "condition_wanted"),
        ("height <= 2 * width", "height // width <= 2", "width <= 2", "divisor_not_constant"),
        ("40 * wood.thickness", "40 * wood.weight", "weight", "unknown_fact"),
        ("40 * wood.thickness", "40 * wood", "wood or wood", "option_alone"),
        ("{base: 12000", "{basis: 12000", "basis", "unknown_key"),
        ("step: 50, default: 700", "step: 50, default: 700, when: wood == oak", "wood == oak}", "when_not_derived"),
        ("example: {en: Sam", "headline: [wall]\nexample: {en: Sam", "wall]", "not_a_headline"),
        ("default: pine", "default: elm", "elm", "unknown_value"),
        ("    choose: 0..2\n", "    choose: 0..2\n    ask: {say: {en: Which, zh: 哪个}}\n", "ask: {say: {en: Which", "option_has_several"),
        ("    choose: 0..1\n", "    choose: 0..1\n    ask: {when: wod == oak, say: {en: Which, zh: 哪个}}\n", "wod ==", "unknown_name"),
        ("{given: {finish: powder}, ", "{given: {finish: powder}, asks: [wood], ", "wood], ", "unknown_ask"),
        ("after: [saw]", "after: [sawing]", "sawing", "operation_not_above"),
        ("after: [saw]", "after: [saw], view: below", "below", "unknown_name"),
        ("after: [saw]", "after: [saw], layout: linen", "linen", "unknown_name"),
        ("board.{wood.part}", "board.{wood.colour}", "wood.colour", "fact_missing"),
        ("step: 50, default: 700", "step: 50, default: 810", "810", "not_in_range"),
        ("expect: {wood: steel}", "expect: {wood: glass}", "glass", "unknown_value"),
        ("parameters: [wood, board]", "parameters: [wood, wall]", "wall]", "measure_is_private"),
        ('{when: "finish == oil", say: {en: Oil it', '{when: "finish == soap", say: {en: Oil it', "soap", "unknown_value"),
        ("castors: {label", "door: {label", "door: {label: {en: Castors", "twice"),
    ],
)
def test_a_fault_is_told_where_it_stands(shelf_text: str, sound: str, broken: str, at: str, message: str) -> None:
    assert sound in shelf_text
    text = shelf_text.replace(sound, broken, 1)
    assert (*place(text, at), message) in faults(text)


def test_all_faults_are_told_at_once(shelf_text: str) -> None:
    text = shelf_text.replace("width <= wall", "width <= wal").replace('wood != steel"', 'wood != glass"')
    assert len(faults(text)) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("family: &a shelf\nversion: *a\n", "no_aliases"),
        ("family: !!python/name:os.system x\n", "no_tags"),
        ("a: " + "[" * 40 + "]" * 40, "too_deep"),
        ("a: [1,\n", "syntax"),
        ("x: " + "a" * 2_000_001, "too_large"),
        ("", "missing"),
        ("just words", "value"),
    ],
)
def test_files_out_of_bounds_are_refused(text: str, message: str) -> None:
    assert message in {each[2] for each in faults(text)}


def test_the_schema_in_the_documents_is_the_one_of_the_format() -> None:
    assert (Path(__file__).parents[3] / "docs" / "family.schema.json").read_text(encoding="utf-8") == family_schema()
