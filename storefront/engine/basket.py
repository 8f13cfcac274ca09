"""What lies in a basket, what it comes to, and how much fits in."""

from contracts.model import Contract, Instant
from contracts.ports import Offer
from contracts.problems import FieldProblem, InvalidInput
from contracts.units import Money

MOST_DESIGNS = 10
"""Pieces of one order. Each is made by itself; more are ordered by talking to us."""


class Basket(Contract):
    """Designs to buy together, in the order they were put in."""

    designs: tuple[str, ...] = ()

    def with_design(self, design: str) -> "Basket":
        """The basket with the design in it, once. Raises InvalidInput when it is full."""
        if design in self.designs:
            return self
        if len(self.designs) >= MOST_DESIGNS:
            raise InvalidInput(errors=(FieldProblem("/design", "storefront.basket.full", {"most": MOST_DESIGNS}),))
        return Basket(designs=(*self.designs, design))

    def without_design(self, design: str) -> "Basket":
        return Basket(designs=tuple(each for each in self.designs if each != design))


class Sum(Contract):
    """What a number of offers comes to. ``promised_at`` is None while one of them has no date."""

    goods: Money | None
    promised_at: Instant | None
    orderable: bool


def summed(offers: tuple[Offer, ...]) -> Sum:
    """Sum of the totals (tax included) and the latest date. Raises UnitMismatch for two currencies."""
    if not offers:
        return Sum(goods=None, promised_at=None, orderable=False)
    goods = offers[0].price.total
    for offer in offers[1:]:
        goods = goods + offer.price.total
    dates = [offer.promised_at for offer in offers if offer.promised_at is not None]
    promised_at = max(dates) if len(dates) == len(offers) else None
    return Sum(goods=goods, promised_at=promised_at, orderable=promised_at is not None and all(offer.orderable for offer in offers))
