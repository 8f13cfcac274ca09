"""What one product costs, line by line."""

from dataclasses import dataclass

from configurator.engine.family.family import Family
from configurator.engine.product import Product, Tested, Valued, tested, valued
from contracts.product import Price, PriceLine
from contracts.texts import Localised
from contracts.units import Money


@dataclass(frozen=True)
class _Line:
    label: Localised
    add: int
    when: Tested
    per: Valued | None
    step: int


class Pricing:
    """A family's price section, ready to be asked for any product; immutable."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._lines = [
            _Line(rule.label, rule.add, tested(rule.when), None if rule.per is None else valued(rule.per), rule.step)
            for rule in family.price
        ]
        self._values = {
            option.name: {value.name: (option.said(value.name), value.price) for value in option.values.values() if value.price}
            for option in family.options.values()
        }

    def lines(self, product: Product) -> list[tuple[Localised, int]]:
        """What adds something to the net price."""
        found = []
        for line in self._lines:
            if line.when(product):
                times = 1 if line.per is None else max(0, line.per(product) // line.step)
                if line.add * times:
                    found.append((line.label, line.add * times))
        for option, values in product.chosen.items():
            found.extend(self._values[option][value] for value in values if value in self._values[option])
        return found

    def total(self, product: Product) -> int:
        """With tax, in minor units."""
        net = sum(amount for _, amount in self.lines(product))
        return net + self._tax(net)

    def net_of(self, most: int) -> int:
        """The highest net price that comes to at most ``most`` with tax."""
        net = most * 100 // (100 + self._family.tax_percent) + 1
        while net + self._tax(net) > most:
            net -= 1
        return net

    def price(self, product: Product) -> Price:
        """The whole breakdown; tax rounded half up."""
        lines = tuple(PriceLine(label=label, amount=amount) for label, amount in self.lines(product))
        net = sum(line.amount for line in lines)
        currency = self._family.currency
        return Price(
            lines=lines,
            net=Money(amount=net, currency=currency),
            tax_percent=self._family.tax_percent,
            tax=Money(amount=self._tax(net), currency=currency),
            total=Money(amount=net + self._tax(net), currency=currency),
        )

    def _tax(self, net: int) -> int:
        return (net * self._family.tax_percent + 50) // 100
