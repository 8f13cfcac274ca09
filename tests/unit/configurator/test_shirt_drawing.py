"""The shirt's picture: to scale, in both languages, following measures and choices."""

import pytest
from lxml import etree

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE
from configurator.engine.family.parse import parse_family
from configurator.engine.picture import Portrait
from configurator.engine.product import Product
from tests.families import changes, text_of

SVG = "{http://www.w3.org/2000/svg}"
FAMILY = parse_family(text_of("shirt"))


@pytest.fixture(scope="module")
def shirts() -> CompiledFamily:
    return compile_family(FAMILY)


def product(shirts: CompiledFamily, **given: str | int) -> Product:
    return shirts.reference(shirts.decide(NONE, changes(given)))


def texts(svg: str) -> list[str]:
    return [str(each.text) for each in etree.fromstring(svg.encode()).iter(f"{SVG}text")]


def test_the_dimension_lines_tell_the_finished_measures(shirts: CompiledFamily) -> None:
    found = product(shirts, chest=1003, back_length=455, sleeve=873)
    numbers = shirts.manufacture.numbers(found)
    from_shoulder = round(numbers["sleeve_length"] - numbers["across_back"] / 2 - 8)
    assert texts(Portrait(shirts, found).drawn("en")) == [
        f"Length {numbers['shirt_length']}",
        "Half the chest 560",
        f"Sleeve {from_shoulder}",
    ]
    assert texts(Portrait(shirts, found).drawn("zh"))[1] == "胸围之半 560"


@pytest.mark.parametrize("name", [f"{option.name}.{value}" for option in FAMILY.options.values() for value in option.values])
def test_every_choice_can_be_drawn(shirts: CompiledFamily, name: str) -> None:
    option, _, value = name.partition(".")
    svg = Portrait(shirts, product(shirts, **{option: value})).drawn("en")
    root = etree.fromstring(svg.encode())
    assert all("id" not in each.attrib and "style" not in each.attrib for each in root.iter())
    assert "NaN" not in svg
    assert len(svg) < 40_000


@pytest.mark.parametrize(
    "option", ["fit", "hem", "fabric", "contrast", "collar", "cuff", "sleeve_pleats", "placket", "pocket", "buttons", "buttonholes"]
)
def test_what_one_would_see_is_seen(shirts: CompiledFamily, option: str) -> None:
    pictures = {
        Portrait(shirts, product(shirts, **{option: value})).drawn("en").partition("</desc>")[2] for value in FAMILY.options[option].values
    }
    assert len(pictures) == len(FAMILY.options[option].values)


def test_the_back_is_drawn_too_and_shows_its_choices(shirts: CompiledFamily) -> None:
    backs = {Portrait(shirts, product(shirts, back=back)).drawn("en", "back") for back in FAMILY.options["back"].values}
    assert len(backs) == len(FAMILY.options["back"].values)
    found = product(shirts, chest=1003)
    assert texts(Portrait(shirts, found).drawn("en", "back")) == [f"Across the yoke {shirts.manufacture.numbers(found)['across_back']}"]


def test_the_monogram_stands_where_it_is_embroidered(shirts: CompiledFamily) -> None:
    assert "K" in texts(Portrait(shirts, product(shirts, monogram="cuff", initial="k")).drawn("en"))
    untold = texts(Portrait(shirts, product(shirts, monogram="cuff")).drawn("en"))
    assert not {"None", "A"} & set(untold)
    assert "R" in texts(Portrait(shirts, product(shirts, monogram="pocket", initial="r", pocket="one")).drawn("en"))
    assert "KR" in texts(Portrait(shirts, product(shirts, monogram="cuff", initial="k", second_initial="r")).drawn("zh"))
    assert "RK" in texts(Portrait(shirts, product(shirts, monogram="pocket", initial="r", second_initial="k", pocket="one")).drawn("en"))
