"""Two versions of a family compared: what anybody would notice is told, and nothing else."""

import pytest

from configurator.engine.configurator import compile_family
from configurator.engine.family.parse import parse_family
from configurator.engine.family_diff import differences
from contracts.texts import LANGUAGES
from presentation.texts import render


def told(old: str, new: str) -> list[tuple[str, str]]:
    found = differences(compile_family(parse_family(old)), compile_family(parse_family(new)))
    for each in found:
        assert all(render(each.text, language) for language in LANGUAGES)
    return [(each.name, each.text.id.removeprefix("configurator.diff.")) for each in found]


def test_another_version_with_other_lines_is_the_same_to_everybody(shelf_text: str) -> None:
    moved = shelf_text.replace('version: "1"', 'version: "2"\n# rewritten\n').replace("rules:", "# as before\nrules:")
    assert told(shelf_text, moved) == []


@pytest.mark.parametrize(
    ("sound", "other", "noticed"),
    [
        (
            "{base: 12000",
            "{base: 13000",
            [("default", "default_price"), ("cheapest", "cheapest_price"), ("price", "price_amount")],
        ),
        ("height > 2000", "height > 1900", [("price", "price_when")]),
        ("label: {en: Extra height, zh: 加高}", "label: {en: Tall, zh: 高款}", [("price", "price_gone"), ("price", "price_new")]),
        ("tax_percent: 21", "tax_percent: 19", [("default", "default_price"), ("cheapest", "cheapest_price"), ("tax_percent", "tax")]),
        ("label: {en: Shelf, zh: 书架}", "label: {en: Board, zh: 搁板}", [("label", "family_label")]),
        ("description: {en: A shelf", "description: {en: One shelf", [("description", "family_description")]),
        ("label: {en: Wood, zh: 木材}", "label: {en: Timber, zh: 木料}", [("wood", "renamed"), ("saw", "operation_otherwise")]),
        ("choose: 0..2", "choose: 0..3", [("extras", "option_choose")]),
        ("price: 9000", "price: 9500", [("wood.oak", "value_price")]),
        ("{en: Oak, zh: 橡木}", "{en: White oak, zh: 白橡}", [("wood.oak", "renamed")]),
        ("part: O25", "part: O26", [("wood.oak", "value_facts"), ("bom", "bom")]),
        (
            "      castors: {label: {en: Castors, zh: 脚轮}, price: 2000}\n",
            "      castors: {label: {en: Castors, zh: 脚轮}, price: 2000}\n      hooks: {label: {en: Hooks, zh: 挂钩}, price: 500}\n",
            [("extras.hooks", "value_new")],
        ),
        ("default: pine", "default: oak", [("default", "default_price"), ("wood", "option_default")]),
        ("max: 2400, step: 50", "max: 2200, step: 50", [("width", "dimension_range")]),
        ("step: 50, default: 700", "step: 50, default: 650", [("width", "dimension_default")]),
        (
            'value: "width - 2',
            'value: "width - 3',
            [("board", "dimension_otherwise"), ("saw", "operation_otherwise"), ("q1", "checkpoint_otherwise"), ("bom", "bom")],
        ),
        ('require: "width <= wall"', 'require: "width <= wall - 10"', [("fits", "rule_otherwise")]),
        ("{en: Steel is not oiled,", "{en: Oil does not hold on steel,", [("oil_wood", "rule_said")]),
        ("  - {id: light_door", "  - {id: other_door", [("light_door", "rule_gone"), ("other_door", "rule_new")]),
        ("run: 900", "run: 950", [("coat", "operation_otherwise")]),
        ("tolerance: 3", "tolerance: 2", [("q2", "checkpoint_otherwise")]),
        ("quantity: 1, at: assemble", "quantity: 2, at: assemble", [("bom", "bom")]),
        ("{en: Oil it once a year.", "{en: Oil it twice a year.", [("care", "care_gone"), ("care", "care_new")]),
        (
            'require: "wood != steel"',
            'require: "wood == steel and wood != steel"',
            [("finish.oil", "value_impossible"), ("oil_wood", "rule_otherwise")],
        ),
    ],
)
def test_a_change_is_told_in_its_section(shelf_text: str, sound: str, other: str, noticed: list[tuple[str, str]]) -> None:
    assert sound in shelf_text
    assert told(shelf_text, shelf_text.replace(sound, other, 1)) == noticed


def test_what_was_new_is_gone_the_other_way_round(shelf_text: str) -> None:
    less = "".join(
        line for line in shelf_text.splitlines(keepends=True) if not any(piece in line for piece in ("light:", "lamp", "light_door"))
    )
    assert told(shelf_text, less) == [("extras.light", "value_gone"), ("light_door", "rule_gone"), ("bom", "bom")]
    assert told(less, shelf_text) == [("extras.light", "value_new"), ("light_door", "rule_new"), ("bom", "bom")]


def test_a_drawing_is_compared_by_the_same_product(shelf_text: str) -> None:
    drawing = """
drawing:
  title: {en: Shelf, zh: 搁板}
  description: {en: A shelf, zh: 搁板}
  views:
    front: {label: {en: Front, zh: 正面}, box: [0, 0, width, 20], shapes: [{circle: [5, 5], radius: 5}]}
"""
    assert told(shelf_text + drawing, shelf_text + drawing.replace("radius: 5", "radius: 6")) == [("drawing", "drawing")]
