"""The small pictures of each family: every value and every measure has one, and a page finds it by its name."""

import math

import pytest
from lxml import etree

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.family.parse import parse_family
from configurator.engine.picture import symbols
from configurator.engine.sprite import sprite
from contracts.texts import LANGUAGES, Language
from tests.families import NAMES, text_of

Symbols = dict[str, str]


@pytest.fixture(scope="module")
def compiled() -> dict[str, CompiledFamily]:
    return {name: compile_family(parse_family(text_of(name))) for name in NAMES}


@pytest.fixture(scope="module")
def drawn(compiled: dict[str, CompiledFamily]) -> dict[tuple[str, Language], Symbols]:
    return {(name, language): symbols(compiled[name], language) for name in NAMES for language in LANGUAGES}


@pytest.mark.parametrize("name", NAMES)
def test_an_option_with_a_picture_has_one_for_every_value_and_they_differ(
    name: str, compiled: dict[str, CompiledFamily], drawn: dict[tuple[str, Language], Symbols]
) -> None:
    found = drawn[name, "en"]
    shown = {option for option, _, value in (each.partition(".") for each in found) if value}
    assert shown
    for option in shown:
        values = [found[f"{option}.{value}"] for value in compiled[name].family.options[option].values]
        assert len({each.partition(" viewBox")[2] for each in values}) == len(values), option


@pytest.mark.parametrize("name", NAMES)
def test_every_measure_shows_how_it_is_taken(
    name: str, compiled: dict[str, CompiledFamily], drawn: dict[tuple[str, Language], Symbols]
) -> None:
    measures = {each.name for each in compiled[name].family.dimensions.values() if each.measure}
    assert measures <= set(drawn[name, "en"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_sprite_is_sound(name: str, language: Language, drawn: dict[tuple[str, Language], Symbols]) -> None:
    """Well-formed, each name once, nothing fetched, every box with room in it and something in view."""
    made = sprite(drawn[name, language])
    root = etree.fromstring(made.svg.encode())
    assert sorted(str(each.get("id")) for each in root) == sorted(made.names)
    for each in root.iter():
        assert not {"href", "style", "class"} & set(each.attrib)
    for each in root:
        left, top, width, height = (float(number) for number in str(each.get("viewBox")).split())
        assert all(map(math.isfinite, (left, top)))
        assert width > 0
        assert height > 0
        assert len(each) > 0


def test_a_sprite_is_named_by_its_content() -> None:
    one, other = sprite({"a": '<symbol id="a"/>'}), sprite({"a": '<symbol id="a" viewBox="0 0 1 1"/>'})
    assert one.digest == sprite({"a": '<symbol id="a"/>'}).digest
    assert one.digest != other.digest
