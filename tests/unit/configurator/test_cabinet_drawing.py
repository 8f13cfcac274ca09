"""The cabinet's picture: to scale, in both languages, from the smallest to the largest."""

import pytest
from lxml import etree

from configurator.engine.picture import Portrait
from configurator.engine.product import Product
from contracts.texts import Language
from tests.cabinets import cabinet, cabinets

SVG = "{http://www.w3.org/2000/svg}"


def picture(product: Product, language: Language = "en", view: str | None = None) -> "etree._Element":
    return etree.fromstring(Portrait(cabinets(), product).drawn(language, view).encode())


def texts(root: "etree._Element") -> list[str]:
    return [str(each.text) for each in root.iter(f"{SVG}text")]


def test_the_dimension_lines_tell_the_customers_own_figures() -> None:
    assert texts(picture(cabinet(width=1340, height=900))) == ["Width 1340", "Height 900"]
    assert texts(picture(cabinet(width=1340, height=900, depth=470), "zh", "side")) == ["深 470", "高 900"]


def test_each_front_is_drawn() -> None:
    """Three drawers with a knob each on the left, two doors with a knob each."""
    knobs = [each for each in picture(cabinet()).iter(f"{SVG}circle") if each.get("r") == "15" and each.get("stroke")]
    assert len(knobs) == 5


@pytest.mark.parametrize(
    "given",
    [
        {"width": 300, "height": 400, "depth": 250, "bays": "b1", "material": "chipboard"},
        {"width": 2080, "height": 2400, "bays": "b4", "room_height": 2700},
        {"width": 2400, "height": 560, "bays": "b4", "drawer_bays": "all", "drawers": "d2"},
        {"width": 300, "height": 2400, "bays": "b1", "room_height": 2700, "doors": "single"},
    ],
)
@pytest.mark.parametrize("view", ["front", "inside", "side"])
def test_the_extremes_lie_within_the_picture(given: dict[str, str | int], view: str) -> None:
    root = picture(cabinet(**given), view=view)
    left, top, width, height = (float(number) for number in root.get("viewBox", "").split())
    for path in root.iter(f"{SVG}path"):
        for point in path.get("d", "").replace("M", " ").replace("L", " ").replace("Z", " ").replace("C", " ").split():
            if "," in point:
                x, y = (float(number) for number in point.split(","))
                assert left <= x <= left + width
                assert top <= y <= top + height
    assert len(etree.tostring(root)) < 60_000


SEEN = {"colour": "midnight", "handle": "bar", "base": "plinth", "doors": "pair", "drawers": "d2", "bays": "b2", "fronts": "inset"}


@pytest.mark.parametrize(("option", "value"), SEEN.items())
def test_what_is_chosen_is_seen(option: str, value: str) -> None:
    assert Portrait(cabinets(), cabinet(**{option: value})).drawn("en") != Portrait(cabinets(), cabinet()).drawn("en")
