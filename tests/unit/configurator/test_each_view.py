"""Every view of each family, from the smallest to the largest product: all of it lies within the sheet."""

import re
from collections.abc import Iterator

import pytest
from lxml import etree

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Decision
from configurator.engine.family.parse import parse_family
from configurator.engine.picture import Portrait
from configurator.engine.product import Product
from tests.families import NAMES, text_of

Matrix = tuple[float, float, float, float, float, float]
LINE_MM = 25
"""What a line may be wide beyond its path."""
_STEP = re.compile(r"([MLCA])([^MLCAZ]*)")
_NUMBERS = {"M": 2, "L": 2, "C": 6, "A": 7}


@pytest.fixture(scope="module")
def compiled() -> dict[str, CompiledFamily]:
    return {name: compile_family(parse_family(text_of(name))) for name in NAMES}


def products(family: CompiledFamily) -> Iterator[Product]:
    """The default, one with each value, one at each end of each dimension."""
    state = family.state(NONE)
    yield state.reference
    yield from family.with_each(NONE, [name for name, status in state.statuses.items() if status == "open"]).values()
    for name, runs in state.numbers.items():
        for number in (runs[0][0], runs[-1][1]):
            yield family.reference(frozenset({Decision(name, number)}))


def transform(text: str | None) -> Matrix:
    """What a group's ``translate`` and ``matrix`` do together."""
    a, b, c, d, e, f = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    for kind, content in re.findall(r"(\w+)\(([^)]*)\)", text or ""):
        numbers = [float(each) for each in content.split()]
        assert kind in ("translate", "matrix")
        p, q, r, s, t, u = numbers if kind == "matrix" else [1, 0, 0, 1, *numbers]
        a, b, c, d, e, f = a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f
    return a, b, c, d, e, f


def points(element: "etree._Element") -> Iterator[tuple[float, float]]:
    """The ends of everything that is drawn in an element, in its parent's coordinates."""
    tag = etree.QName(element).localname
    if tag == "circle":
        x, y, radius = (float(str(element.get(key))) for key in ("cx", "cy", "r"))
        yield from ((x - radius, y), (x + radius, y), (x, y - radius), (x, y + radius))
    elif tag == "path":
        for letter, content in _STEP.findall(str(element.get("d"))):
            numbers = [float(each) for each in re.findall(r"-?[\d.]+", content)]
            each = _NUMBERS[letter]
            yield from ((numbers[last - 2], numbers[last - 1]) for last in range(each, len(numbers) + 1, each))
    elif tag in ("svg", "g"):
        a, b, c, d, e, f = transform(element.get("transform"))
        for child in element:
            yield from ((a * x + c * y + e, b * x + d * y + f) for x, y in points(child))


@pytest.mark.parametrize("name", NAMES)
def test_all_of_a_product_lies_within_the_sheet_on_every_side(name: str, compiled: dict[str, CompiledFamily]) -> None:
    family = compiled[name]
    assert family.family.drawing is not None
    for product in products(family):
        sides = zip(family.family.drawing.views, Portrait(family, product).turned("en"), strict=True)
        for view, svg in (*sides, *Portrait(family, product).worked_on("en").items()):
            root = etree.fromstring(svg.encode())
            left, top, width, height = (float(each) for each in str(root.get("viewBox")).split())
            across, down = zip(*points(root), strict=True)
            assert min(across) > left - LINE_MM, (view, product.chosen, product.numbers)
            assert max(across) < left + width + LINE_MM, (view, product.chosen, product.numbers)
            assert min(down) > top - LINE_MM, (view, product.chosen, product.numbers)
            assert max(down) < top + height + LINE_MM, (view, product.chosen, product.numbers)
