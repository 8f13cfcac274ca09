"""Small random feature models: every answer is the one that trying all products gives."""

from collections.abc import Iterator
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from configurator.engine.family.parse import parse_family
from configurator.engine.family_write import write_family
from configurator.engine.features.cheapest import cheapest
from configurator.engine.features.clauses import clauses_of
from configurator.engine.features.components import base_of
from configurator.engine.features.count import counted, number, split
from configurator.engine.features.dimacs import read_dimacs, write_dimacs
from configurator.engine.features.formula import AnyFormula, Junction, Same, holds, negated, total
from configurator.engine.features.model import Constraint, FeatureModel, Group
from configurator.engine.features.reasons import Reasons
from configurator.engine.features.states import States
from configurator.engine.features.uvl import read_uvl
from configurator.engine.features.uvl_write import write_uvl
from configurator.engine.solver.encoding import encode
from configurator.feature_models import solutions_of

Chosen = dict[int, bool]


@st.composite
def models(draw: st.DrawFn, sums: bool = True) -> FeatureModel:
    """A tree of at most nine features in its own order, groups of all kinds, and constraints."""
    groups: list[Group] = []
    count = 1

    def below(parent: int, depth: int) -> None:
        nonlocal count
        for _ in range(draw(st.integers(0, 2 if depth else 3))):
            size = draw(st.integers(1, 3))
            if count + size > 9:
                return
            low = draw(st.integers(0, size))
            members = []
            place = len(groups)
            groups.append(Group(parent, (), low, draw(st.integers(low, size)), 1))
            for _ in range(size):
                count += 1
                members.append(count)
                if depth < 2 and count < 8:
                    below(count, depth + 1)
            group = groups[place]
            groups[place] = Group(parent, tuple(members), group.low, group.high, 1)

    below(1, 0)
    literals = st.integers(1, count).flatmap(lambda number: st.sampled_from((number, -number)))
    formulas: st.SearchStrategy[AnyFormula] = st.recursive(
        literals,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(("and", "or")), st.lists(inner, max_size=3)).map(lambda given: Junction(given[0], tuple(given[1]))),
            st.tuples(inner, inner).map(lambda given: Same(*given)),
            inner.map(negated),
        ),
        max_leaves=5,
    )
    if sums:
        weights = st.lists(st.tuples(st.integers(-4, 4), literals), max_size=5)
        formulas = st.one_of(formulas, st.tuples(weights, st.integers(-3, 8)).map(lambda given: total(*given)))
    constraints = draw(st.lists(formulas, max_size=4))
    names = ("", *(f"f{number}" for number in range(1, count + 1)))
    return FeatureModel(names, (0,) * (count + 1), tuple(groups), tuple(Constraint(each, str(each), 2) for each in constraints))


def is_product(model: FeatureModel, chosen: Chosen) -> bool:
    for group in model.groups:
        number = sum(chosen[member] for member in group.members)
        if not (group.low <= number <= group.high if chosen[group.parent] else number == 0):
            return False
    return chosen[1] and all(holds(each.formula, chosen) for each in model.constraints)


def products(model: FeatureModel) -> list[Chosen]:
    return [chosen for truths in product((False, True), repeat=model.count) if is_product(model, chosen := dict(enumerate(truths, 1)))]


def agreeing(found: list[Chosen], decisions: tuple[int, ...]) -> list[Chosen]:
    return [each for each in found if all(each[abs(literal)] == (literal > 0) for literal in decisions)]


def state_of(model: FeatureModel, found: list[Chosen]) -> tuple[frozenset[int], frozenset[int]] | None:
    if not found:
        return None
    return (
        frozenset(feature for feature in range(1, model.count + 1) if all(each[feature] for each in found)),
        frozenset(feature for feature in range(1, model.count + 1) if not any(each[feature] for each in found)),
    )


def decisions_of(model: FeatureModel) -> st.SearchStrategy[tuple[int, ...]]:
    numbers = st.lists(st.integers(1, model.count), unique=True, max_size=4)
    return numbers.flatmap(lambda chosen: st.tuples(*(st.sampled_from((number, -number)) for number in chosen)))


@given(st.data())
def test_states_are_exact_whatever_was_asked_before(data: st.DataObject) -> None:
    model = data.draw(models())
    states, everything = States(clauses_of(model)), products(model)
    for _ in range(5):
        decisions = data.draw(decisions_of(model))
        assert states.after(decisions) == state_of(model, agreeing(everything, decisions))
        assert states.after(tuple(reversed(decisions))) == states.after(decisions)


@given(st.data())
def test_reasons_are_irreducible_and_repairs_are_the_smallest(data: st.DataObject) -> None:
    model = data.draw(models())
    everything = products(model)
    decisions = data.draw(decisions_of(model))
    left = agreeing(everything, decisions)
    if not left:
        return
    feature = data.draw(st.integers(1, model.count))
    found = Reasons(clauses_of(model)).of(decisions, feature)
    state = state_of(model, left)
    assert state is not None
    assert found.status == ("forced" if feature in state[0] else "excluded" if feature in state[1] else "open")
    if found.status == "open":
        return
    target = -feature if found.status == "forced" else feature
    assert set(found.decisions) <= set(decisions)
    for size in range(len(decisions) + 1):
        enough = {
            frozenset(given_up)
            for given_up in combinations(decisions, size)
            if agreeing(everything, (*(each for each in decisions if each not in given_up), target))
        }
        if enough:
            assert {frozenset(each) for each in found.repairs} == enough
            return
    assert found.repairs == ()


@given(st.data())
def test_the_cheapest_product_is_the_cheapest(data: st.DataObject) -> None:
    model = data.draw(models())
    weights = {number: data.draw(st.integers(-5, 9)) for number in range(1, model.count + 1)}
    decisions = data.draw(decisions_of(model))
    left = agreeing(products(model), decisions)
    found = cheapest(States(clauses_of(model)), weights, decisions)
    if found is None:
        assert not left
        return
    least = min(sum(weights[feature] for feature, chosen in each.items() if chosen) for each in left)
    assert (found.value, found.bound, found.proved) == (least, least, True)
    assert {number: number in found.chosen for number in weights} in left


@given(models())
def test_as_many_products_are_counted_as_there_are(model: FeatureModel) -> None:
    asked = split(clauses_of(model, counted=True))
    found = number(asked, [counted(part.features, part.variables, part.follow, part.clauses) for part in asked.parts])
    assert (found.at_least, found.missing) == (len(products(model)), ())
    by_projection = [counted(part.features, part.variables, False, part.clauses) for part in asked.parts]
    assert number(asked, by_projection) == found
    assert number(asked, []).at_least <= found.at_least


@given(models(sums=False))
def test_written_models_have_the_same_products(model: FeatureModel) -> None:
    again = read_uvl(write_uvl(model))
    assert again.names == model.names
    assert products(again) == products(model)
    flat = read_dimacs(write_dimacs(model.names, clauses_of(model)))
    assert set(projections(flat, model.count)) == {tuple(each.values()) for each in products(model)}


def projections(flat: FeatureModel, count: int) -> Iterator[tuple[bool, ...]]:
    """The products of the written clauses, as far as they are features."""
    states = States(clauses_of(flat))
    for truths in product((False, True), repeat=count):
        if states.after([number if chosen else -number for number, chosen in enumerate(truths, 1)]) is not None:
            yield truths


@given(models())
def test_a_model_written_as_a_family_has_as_many_products(model: FeatureModel) -> None:
    text, left_out = write_family(model, "family")
    family = parse_family(text)
    found, hidden = solutions_of(encode(family))
    asked = split(found, hidden)
    counts = [counted(part.features, part.variables, part.follow, part.clauses) for part in asked.parts]
    assert (number(asked, counts).at_least, left_out) == (len(products(model)), [])
    labels = {value.label.en: place for place, value in enumerate((v for o in family.options.values() for v in o.values.values()), 1)}
    state = state_of(model, products(model))
    base = base_of(found)
    assert base.satisfiable is (state is not None)
    if state is not None:
        assert base.core == frozenset(labels[model.names[feature]] for feature in state[0])
        assert base.dead == frozenset(labels[model.names[feature]] for feature in state[1])
