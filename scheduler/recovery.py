"""What happens when a promise that had moved has held again for a while?"""

from ledger.unit_of_work import LedgerTransaction
from scheduler.change import changing
from scheduler.live_plan import FIRM, LivePlan
from scheduler.tables import ReservationRow
from scheduler.telling import HOLDS_AGAIN, tell_what_stands


def holds_again(transaction: LedgerTransaction, live: LivePlan, order: str) -> None:
    """The customer hears that the promised date holds. An order that is gone by now, or late again, hears nothing."""
    with changing(transaction, live, HOLDS_AGAIN.rpartition(".")[2], order) as change:
        row = transaction.session.get(ReservationRow, order)
        if row is not None and row.state == FIRM and tell_what_stands(transaction, change.plant, row):
            change.touch(row)
