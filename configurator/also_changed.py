"""What else becomes different when something is chosen?"""

from collections.abc import Collection

from configurator.engine.decisions import Decision
from configurator.engine.family.family import Family
from configurator.engine.manufacture import NOTHING
from configurator.engine.product import Product
from configurator.engine.words import label_of
from configurator.state import AlsoChanged
from contracts.texts import Message
from contracts.units import Money


def also_changed(family: Family, before: Product, after: Product, named: Collection[str]) -> tuple[AlsoChanged, ...]:
    """Options and dimensions that the two products have differently, in the file's order; those ``named`` and body measures left out."""
    found = []
    for option in family.options.values():
        chosen, was = after.chosen[option.name], before.chosen[option.name]
        if option.name in named or chosen == was:
            continue
        price = sum(option.values[value].price for value in chosen) - sum(option.values[value].price for value in was)
        texts = tuple(label_of(family, Decision(f"{option.name}.{value}", True)) for value in chosen)
        nothing = Message(id="configurator.decision.select", params={"option": option.label, "value": NOTHING})
        found.append(
            AlsoChanged(
                name=option.name, group=option.group, texts=texts or (nothing,), price=Money(amount=price, currency=family.currency)
            )
        )
    for dimension in family.dimensions.values():
        number = after.numbers[dimension.name]
        if dimension.measure or dimension.name in named or number == before.numbers[dimension.name]:
            continue
        found.append(
            AlsoChanged(
                name=dimension.name,
                group=dimension.group,
                texts=(label_of(family, Decision(dimension.name, number)),),
                price=Money(amount=0, currency=family.currency),
            )
        )
    return tuple(found)
