"""How a corrected value withdraws the non-conformance that the wrong one raised."""

from dataclasses import replace
from datetime import datetime

from contracts.events import NonConformanceWithdrawn
from contracts.product import ManufacturingSpecification
from contracts.quality import NonConformance
from contracts.work_order import WorkOrderState, moved
from ledger.unit_of_work import LedgerTransaction
from mes_bridge.consequences import Consequences
from mes_bridge.engine import disposition
from mes_bridge.engine.withdrawal import Interrupted, is_withdrawn, repair_runs
from mes_bridge.engine.work_orders import WAITING, WorkOrder, moves, worked
from mes_bridge.floor import Floor, as_taken, facts_of
from mes_bridge.revisions import Revisions
from mes_bridge.tables import NonConformanceRow

S = WorkOrderState


class Corrections:
    """One piece in one transaction."""

    def __init__(
        self,
        transaction: LedgerTransaction,
        floor: Floor,
        specification: ManufacturingSpecification,
        consequences: Consequences,
        revisions: Revisions,
    ) -> None:
        self._transaction = transaction
        self._floor = floor
        self._specification = specification
        self._consequences = consequences
        self._revisions = revisions

    def withdraw(self, failed: WorkOrder, correction: str, at: datetime) -> bool:
        """Go on as if the value had been right at once; False when the non-conformance of the failed run stands.

        Its rework or remake is not needed: withdrawn here at once, so that nobody begins it before the plan says so.
        """
        raised = self._transaction.session.get(NonConformanceRow, failed.nonconformance)
        if raised is None or raised.state != "open":
            return False
        found, interrupted = NonConformance.model_validate(raised.content), Interrupted.read(raised.interrupted)
        self._floor.whole()
        runs = [self._floor.orders[work_order] for work_order in interrupted.begun]
        repairs = repair_runs(self._floor.orders.values(), interrupted, found.restart)
        values = [as_taken(row) for row in self._consequences.measurements(failed)]
        done = [worked(facts_of(self._transaction.connection, run.id)) for run in runs]
        if found.measurement is None or not is_withdrawn(values, repairs, done, self._reached(runs, raised)):
            return False
        raised.state, raised.closed_at, raised.correction = "withdrawn", at, correction
        self._transaction.session.add(raised)
        self._transaction.session.flush()
        for repair in repairs:
            self._take_back(repair)
        self._consequences.let_go(raised)
        for run in runs:
            self._put_back(run, interrupted.begun[run.id])
        keys = tuple(run.key for run in runs)
        self._transaction.emit(
            NonConformanceWithdrawn(
                order=raised.order, plant=raised.plant, nonconformance=found, resumed=keys, correction=correction, at=at
            )
        )
        self._transaction.audit("nonconformance.withdraw", raised.id, plant=raised.plant, facts={"correction": correction})
        for run in runs:
            self._go_on(self._floor.orders[run.id], at)
        return True

    def _reached(self, runs: list[WorkOrder], raised: NonConformanceRow) -> bool:
        """Whether another open non-conformance lies before one of the runs: then that run would be given up all the same."""
        sequences = {run.key.sequence for run in runs}
        return any(
            sequences & disposition.downstream(self._specification.routing, other.sequence)
            for other in self._consequences.open_nonconformances()
            if other.id != raised.id
        )

    def _take_back(self, repair: WorkOrder) -> None:
        if repair.state is S.SUPERSEDED:
            return
        self._revisions.end(self._transaction, self._floor.rows[repair.id], "cancelled")
        self._floor.put(replace(repair, state=moved(repair.state, S.CANCELLED), nonconformance=None, holder=None, lease_until=None))

    def _put_back(self, run: WorkOrder, before: WorkOrderState) -> None:
        other = self._consequences.held_by(run.key.sequence) if before in WAITING else None
        wanted = S.RELEASED if before in WAITING else before
        self._floor.put(
            replace(run, state=run.state if other is not None else moved(run.state, wanted), nonconformance=other, failed=False)
        )

    def _go_on(self, run: WorkOrder, at: datetime) -> None:
        """What was reported of it meanwhile counts now."""
        row = self._floor.rows[run.id]
        wanted = worked(facts_of(self._transaction.connection, run.id))
        if run.state is not S.HELD and wanted is not None and moves(run, wanted):
            self._consequences.move(run, wanted, at, row.machine, None)
        else:
            self._consequences.close_if_passed(run, at, row.machine)
