"""What each family that the product comes with keeps: its rules shown by clashes, every value to be had, the default buildable."""

from pathlib import Path

import pytest

import scheduler
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE
from configurator.engine.family.family import Family, Proof
from configurator.engine.family.parse import parse_family
from contracts.problems import DecisionRefused
from scheduler.engine.plant import parse_plant
from tests.families import NAMES, changes, text_of

RIVERSIDE = Path(scheduler.__file__).parent / "plants" / "riverside.yaml"
FAMILIES = {name: parse_family(text_of(name)) for name in NAMES}


def proofs(expect: str) -> list[object]:
    return [
        pytest.param(name, proof, id=f"{name}-{'+'.join(proof.because) or proof.line}")
        for name, family in FAMILIES.items()
        for proof in family.tests
        if proof.expect == expect
    ]


@pytest.fixture(scope="module")
def compiled() -> dict[str, CompiledFamily]:
    return {name: compile_family(family) for name, family in FAMILIES.items()}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_rule_has_a_clash_that_shows_it(family: Family) -> None:
    shown = {rule for proof in family.tests if proof.expect == "impossible" for rule in proof.because}
    assert {rule.id for rule in family.rules} == shown


@pytest.mark.parametrize(("name", "clash"), proofs("impossible"))
def test_a_clash_is_refused_by_its_name_and_offers_what_to_give_up(name: str, clash: Proof, compiled: dict[str, CompiledFamily]) -> None:
    """The last decision is refused after the others by this rule alone; each repair offered gives up own decisions and helps."""
    asked = compiled[name]
    *before, last = changes(clash.given)
    held = asked.decide(NONE, before)
    with pytest.raises(DecisionRefused) as refusal:
        asked.decide(held, [last])
    assert [each["rule"] for each in refusal.value.extra["reasons"]] == list(clash.because)
    repairs = refusal.value.extra["repairs"]
    assert bool(repairs) is bool(held)
    for names in repairs:
        assert asked.decide(frozenset(each for each in held if each.name not in names), [last])


@pytest.mark.parametrize(("name", "proof"), proofs("possible"))
def test_what_follows_follows(name: str, proof: Proof, compiled: dict[str, CompiledFamily]) -> None:
    found = compiled[name].possibilities(compiled[name].decide(NONE, changes(proof.given)))
    assert found is not None
    assert {f"{option}.{value}" for option, value in proof.follows.items()} <= found.forced


@pytest.mark.parametrize("name", NAMES)
def test_every_value_can_be_had(name: str, compiled: dict[str, CompiledFamily]) -> None:
    found = compiled[name].possibilities(NONE)
    assert found is not None
    assert found.possible == {f"{option.name}.{value}" for option in FAMILIES[name].options.values() for value in option.values}
    assert found.forced == frozenset()


@pytest.mark.parametrize("name", NAMES)
def test_the_plant_knows_every_article_that_a_choice_leads_to(name: str, compiled: dict[str, CompiledFamily]) -> None:
    asked = compiled[name]
    stock = parse_plant(RIVERSIDE.read_text("utf-8")).items
    open_now = [value for value, status in asked.state(NONE).statuses.items() if status == "open"]
    products = [asked.reference(NONE), asked.cheapest(NONE), *asked.with_each(NONE, open_now).values()]
    named = {(line.item, line.unit) for product in products for line in asked.manufacture.materials(product)}
    assert named <= {(item, entry.unit) for item, entry in stock.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_default_can_be_built(name: str, compiled: dict[str, CompiledFamily]) -> None:
    found = compiled[name].state(NONE).reference
    assert found.chosen == {option.name: option.default for option in FAMILIES[name].options.values()}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_reasons_are_sentences_in_both_languages(family: Family) -> None:
    for rule in family.rules:
        assert rule.say.en.endswith((".", "!")), rule.id
        assert rule.say.zh.endswith(("。", "！")), rule.id


@pytest.mark.parametrize("name", NAMES)
def test_what_is_measured_cannot_be_less_than_nothing_unless_it_has_a_sign(name: str, compiled: dict[str, CompiledFamily]) -> None:
    asked = compiled[name]
    signed = {each.characteristic for each in asked.manufacture.quality(asked.reference(NONE)) if each.physical_minimum is None}
    assert signed <= {"dropout_offset", "diagonal_difference"}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_care_is_told_in_sentences_of_both_languages(family: Family, compiled: dict[str, CompiledFamily]) -> None:
    asked = compiled[family.name]
    assert len(asked.manufacture.care(asked.reference(NONE))) >= 4
    for rule in family.care:
        assert rule.say.en.endswith("."), rule.say.en
        assert rule.say.zh.endswith("。"), rule.say.zh
