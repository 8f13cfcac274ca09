"""Does everything balance: ledger, orders, promises, work orders?"""

from ledger.verify import verify
from lotone.wiring import House


def faults_of(house: House) -> list[str]:
    """Every fault in one sentence; an empty list means that nothing is lost and nothing happened twice."""
    faults = [f"{balance.check}: {fault}" for balance in verify(house.ledger) for fault in balance.faults]
    return [*faults, *(f"reservations: {fault}" for fault in _reservations(house))]


def _reservations(house: House) -> list[str]:
    """An order and its capacity come in one transaction: neither is ever there without the other."""
    reserved, ordered = house.scheduler.reserved_orders(), house.storefront.all_orders()
    return [
        *(f"{order}: capacity is reserved, and there is no such order" for order in sorted(reserved - ordered)),
        *(f"{order}: ordered, and no capacity was ever reserved" for order in sorted(ordered - reserved)),
    ]
