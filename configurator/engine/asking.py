"""What only the customer can tell, and has not told yet."""

from configurator.engine.decisions import Decisions
from configurator.engine.family.family import Ask, Family
from configurator.engine.product import Product, tested


class Asking:
    """A family's questions to the customer, ready to be asked of any product; immutable."""

    def __init__(self, family: Family) -> None:
        self._asks = [
            (
                option.name,
                option.ask,
                tested(option.ask.when),
                frozenset(f"{option.name}.{each}" for each in option.values if each not in option.default),
            )
            for option in family.options.values()
            if option.ask is not None
        ]

    def open(self, product: Product, decisions: Decisions) -> dict[str, Ask]:
        """Option → question, for each that the product needs the customer's word on and that no decision answers.

        A value that only follows, as any first letter does from a second one, is nobody's answer.
        """
        told = {each.name for each in decisions if each.value is True}
        return {name: ask for name, ask, holds, answers in self._asks if told.isdisjoint(answers) and holds(product)}
