"""Which designs try a family well: every pair of choices together at least once, and any at random."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import NONE, Decision
from configurator.engine.product import Product

Pair = tuple[int, int]


@dataclass(frozen=True)
class Covering:
    """``fresh``: how many pairs each product has that none before it has; no product has any of the ``impossible`` ones."""

    products: tuple[Product, ...]
    fresh: tuple[int, ...]
    impossible: int


def covering(compiled: CompiledFamily, seed: int) -> Covering:
    """Products that together have every possible pair: of values of two options, of ends of two dimensions, of one with the other.

    Greedy, as AETG (Cohen and others, 1997): each begins with a pair that is missing and takes in the choices that miss most.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable designs, no secret
    levels = list(_levels(compiled))
    missing = {(one, other) for one, other in combinations(range(len(levels)), 2) if not _exclusive(compiled, levels[one], levels[other])}
    wanting = [0] * len(levels)
    for pair in missing:
        for each in pair:
            wanting[each] += 1
    products: list[Product] = []
    fresh: list[int] = []
    impossible = 0

    def settle(pair: Pair) -> None:
        missing.remove(pair)
        for each in pair:
            wanting[each] -= 1

    for pair in sorted(missing):
        if pair not in missing:
            continue
        most = sorted(range(len(levels)), key=lambda each: (-wanting[each], chance.random()))
        product = compiled.having(frozenset(levels[each] for each in pair), [levels[each] for each in most if wanting[each]])
        if product is None:
            settle(pair)
            impossible += 1
            continue
        products.append(product)
        had = [place for place, level in enumerate(levels) if _has(product, level)]
        new = [found for found in combinations(had, 2) if found in missing]
        for found in new:
            settle(found)
        fresh.append(len(new))
    return Covering(tuple(products), tuple(fresh), impossible)


def at_random(compiled: CompiledFamily, count: int, seed: int) -> Iterator[Product]:
    """Products with choices and numbers drawn evenly, as far as they go together."""
    chance = random.Random(seed)  # noqa: S311 - repeatable designs, no secret
    family = compiled.family
    for _ in range(count):
        wishes = [Decision(f"{option.name}.{chance.choice(list(option.values))}", True) for option in family.options.values()]
        wishes += [Decision(name, chance.choice(dimension.domain)) for name, dimension in family.dimensions.items()]
        chance.shuffle(wishes)
        product = compiled.having(NONE, wishes)
        if product is not None:
            yield product


def _levels(compiled: CompiledFamily) -> Iterator[Decision]:
    """Every choice that some product has; of an option of several values not to have one, too; the ends of each dimension."""
    state = compiled.state(NONE)
    for option in compiled.family.options.values():
        for value in option.values:
            name = f"{option.name}.{value}"
            if state.statuses[name] != "excluded":
                yield Decision(name, True)
                if not option.single and state.statuses[name] == "open":
                    yield Decision(name, False)
    for name, runs in state.numbers.items():
        for number in dict.fromkeys((runs[0][0], runs[-1][1])):
            yield Decision(name, number)


def _exclusive(compiled: CompiledFamily, one: Decision, other: Decision) -> bool:
    """Whether they say different things of the same choice."""
    option = one.name.partition(".")[0]
    if one.name == other.name or option != other.name.partition(".")[0]:
        return one.name == other.name
    return compiled.family.options[option].single


def _has(product: Product, level: Decision) -> bool:
    if isinstance(level.value, bool):
        option, _, value = level.name.partition(".")
        return (value in product.chosen[option]) == level.value
    return product.numbers[level.name] == level.value
