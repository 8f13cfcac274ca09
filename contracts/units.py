"""Money, quantities and the units that a value may carry."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Literal

from pydantic import StringConstraints

from contracts.model import Contract
from contracts.problems import UnitMismatch

Currency = Literal["CNY", "EUR", "USD"]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""
Unit = Literal[
    "nm", "um", "mm", "cm", "m", "s", "min", "h", "g", "kg", "piece", "ml", "l", "mNm", "Nm", "kPa", "bar", "mdeg", "deg", "N", "cm2", "m2"
]

_SCALE: dict[str, tuple[str, Decimal]] = {
    "nm": ("length", Decimal("0.001")),
    "um": ("length", Decimal(1)),
    "mm": ("length", Decimal(1_000)),
    "cm": ("length", Decimal(10_000)),
    "m": ("length", Decimal(1_000_000)),
    "s": ("duration", Decimal(1)),
    "min": ("duration", Decimal(60)),
    "h": ("duration", Decimal(3600)),
    "g": ("mass", Decimal(1)),
    "kg": ("mass", Decimal(1000)),
    "piece": ("count", Decimal(1)),
    "ml": ("volume", Decimal(1)),
    "l": ("volume", Decimal(1000)),
    "mNm": ("torque", Decimal(1)),
    "Nm": ("torque", Decimal(1000)),
    "kPa": ("pressure", Decimal(1)),
    "bar": ("pressure", Decimal(100)),
    "mdeg": ("angle", Decimal(1)),
    "deg": ("angle", Decimal(1000)),
    "N": ("force", Decimal(1)),
    "cm2": ("area", Decimal(1)),
    "m2": ("area", Decimal(10_000)),
}


class Money(Contract):
    """An amount in minor units (fen, cent)."""

    amount: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise UnitMismatch(self.currency, other.currency)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + Money(amount=-other.amount, currency=other.currency)


class Quantity(Contract):
    """A whole number of a unit."""

    value: int
    unit: Unit


def exactly(value: Decimal | int, unit: str, to: Unit) -> Decimal:
    """``value`` of ``unit`` in ``to``, not rounded.

    Raises UnitMismatch when the units measure different things or one is unknown.
    """
    if unit not in _SCALE or _SCALE[unit][0] != _SCALE[to][0]:
        raise UnitMismatch(unit, to)
    return Decimal(value) * _SCALE[unit][1] / _SCALE[to][1]


def convert(value: Decimal | int, unit: str, to: Unit) -> int:
    """``value`` of ``unit`` in whole ``to``, rounded half to even.

    Raises UnitMismatch when the units measure different things or one is unknown.
    """
    return int(exactly(value, unit, to).to_integral_value(rounding=ROUND_HALF_EVEN))
