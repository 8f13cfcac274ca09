"""What delivery costs."""

from contracts.model import Contract
from contracts.problems import FieldProblem, InvalidInput
from contracts.units import Currency, Money


class Tariff(Contract):
    """Delivery to a group of countries: a fee in minor units, nothing from ``free_from`` on. Both include tax."""

    countries: frozenset[str]
    """ISO 3166-1 alpha-2."""
    fee: int
    free_from: int


TARIFFS: dict[Currency, tuple[Tariff, ...]] = {
    "CNY": (
        Tariff(countries=frozenset({"CN"}), fee=1_900, free_from=30_000),
        Tariff(countries=frozenset({"DE", "AT", "NL", "BE", "FR", "DK", "SG", "US"}), fee=14_900, free_from=30_000),
    ),
    "EUR": (
        Tariff(countries=frozenset({"DE", "AT", "NL", "BE", "FR", "DK"}), fee=1_900, free_from=50_000),
        Tariff(countries=frozenset({"CN", "SG", "US"}), fee=14_900, free_from=200_000),
    ),
    "USD": (
        Tariff(countries=frozenset({"US"}), fee=1_900, free_from=50_000),
        Tariff(countries=frozenset({"CN", "SG", "DE", "AT", "NL", "BE", "FR", "DK"}), fee=14_900, free_from=200_000),
    ),
}

COUNTRIES = tuple(sorted({country for tariffs in TARIFFS.values() for tariff in tariffs for country in tariff.countries}))
"""To which delivery has a price."""


def delivery_price(goods: Money, country: str) -> Money:
    """Delivery of goods worth ``goods``. Raises InvalidInput for a country that we do not deliver to."""
    for tariff in TARIFFS[goods.currency]:
        if country in tariff.countries:
            return Money(amount=0 if goods.amount >= tariff.free_from else tariff.fee, currency=goods.currency)
    raise not_served()


def not_served() -> InvalidInput:
    return InvalidInput(errors=(FieldProblem("/customer/country", "storefront.field.country_not_served"),))
