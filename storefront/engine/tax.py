"""How much of a price is tax. Prices that people see include it."""

from decimal import ROUND_HALF_EVEN, Decimal

from contracts.units import Money


def tax_within(gross: Money, percent: int) -> Money:
    """The tax in a gross price, minor units rounded half to even: gross × p / (100 + p)."""
    exact = Decimal(gross.amount) * percent / (100 + percent)
    return Money(amount=int(exact.to_integral_value(rounding=ROUND_HALF_EVEN)), currency=gross.currency)
