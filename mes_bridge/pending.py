"""What waits while somebody is asked whether a failed piece may be used as it is, and how it goes on without a yes."""

from dataclasses import replace

from contracts.events import ConcessionSettled
from contracts.plan import OperationKey
from contracts.quality import Concession, NonConformance
from contracts.work_order import WorkOrderState, moved
from ledger.unit_of_work import LedgerTransaction
from mes_bridge.consequences import Consequences
from mes_bridge.engine import concession as rules
from mes_bridge.engine.withdrawal import Interrupted, repair_runs
from mes_bridge.engine.work_orders import WAITING, WorkOrder
from mes_bridge.floor import Floor
from mes_bridge.resuming import Resuming
from mes_bridge.tables import ConcessionRow, NonConformanceRow

RUN_OUT = "mes_bridge.concession_until"
"""On the agenda: nobody answered in time. Key: the concession."""


class Pending:
    """One piece in one transaction."""

    def __init__(self, transaction: LedgerTransaction, floor: Floor, consequences: Consequences) -> None:
        self._transaction = transaction
        self._floor = floor.whole()
        self._consequences = consequences

    def hold(self, raised: NonConformanceRow) -> None:
        """Its rework or remake does not begin; runs that come later are held when they are released."""
        for repair in self._repairs(raised):
            if repair.state in WAITING:
                self._floor.put(
                    replace(repair, state=moved(repair.state, WorkOrderState.HELD), nonconformance=raised.id, holder=None, lease_until=None)
                )

    def settle(self, raised: NonConformanceRow, settled: Concession, resumed: tuple[OperationKey, ...] = ()) -> None:
        """The last answer is given. Without a yes the rework or remake may begin, unless the non-conformance is over too."""
        self.keep(settled)
        raised.concession = None
        self._transaction.session.add(raised)
        self._transaction.session.flush()
        self._transaction.unschedule(RUN_OUT, settled.concession)
        if raised.state == "open":
            for repair in self._repairs(raised):
                if repair.state is WorkOrderState.HELD and repair.nonconformance == raised.id and not repair.failed:
                    other = self._consequences.held_by(repair.key.sequence)
                    state = repair.state if other is not None else moved(repair.state, WorkOrderState.RELEASED)
                    self._floor.put(replace(repair, state=state, nonconformance=other))
        found = NonConformance.model_validate(raised.content)
        scope = {"order": raised.order, "plant": raised.plant}
        self._transaction.emit(ConcessionSettled(**scope, nonconformance=found, concession=settled, resumed=resumed))
        facts = {"nonconformance": raised.id, "state": settled.state.value}
        self._transaction.audit("concession.settle", settled.concession, plant=raised.plant, facts=facts)

    def lapse(self, raised: NonConformanceRow) -> None:
        """Nothing is asked any more; nothing happens when nothing was."""
        if raised.concession is not None:
            row = self._transaction.session.get_one(ConcessionRow, raised.concession)
            self.settle(raised, rules.lapsed(Concession.model_validate(row.content), self._transaction.now))

    def look_again(self, failed: WorkOrder, *, scrapped: bool = False) -> None:
        """After a further value or report of the failed run: a question about other values than it has lapses."""
        raised = self._transaction.session.get(NonConformanceRow, failed.nonconformance)
        if raised is None or raised.concession is None:
            return
        row = self._transaction.session.get_one(ConcessionRow, raised.concession)
        if scrapped or not rules.covers(Concession.model_validate(row.content), self._consequences.failing(failed)):
            self.lapse(raised)

    def give_up(self, resuming: Resuming) -> None:
        """After a further failure of the piece: what lies behind it is made again anyway, so nothing is asked about that."""
        for raised in self._consequences.open_nonconformances():
            if raised.concession is not None and resuming.interruption(raised).reached:
                self.lapse(raised)

    def keep(self, concession: Concession) -> None:
        """Write how it stands."""
        row = self._transaction.session.get_one(ConcessionRow, concession.concession)
        row.state, row.content = concession.state.value, concession.model_dump(mode="json")
        self._transaction.session.add(row)

    def _repairs(self, raised: NonConformanceRow) -> list[WorkOrder]:
        before = Interrupted.read(raised.interrupted)
        return repair_runs(list(self._floor.orders.values()), before, raised.content["restart"])
