"""What the storefront's use cases work with: the ledger, the other rooms behind their ports, the payment provider, the plant."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from contracts.ports import Concessions, Designs, Reservations, Shipping, Specifications
from ledger.unit_of_work import Ledger
from storefront.keys import OrderKeys
from storefront.payment import Payments

HOLD = timedelta(minutes=15)
"""Real time for which price and date of an unpaid order stand."""

NOBODY = "anonymous"
"""The id of a visitor without a session; such a one owns nothing."""


@dataclass(frozen=True)
class Shop:
    ledger: Ledger
    designs: Designs
    specifications: Specifications
    reservations: Reservations
    payments: Payments
    keys: OrderKeys
    plant: str
    shipping: Shipping
    concessions: Concessions
    time_zone: ZoneInfo
    """In which customers are told days."""
