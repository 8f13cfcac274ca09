"""Designs that try every pair: compared with what is possible, pair by pair."""

from itertools import combinations

import pytest

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.covering import at_random, covering
from configurator.engine.decisions import NONE, Decision
from configurator.engine.family.family import Family
from configurator.engine.product import Product


@pytest.fixture(scope="module")
def compiled(shelf: Family) -> CompiledFamily:
    return compile_family(shelf)


def decisions_of(compiled: CompiledFamily, product: Product) -> frozenset[Decision]:
    values = (
        Decision(f"{option.name}.{value}", value in product.chosen[option.name])
        for option in compiled.family.options.values()
        for value in option.values
    )
    return frozenset(values) | {Decision(name, number) for name, number in product.numbers.items()}


def choices(compiled: CompiledFamily) -> list[Decision]:
    """What the pairs are made of: values, of several to be without one, ends of dimensions."""
    family = compiled.family
    found = [Decision(f"{option.name}.{value}", True) for option in family.options.values() for value in option.values]
    found += [Decision(f"extras.{value}", False) for value in family.options["extras"].values]
    return found + [
        Decision(name, end)
        for name in family.dimensions
        for end in (compiled.state(NONE).numbers[name][0][0], compiled.state(NONE).numbers[name][-1][1])
    ]


def test_every_pair_that_can_be_built_is_tried(compiled: CompiledFamily) -> None:
    found = covering(compiled, 1)
    tried = [decisions_of(compiled, product) for product in found.products]
    possible = 0
    for pair in combinations(choices(compiled), 2):
        buildable = compiled.conflict(frozenset(pair)) is None
        assert buildable is any(set(pair) <= decisions for decisions in tried), pair
        possible += buildable
    assert sum(found.fresh) == possible
    assert min(found.fresh) > 0
    assert all(compiled.conflict(decisions) is None for decisions in tried)


def test_fewer_designs_than_pairs_suffice_and_the_seed_says_which(compiled: CompiledFamily) -> None:
    found = covering(compiled, 1)
    assert len(found.products) < sum(found.fresh) / 4
    assert covering(compiled, 1) == found
    assert covering(compiled, 2).products != found.products


def test_designs_at_random_can_be_built_and_are_not_alike(compiled: CompiledFamily) -> None:
    products = list(at_random(compiled, 40, 7))
    assert len({product.key for product in products}) > 30
    assert all(compiled.conflict(decisions_of(compiled, product)) is None for product in products)
    assert {number % 100 for product in products if (number := product.numbers["wall"])} != {0}
