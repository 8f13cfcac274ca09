"""Rules that nothing breaks, and lines that no product has, are told."""

import pytest

from configurator.engine.family.family import Family
from configurator.engine.family.parse import parse_family
from configurator.engine.idle import idle_parts

RULE = "  - {id: sag, "
SAY = "say: {en: No., zh: 不行。}}"


def told(text: str) -> list[tuple[int, str, str]]:
    found = ((each.line, each.message.removeprefix("configurator.fault."), dict(each.params)) for each in idle_parts(parse_family(text)))
    return [(line, message, params.get("rules", "")) for line, message, params in found]


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_every_part_of_a_fit_family_acts(shelf: Family) -> None:
    assert list(idle_parts(shelf)) == []


@pytest.mark.parametrize(
    ("rule", "message", "by"),
    [
        ("{id: more, require: width >= 400", "rule_never_bites", ""),
        ("{id: more, require: count(extras) <= 2", "rule_never_bites", ""),
        ("{id: more, when: finish == powder, require: wood != oak", "rule_implied", "powder_steel"),
        ("{id: more, require: not (finish == oil and castors in extras and wood == steel)", "rule_implied", "oil_wood"),
        ("{id: more, exclude: [[wood.pine, finish.powder]]", "rule_implied", "powder_steel"),
        ("{id: more, require: width <= wall + 60", "rule_implied", "fits"),
        ("{id: more, when: castors in extras and finish == powder, require: height <= 2 * wall", "rule_implied", "fits, tip"),
    ],
)
def test_a_rule_that_excludes_nothing_of_its_own_is_told_with_those_that_do(shelf_text: str, rule: str, message: str, by: str) -> None:
    text = shelf_text.replace(RULE, f"  - {rule}, {SAY}\n{RULE}")
    assert told(text) == [(line_of(text, "id: more"), message, by)]


def test_of_two_equal_rules_each_is_needless(shelf_text: str) -> None:
    text = shelf_text.replace(RULE, f"  - {{id: again, require: wall >= width, {SAY}\n{RULE}")
    assert told(text) == [(line_of(text, "id: fits"), "rule_implied", "again"), (line_of(text, "id: again"), "rule_implied", "fits")]


def test_a_table_is_compared_as_the_rows_that_it_allows(shelf_text: str) -> None:
    columns = "table: {columns: [finish, wood], allow: [[oil, pine], [oil, oak], [powder, steel], [powder, oak]]}"
    narrow = shelf_text.replace(RULE, f"  - {{id: rows, {columns}, {SAY}\n{RULE}")
    assert (line_of(narrow, "id: rows"), "rule_implied", "oil_wood, powder_steel") not in told(narrow)
    every = columns.replace("[powder, oak]", "[powder, oak], [powder, pine], [oil, steel]")
    always = shelf_text.replace("choose: 0..1", "default: oil").replace(RULE, f"  - {{id: rows, {every}, {SAY}\n{RULE}")
    assert (line_of(always, "id: rows"), "rule_never_bites", "") in told(always)


@pytest.mark.parametrize(
    ("sound", "other", "at"),
    [
        ('when: "height > 2000"', 'when: "height > 2400"', "add: 1200"),
        ('when: "light in extras"}', 'when: "light in extras and door in extras"}', "item: lamp"),
        ('when: "count(finish) > 0"', 'when: "count(finish) > 1"', "op: coat"),
        ("gauge: tape, critical: true", 'gauge: tape, critical: true, when: "finish == oil and wood == steel"', "id: q1"),
        ('{when: "finish == oil", say', '{when: "finish == oil and wood == steel", say', "say: {en: Oil it"),
        ('value: "width - 2 * wood.thickness"', 'value: width, when: "width > wall"', "  board: {group"),
    ],
)
def test_a_condition_that_no_product_fulfils_is_told(shelf_text: str, sound: str, other: str, at: str) -> None:
    assert sound in shelf_text
    text = shelf_text.replace(sound, other, 1)
    assert told(text) == [(line_of(text, at), "never_there", "")]
