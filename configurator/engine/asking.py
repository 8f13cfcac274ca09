"""What only the customer can tell, and has not told yet."""

from configurator.engine.family.family import Ask, Family
from configurator.engine.product import Product, tested


class Asking:
    """A family's questions to the customer, ready to be asked of any product; immutable."""

    def __init__(self, family: Family) -> None:
        self._asks = [(option, option.ask, tested(option.ask.when)) for option in family.options.values() if option.ask is not None]

    def open(self, product: Product) -> dict[str, Ask]:
        """Option → question, for each whose default stands where the product needs the customer's word."""
        return {option.name: ask for option, ask, holds in self._asks if product.chosen[option.name] == option.default and holds(product)}
