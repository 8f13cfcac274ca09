"""Measures against real bodies: hardly anybody is asked again, a slip is noticed, and what is offered gives the body back.

The 200 bundled people are none of those whom the statistics were made of. The figures: ``python -m benchmarks.configurator.plausible``.
"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.configurator.bodies import bodies
from benchmarks.configurator.plausible import SLIPS, exchanged, mended, noticed, slipped, whole_ranges
from configurator.engine.body_model import BodyModel
from configurator.engine.family.parse import parse_family
from configurator.engine.plausible import doubts
from configurator.surveyed import body_statistics
from lotone.people import BUNDLED
from tests.families import text_of

FAMILIES = {name: parse_family(text_of(name)) for name in ("shirt", "bicycle")}
MODELS = {name: BodyModel(family, body_statistics()) for name, family in FAMILIES.items()}
BODIES = {name: bodies(BUNDLED, family) for name, family in FAMILIES.items()}
EVERY_EIGHTH = slice(None, None, 8)


@pytest.mark.parametrize("name", FAMILIES)
def test_at_most_one_body_in_200_is_asked_again_whatever_measures_are_given(name: str) -> None:
    family, chance = FAMILIES[name], random.Random(1)
    some = [{each: body[each] for each in chance.sample(list(body), chance.randint(1, len(body)))} for body in BODIES[name]]
    for given_ones in (BODIES[name], some):
        assert sum(bool(doubts(family, MODELS[name], body)) for body in given_ones) <= len(given_ones) / 200


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_measure_in_another_unit_is_noticed_by_the_others_alone_and_the_meant_one_offered(name: str, slip: str) -> None:
    tried = [(body, measure, slipped(body, measure, slip)) for body in BODIES[name][EVERY_EIGHTH] for measure in body]
    any_size = whole_ranges(FAMILIES[name])
    caught = [noticed(doubts(any_size, MODELS[name], typed), {measure}) for _, measure, typed in tried]
    offered = [mended(doubts(FAMILIES[name], MODELS[name], typed), typed, body) for body, _, typed in tried]
    assert sum(caught) >= 0.95 * len(tried)
    assert sum(offered) >= 0.95 * len(tried)


@pytest.mark.parametrize(
    ("name", "one", "other"), [("shirt", "neck", "chest"), ("shirt", "biceps", "waist"), ("bicycle", "inseam", "body_reach")]
)
def test_two_fields_exchanged_are_offered_back(name: str, one: str, other: str) -> None:
    tried = [(body, exchanged(body, one, other)) for body in BODIES[name][EVERY_EIGHTH]]
    assert all(mended(doubts(FAMILIES[name], MODELS[name], typed), typed, body) for body, typed in tried)


@given(st.sampled_from(BODIES["shirt"]), st.data())
def test_whoever_stands_by_what_is_in_range_is_asked_once_for_each_measure_at_most(body: dict[str, int], data: st.DataObject) -> None:
    """Settling what was asked never leads to another question about the same measure, and ends."""
    family, model = FAMILIES["shirt"], MODELS["shirt"]
    wild = data.draw(st.dictionaries(st.sampled_from(sorted(body)), st.integers(0, 500), max_size=4))
    ranges = {name: family.dimensions[name].domain for name in body}
    typed = {**body, **{name: ranges[name][at * (len(ranges[name]) - 1) // 500] for name, at in wild.items()}}
    settled: set[str] = set()
    while asked := doubts(family, model, typed, settled):
        assert not {each.name for each in asked} & settled
        settled.add(asked[0].name)
    assert settled <= set(typed)


def test_a_rare_body_that_stands_by_one_measure_is_not_asked_for_the_others_because_of_it() -> None:
    family, model = FAMILIES["shirt"], MODELS["shirt"]
    for body in BODIES["shirt"][EVERY_EIGHTH]:
        typed = {**body, "neck": 555}
        assert {each.name for each in doubts(family, model, typed)} == {"neck"}
        assert doubts(family, model, typed, {"neck"}) == []


def test_the_order_in_which_measures_stand_does_not_matter() -> None:
    family, model = FAMILIES["shirt"], MODELS["shirt"]
    for body in BODIES["shirt"][EVERY_EIGHTH]:
        typed = exchanged(body, "waist", "sleeve")
        assert doubts(family, model, typed) == doubts(family, model, dict(reversed(typed.items())))
