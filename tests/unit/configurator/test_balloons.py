"""Inspection drawings: each measured characteristic is found by its number, the same in the quality plan and on the picture."""

from itertools import combinations

import pytest
from lxml import etree

from configurator.engine.configurator import compile_family
from configurator.engine.decisions import NONE
from configurator.engine.family.parse import parse_family
from configurator.engine.picture import Portrait
from contracts.problems import SourceInvalid
from tests.families import NAMES, changes, text_of

SVG = "{http://www.w3.org/2000/svg}"
PRODUCTS = {
    "bicycle": ({}, {"inseam": 700, "brake": "v_brake"}, {"inseam": 950, "body_reach": 1430}),
    "cabinet": ({}, {"finish": "oil"}, {"width": 600}),
    "shirt": ({}, {"collar": "band"}, {"collar": "button_down"}),
}


def balloons(svg: str) -> dict[int, tuple[complex, float]]:
    """Middle and radius of each numbered circle."""
    found = {}
    for circle in etree.fromstring(svg.encode()).iter(f"{SVG}circle"):
        said = circle.getnext()
        if circle.get("fill") == "#ffffff" and said is not None and said.tag == f"{SVG}text":
            x, y, radius = (float(circle.get(key)) for key in ("cx", "cy", "r"))
            found[int(said.text)] = (complex(x, y), radius)
    return found


@pytest.mark.parametrize(("name", "given"), [(name, each) for name in NAMES for each in PRODUCTS[name]])
def test_every_characteristic_has_its_number_in_one_balloon(name: str, given: dict[str, str | int]) -> None:
    family = compile_family(parse_family(text_of(name)))
    product = family.reference(family.decide(NONE, changes(given)))
    plan = [one.balloon for one in family.manufacture.quality(product)]
    assert plan == list(range(1, len(plan) + 1))
    views = [balloons(svg) for svg in Portrait(family, product).inspected("en").values()]
    assert sorted(number for view in views for number in view) == plan
    for view in views:
        for (one, radius), (other, _) in combinations(view.values(), 2):
            assert abs(one - other) > 2 * radius
    assert not balloons(Portrait(family, product).drawn("en"))


def test_a_balloon_stands_for_a_checkpoint_of_the_family() -> None:
    text = text_of("cabinet").replace("balloon: carcass_width,", "balloon: nothing_such,")
    with pytest.raises(SourceInvalid) as refused:
        parse_family(text)
    assert "drawing.fault.unknown_checkpoint" in [line["message"] for line in refused.value.extra["lines"]]
