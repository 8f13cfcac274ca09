"""Cabinets for tests: the compiled family, and any cabinet that a customer could end with."""

from functools import cache

from hypothesis import strategies as st

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Decision, Decisions
from configurator.engine.family.parse import parse_family
from configurator.engine.product import Product
from tests.families import changes, text_of


@cache
def cabinets() -> CompiledFamily:
    return compile_family(parse_family(text_of("cabinet")))


def cabinet(**given: str | int) -> Product:
    """The product nearest to the default that has these values."""
    return cabinets().reference(cabinets().decide(NONE, changes(given)))


@st.composite
def any_cabinet(draw: st.DrawFn) -> Product:
    """Some things decided, one after the other, each to anything still possible; the rest as the studio shows it."""
    family = cabinets().family
    measures = {name for name, dimension in family.dimensions.items() if dimension.measure}
    decided: Decisions = frozenset({Decision("wall_width", 3000), Decision("room_height", 2700)})
    for name in draw(st.permutations([*family.options, *(name for name in family.dimensions if name not in measures)]))[:9]:
        open_now = cabinets().possibilities(decided)
        assert open_now is not None
        if name in family.options:
            values = sorted(value for value in open_now.possible if value.startswith(f"{name}."))
            decided |= {Decision(draw(st.sampled_from(values)), True)}
        else:
            low, high, step = draw(st.sampled_from(open_now.numbers[name]))
            decided |= {Decision(name, draw(st.sampled_from(range(low, high + 1, step))))}
    return cabinets().reference(decided)
