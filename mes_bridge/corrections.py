"""How a corrected value withdraws the non-conformance that the wrong one raised."""

from datetime import datetime

from contracts.events import NonConformanceWithdrawn
from mes_bridge.engine.work_orders import WorkOrder
from mes_bridge.tables import NonConformanceRow
from mes_bridge.work import Work


def withdraw(work: Work, failed: WorkOrder, correction: str, at: datetime) -> bool:
    """Go on as if the value had been right at once; False when the non-conformance of the failed run stands."""
    transaction, resuming = work.ledger, work.resuming()
    raised = transaction.session.get(NonConformanceRow, failed.nonconformance)
    if raised is None or raised.state != "open":
        return False
    interruption = resuming.interruption(raised)
    if interruption.found.measurement is None or work.consequences.failing(failed) or not resuming.may_go_on(interruption):
        return False
    raised.state, raised.closed_at, raised.correction = "withdrawn", at, correction
    transaction.session.add(raised)
    transaction.session.flush()
    work.pending().lapse(raised)
    resuming.give_way(interruption)
    transaction.emit(
        NonConformanceWithdrawn(
            order=raised.order,
            plant=raised.plant,
            nonconformance=interruption.found,
            resumed=interruption.keys,
            correction=correction,
            at=at,
        )
    )
    transaction.audit("nonconformance.withdraw", raised.id, plant=raised.plant, facts={"correction": correction})
    resuming.go_on(interruption, at)
    return True
