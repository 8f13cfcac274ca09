"""One piece in one transaction, with everything that may follow for it; what a sound piece never needs is made when it is asked for."""

from contracts.product import ManufacturingSpecification
from ledger.unit_of_work import LedgerTransaction
from mes_bridge.consequences import Consequences
from mes_bridge.floor import Floor
from mes_bridge.pending import Pending
from mes_bridge.resuming import Resuming
from mes_bridge.revisions import Revisions


class Work:
    def __init__(self, ledger: LedgerTransaction, floor: Floor, specification: ManufacturingSpecification, revisions: Revisions) -> None:
        self.ledger = ledger
        self.floor = floor
        self.specification = specification
        self.consequences = Consequences(ledger, floor, specification)
        self._revisions = revisions

    def pending(self) -> Pending:
        return Pending(self.ledger, self.floor, self.consequences)

    def resuming(self) -> Resuming:
        return Resuming(self.ledger, self.floor, self.specification, self.consequences, self._revisions)
