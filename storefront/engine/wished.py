"""Does what is on offer keep what its buyer wished of price and date?"""

from datetime import date

from contracts.model import Contract, Day
from contracts.ports import WishedTerms
from contracts.units import Money


class WishKept(Contract):
    """The wishes, and what the offer misses of them: ``over`` and ``days`` are None where nothing is missed."""

    price: Money | None
    date: Day | None
    over: Money | None
    days: int | None
    no_date: bool
    """A day is wished for, and there is no date at all."""


def wish_kept(wished: WishedTerms, price: Money, delivered_on: date | None) -> WishKept:
    """``price`` of the design with tax, without delivery; ``delivered_on``: the day at the buyer's."""
    over = None if wished.price is None or price.amount <= wished.price.amount else price - wished.price
    late = 0 if wished.date is None or delivered_on is None else (delivered_on - wished.date).days
    return WishKept(
        price=wished.price,
        date=wished.date,
        over=over,
        days=late if late > 0 else None,
        no_date=wished.date is not None and delivered_on is None,
    )
