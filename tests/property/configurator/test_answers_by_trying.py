"""Every answer of the engine is the one that trying all products gives."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from configurator.engine.columns import Columns
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Decision, Decisions, Deselect, Retract, Select, SetNumber
from configurator.engine.family.parse import parse_family
from configurator.engine.possibilities import Run
from configurator.engine.product import Product, valued
from contracts.problems import DecisionRefused
from tests.property.configurator.small_families import SmallFamily, Whole, numbers, small_families


def agrees(whole: Whole, decision: Decision) -> bool:
    option, _, value = decision.name.partition(".")
    return (value in whole[option]) is decision.value if value else whole[option] == decision.value


def agreeing(products: list[Whole], decisions: Decisions) -> list[Whole]:
    return [each for each in products if all(agrees(each, decision) for decision in decisions)]


def names_of(family: SmallFamily) -> list[str]:
    return [f"{name}.{value}" for name, option in family.content["options"].items() for value in option["values"]]


def expanded(runs: tuple[Run, ...]) -> set[int]:
    return {value for low, high, step in runs for value in range(low, high + 1, step)}


def whole_of(product: Product) -> Whole:
    return {**{name: frozenset(values) for name, values in product.chosen.items()}, **product.numbers}


@st.composite
def begun(draw: Any) -> tuple[SmallFamily, list[Whole], CompiledFamily, Decisions]:
    """A family with products, and decisions that go together."""
    family = draw(small_families())
    products = family.products()
    assume(products)
    target = draw(st.sampled_from(products))
    decisions = set()
    for name in draw(st.lists(st.sampled_from(names_of(family)), max_size=3, unique=True)):
        option, _, value = name.partition(".")
        decisions.add(Decision(name, value in target[option]))
    measured = [name for name, dimension in family.content["dimensions"].items() if "value" not in dimension]
    if measured and draw(st.booleans()):
        name = draw(st.sampled_from(measured))
        decisions.add(Decision(name, target[name]))
    return family, products, compile_family(parse_family(family.text)), frozenset(decisions)


@given(begun())
def test_possible_and_forced_are_exactly_what_products_have(case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions]) -> None:
    family, products, compiled, decisions = case
    left = agreeing(products, decisions)
    found = compiled.possibilities(decisions)
    assert found is not None
    assert found.possible == {name for name in names_of(family) if any(agrees(each, Decision(name, True)) for each in left)}
    assert found.forced == {name for name in names_of(family) if all(agrees(each, Decision(name, True)) for each in left)}
    for name, runs in found.numbers.items():
        assert expanded(runs) == {each[name] for each in left}


@given(begun(), st.data())
def test_a_change_is_accepted_exactly_when_a_product_remains(
    case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions], data: st.DataObject
) -> None:
    family, products, compiled, decisions = case
    name = data.draw(st.sampled_from(names_of(family)))
    wanted = Decision(name, data.draw(st.booleans()))
    change = Select(select=name) if wanted.value else Deselect(deselect=name)
    rest = frozenset(each for each in decisions if each.name != name)
    expected = rest | {wanted}
    if agreeing(products, expected):
        assert compiled.decide(decisions, [change], replacing=False) == expected
        return
    with pytest.raises(DecisionRefused) as refused:
        compiled.decide(decisions, [change], replacing=False)
    smallest = smallest_repairs(products, rest, wanted)
    assert {frozenset(each) for each in refused.value.extra["repairs"]} == smallest


def smallest_repairs(products: list[Whole], soft: Decisions, wanted: Decision) -> set[frozenset[str]]:
    for size in range(len(soft) + 1):
        found = {
            frozenset(each.name for each in given_up)
            for given_up in combinations(soft, size)
            if agreeing(products, (soft - set(given_up)) | {wanted})
        }
        if found:
            return found
    return set()


@given(begun())
def test_what_is_shown_as_open_can_be_chosen_and_nothing_else(case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions]) -> None:
    _, _, compiled, decisions = case
    state = compiled.state(decisions)
    for name, status in state.statuses.items():
        try:
            compiled.decide(decisions, [Select(select=name)])
            accepted = True
        except DecisionRefused:
            accepted = False
        assert accepted is (status != "excluded") or Decision(name, False) in decisions
    for name, runs in state.numbers.items():
        for value in expanded(runs):
            compiled.decide(decisions, [SetNumber(set=name, value=value)])


@given(begun())
def test_reasons_are_sufficient_and_irreducible(case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions]) -> None:
    family, _, compiled, decisions = case
    everything = list(family.everything())
    rules = {rule["id"]: rule for rule in family.content["rules"]}
    for name, status in compiled.state(decisions).statuses.items():
        explanation = compiled.explain(decisions, name)
        assert explanation.status == status
        if explanation.reason is None:
            assert status in ("open", "decided")
            continue
        against = Decision(name, status == "excluded")

        def impossible(own: Decisions, ids: frozenset[str], against: Decision = against) -> bool:
            return not any(
                all(agrees(each, decision) for decision in {*own, against}) and all(family.keeps(each, rules[rule]) for rule in ids)
                for each in everything
            )

        own, ids = frozenset(explanation.reason.decisions), frozenset(rule.id for rule in explanation.reason.rules)
        assert impossible(own, ids)
        assert not any(impossible(own - {each}, ids) for each in own)
        assert not any(impossible(own, ids - {each}) for each in ids)


@given(begun())
def test_the_cheapest_product_is_the_cheapest(case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions]) -> None:
    family, products, compiled, decisions = case
    found = compiled.cheapest(decisions, keep_measures=False)
    assert whole_of(found) in agreeing(products, decisions)
    least = min(family.net(each) for each in agreeing(products, decisions))
    assert compiled.pricing.price(found).net.amount == family.net(whole_of(found)) == least


@given(begun())
def test_the_reference_is_the_nearest_to_the_default(case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions]) -> None:
    _, products, compiled, decisions = case
    family = compiled.family
    left = agreeing(products, decisions)
    for dimension in (each for each in family.dimensions.values() if each.measure):
        left = _nearest_by_number(left, dimension.name, dimension.default)
    for option in family.options.values():
        if option.single:
            order = sorted(["", *option.values], key=lambda value, option=option: value != (option.default or ("",))[0])
            best = min(order.index(next(iter(each[option.name]), "")) for each in left)
            left = [each for each in left if order.index(next(iter(each[option.name]), "")) == best]
            continue
        for value in option.values:
            wanted = [each for each in left if (value in each[option.name]) is (value in option.default)]
            left = wanted or left
    for dimension in (each for each in family.dimensions.values() if not each.measure):
        left = _nearest_by_number(left, dimension.name, dimension.default)
    assert [whole_of(compiled.reference(decisions))] == left


def _nearest_by_number(left: list[Whole], name: str, wanted: int) -> list[Whole]:
    best = min((abs(each[name] - wanted), each[name]) for each in left)
    return [each for each in left if (abs(each[name] - wanted), each[name]) == best]


@given(begun(), st.data())
def test_clicks_in_any_order_and_taken_back_lead_to_the_same_state(
    case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions], data: st.DataObject
) -> None:
    family, _, compiled, decisions = case
    fresh = compile_family(compiled.family)
    changes = [
        SetNumber(set=each.name, value=each.value)
        if "." not in each.name
        else Select(select=each.name)
        if each.value
        else Deselect(deselect=each.name)
        for each in data.draw(st.permutations(sorted(decisions)))
    ]
    found = NONE
    for change in changes:
        found = fresh.decide(found, [change])
        fresh.state(found)
    assert fresh.state(found) == compiled.state(found)
    extra = data.draw(st.sampled_from(names_of(family)))
    before = fresh.state(found)
    if before.statuses[extra] == "open" and not any(each.name.split(".")[0] == extra.split(".")[0] for each in found):
        moved = fresh.decide(found, [Select(select=extra)])
        fresh.state(moved)
        assert fresh.decide(moved, [Retract(retract=extra)]) == found
    assert compile_family(compiled.family).state(found) == before


@given(small_families().flatmap(lambda family: st.tuples(st.just(family), numbers(family, 3))))
def test_a_number_is_worth_what_python_says(case: tuple[SmallFamily, str]) -> None:
    family, text = case
    family.content["dimensions"]["asked"] = {"group": "g", "label": {"en": "x", "zh": "某"}, "value": text}
    parsed = parse_family(family.text)
    worth = valued(parsed.derived["asked"].value)
    for whole in list(family.everything())[:40]:
        chosen = {name: tuple(value for value in option.values if value in whole[name]) for name, option in parsed.options.items()}
        product = Product(chosen, {name: whole[name] for name in parsed.dimensions})
        assert worth(product) == family.worth(whole, text)


@given(begun())
def test_every_decision_is_a_product_of_the_solver(case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions]) -> None:
    _, products, compiled, _ = case
    columns = Columns(compiled.encoding)
    for whole in products[:20]:
        decisions = {Decision(name, name.split(".")[1] in whole[name.split(".")[0]]) for name in columns.names}
        decisions |= {Decision(name, whole[name]) for name in columns.dimensions}
        assert compiled.possibilities(frozenset(decisions)) is not None
