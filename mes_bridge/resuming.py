"""How a piece goes on as if its non-conformance had not been: a corrected value, or a customer who takes it as it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.plan import OperationKey
from contracts.product import ManufacturingSpecification
from contracts.quality import NonConformance
from contracts.work_order import WorkOrderState, moved
from ledger.unit_of_work import LedgerTransaction
from mes_bridge.consequences import Consequences
from mes_bridge.engine import disposition, withdrawal
from mes_bridge.engine.withdrawal import Interrupted, repair_runs
from mes_bridge.engine.work_orders import WAITING, WorkOrder, moves, worked
from mes_bridge.floor import Floor, facts_of
from mes_bridge.revisions import Revisions
from mes_bridge.tables import NonConformanceRow

S = WorkOrderState


@dataclass(frozen=True)
class Interruption:
    """An open non-conformance with the runs that it interrupted and those that repair it."""

    raised: NonConformanceRow
    found: NonConformance
    before: Interrupted
    runs: tuple[WorkOrder, ...]
    repairs: tuple[WorkOrder, ...]
    reached: bool
    """Another open non-conformance lies before one of the runs: then that run would be given up all the same."""

    @property
    def failed(self) -> WorkOrder:
        return next(run for run in self.runs if run.key == self.found.key)

    @property
    def keys(self) -> tuple[OperationKey, ...]:
        return tuple(run.key for run in self.runs)


class Resuming:
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
        self._floor = floor.whole()
        self._specification = specification
        self._consequences = consequences
        self._revisions = revisions

    def interruption(self, raised: NonConformanceRow) -> Interruption:
        found, before = NonConformance.model_validate(raised.content), Interrupted.read(raised.interrupted)
        runs = tuple(self._floor.orders[work_order] for work_order in before.begun)
        repairs = tuple(repair_runs(self._floor.orders.values(), before, found.restart))
        return Interruption(raised, found, before, runs, repairs, self._reached(runs, raised))

    def may_go_on(self, interruption: Interruption) -> bool:
        """Whether nothing was done about it yet."""
        done = [worked(facts_of(self._transaction.connection, run.id)) for run in interruption.runs]
        return withdrawal.may_go_on(interruption.repairs, done, interruption.reached)

    def give_way(self, interruption: Interruption) -> None:
        """Rework or remake is not needed: withdrawn here at once, so that nobody begins it before the plan says so.

        The non-conformance must not be open any more.
        """
        for repair in interruption.repairs:
            self._take_back(repair)
        self._consequences.let_go(interruption.raised)
        for run in interruption.runs:
            self._put_back(run, interruption.before.begun[run.id])

    def go_on(self, interruption: Interruption, at: datetime) -> None:
        """What was reported of the runs meanwhile counts now."""
        for run in interruption.runs:
            self._go_on(self._floor.orders[run.id], at)

    def _reached(self, runs: Sequence[WorkOrder], raised: NonConformanceRow) -> bool:
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
        row = self._floor.rows[run.id]
        wanted = worked(facts_of(self._transaction.connection, run.id))
        if run.state is not S.HELD and wanted is not None and moves(run, wanted):
            self._consequences.move(run, wanted, at, row.machine, None)
        else:
            self._consequences.close_if_passed(run, at, row.machine)
