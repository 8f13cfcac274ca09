"""Which body does a garment that fits show? The largest for which this product would be made as the garment is."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from configurator.engine.family.family import Dimension, Family
from configurator.engine.product import Product, Valued, valued
from contracts.texts import Localised


@dataclass(frozen=True)
class GarmentMeasure:
    """Taken at the garment instead of the body; ``name`` is the body measure's."""

    name: str
    label: Localised
    how: Localised


def garment_measures(family: Family) -> list[GarmentMeasure]:
    """None for a family whose products no garment can stand for."""
    return [
        GarmentMeasure(each.name, family.derived[each.garment.like].label, each.garment.description)
        for each in family.dimensions.values()
        if each.garment is not None
    ]


@dataclass(frozen=True)
class OutOfRange:
    """What can stand at a garment, in millimetres."""

    low: int
    high: int


def sizes(family: Family, product: Product) -> dict[str, int]:
    """How large the product is where a garment can be measured, by the body measure's name."""
    found = ((each.name, each.garment.like) for each in family.dimensions.values() if each.garment is not None)
    return {name: valued(family.derived[like].value)(product) for name, like in found}


def body_of(family: Family, product: Product, garment: Mapping[str, int]) -> dict[str, int | OutOfRange]:
    """The body measures, with the product's own choices: its ease is taken off again. Each is found with those before it in the file."""
    numbers = dict(product.numbers)
    found: dict[str, int | OutOfRange] = {}
    for dimension in family.dimensions.values():
        if dimension.garment is not None and dimension.name in garment:
            finished = valued(family.derived[dimension.garment.like].value)
            found[dimension.name] = body = _body(finished, product.chosen, numbers, dimension, garment[dimension.name])
            if isinstance(body, int):
                numbers[dimension.name] = body
    return found


def _body(
    finished: Valued, chosen: Mapping[str, tuple[str, ...]], numbers: Mapping[str, int], dimension: Dimension, typed: int
) -> int | OutOfRange:
    """A finished dimension never falls when its measure rises; where the cut keeps it wide, the largest body of that width."""

    def made(body: int) -> int:
        return finished(Product(chosen, {**numbers, dimension.name: body}))

    domain = dimension.domain
    if not dimension.low <= typed <= made(domain[-1]):
        return OutOfRange(dimension.low, made(domain[-1]))
    wanted = max(typed, made(domain[0]))
    return domain[bisect_right(domain, wanted, key=made) - 1]
