"""Texts of a family: there in both languages, in letters that can be printed."""

import pytest

from configurator.engine.family.sayings import check_texts
from presentation.letters import printable
from tests.families import NAMES, text_of


def told(text: str) -> list[tuple[int, int, str, str]]:
    return [
        (each.line, each.column, each.message.removeprefix("configurator.fault."), each.severity) for each in check_texts(text, printable())
    ]


def place(text: str, piece: str) -> tuple[int, int]:
    before = text[: text.index(piece)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


@pytest.mark.parametrize("name", NAMES)
def test_the_families_that_come_with_the_product_can_be_read_and_printed(name: str) -> None:
    assert told(text_of(name)) == []


@pytest.mark.parametrize(
    ("sound", "other", "at", "message", "severity"),
    [
        ("zh: 书架}", 'zh: ""}', '"}', "text_empty", "error"),
        ("zh: 木材}", "zh: Wood or steel}", "Wood or steel}", "text_not_zh", "warning"),
        ("{en: Finish", "{en: 表面", "表面, zh", "text_not_en", "warning"),
        ("{en: Lamp, zh: 灯}", "{en: Lamp \U0001f4a1, zh: 灯}", "Lamp \U0001f4a1", "not_printable", "error"),
    ],
)
def test_a_text_that_is_missing_or_cannot_be_printed_stands_at_its_place(
    shelf_text: str, sound: str, other: str, at: str, message: str, severity: str
) -> None:
    assert told(shelf_text) == []
    text = shelf_text.replace(sound, other, 1)
    assert told(text) == [(*place(text, at), message, severity)]


@pytest.mark.parametrize("label", ["27.2 mm", "M5", "XT", "{initial}"])
def test_names_and_figures_are_the_same_in_every_language(shelf_text: str, label: str) -> None:
    assert told(shelf_text.replace("{en: Lamp, zh: 灯}", f'{{en: "{label}", zh: "{label}"}}')) == []
