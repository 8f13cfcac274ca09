"""No two writings of a drawing lie on each other, whatever body or room it is for and whatever was chosen."""

import random
from collections.abc import Iterator

import pytest

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Decisions, Select, SetNumber
from configurator.engine.family.parse import parse_family
from configurator.engine.pattern.marker import markers
from configurator.engine.pattern.sheet import layout_svg
from configurator.engine.picture import Portrait
from configurator.engine.product import Product
from contracts.problems import DecisionRefused
from contracts.texts import Language
from tests.families import NAMES, text_of
from tests.text_boxes import beyond_the_sheet, overlapping

BODIES = 14
"""Of each family; each is drawn from every side."""
STAGES_PX = ((375, 186), (390, 232))
"""The studio's stage on a phone with its browser's bars and without."""


def made(family: CompiledFamily, seed: random.Random) -> Product:
    """A body between small and large with some spread, and half of the options as they fall."""
    decisions = NONE
    size = seed.uniform(0.84, 1.18)
    for name, dimension in family.family.dimensions.items():
        if dimension.measure:
            middle = dimension.default
            decisions = tried(family, decisions, SetNumber(set=name, value=round(middle * size * seed.uniform(0.97, 1.03))))
        else:
            decisions = tried(
                family, decisions, SetNumber(set=name, value=seed.randrange(dimension.low, dimension.high + 1, dimension.step))
            )
    options = list(family.family.options.values())
    for option in seed.sample(options, len(options) // 2):
        decisions = tried(family, decisions, Select(select=f"{option.name}.{seed.choice(list(option.values))}"))
    return family.reference(decisions)


def tried(family: CompiledFamily, decisions: Decisions, change: Select | SetNumber) -> Decisions:
    try:
        return family.decide(decisions, [change])
    except DecisionRefused:
        return decisions


def drawings(family: CompiledFamily, product: Product, language: Language) -> Iterator[tuple[str, str]]:
    assert family.family.drawing is not None
    yield from zip(family.family.drawing.views, Portrait(family, product).turned(language), strict=True)
    pattern = Portrait(family, product).cut_out()
    if pattern is not None:
        yield from ((f"layout of {name}", layout_svg(marker, language)) for name, marker in markers(pattern).items())


@pytest.mark.parametrize("name", NAMES)
def test_no_writing_lies_on_another(name: str) -> None:
    family, seed = compile_family(parse_family(text_of(name))), random.Random(3)
    for _ in range(BODIES):
        product = made(family, seed)
        for language in ("en", "zh"):
            for view, svg in drawings(family, product, language):
                assert not overlapping(svg), (view, language, product.chosen, product.numbers)


@pytest.mark.parametrize("name", NAMES)
def test_no_label_lies_on_another_or_beyond_the_edge_of_a_phones_stage(name: str) -> None:
    family, seed = compile_family(parse_family(text_of(name))), random.Random(5)
    assert family.family.drawing is not None
    for _ in range(BODIES):
        product = made(family, seed)
        for language in ("en", "zh"):
            for view, svg in zip(family.family.drawing.views, Portrait(family, product).turned(language), strict=True):
                assert not overlapping(svg, small=True), (view, language, product.chosen, product.numbers)
                for stage in STAGES_PX:
                    assert not beyond_the_sheet(svg, *stage), (view, language, product.chosen, product.numbers)
