"""Does everything balance: ledger, orders, promises, work orders?"""

from ledger.verify import verify
from lotone.wiring import House


def faults_of(house: House) -> list[str]:
    """Every fault in one sentence; an empty list means that nothing is lost and nothing happened twice."""
    return [f"{balance.check}: {fault}" for balance in verify(house.ledger) for fault in balance.faults]
