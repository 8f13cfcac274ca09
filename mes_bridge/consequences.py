"""What follows when a work order moves: events, holds, non-conformances, the finished piece."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import col, select

from contracts.events import (
    NonConformanceClosed,
    NonConformanceRaised,
    OperationCompleted,
    OperationPaused,
    OperationStarted,
    PieceCompleted,
)
from contracts.product import CharacteristicSpec, ManufacturingSpecification
from contracts.quality import Concession, ConcessionState, JudgedMeasurement, NonConformance
from contracts.work_order import WorkOrderDocument, WorkOrderState, moved
from ledger.identifiers import new_id
from ledger.unit_of_work import LedgerTransaction
from mes_bridge import lines
from mes_bridge.engine import certificates, disposition
from mes_bridge.engine.judgement import current_values, failing, open_checkpoints
from mes_bridge.engine.withdrawal import Interrupted
from mes_bridge.engine.work_orders import BEGUN, ENDED, WAITING, WorkOrder, steps
from mes_bridge.floor import Floor, as_taken, judged
from mes_bridge.lines import MeasuredLine
from mes_bridge.tables import ConcessionRow, NonConformanceRow, RevisionRow

S = WorkOrderState


class Consequences:
    """One piece in one transaction."""

    def __init__(self, transaction: LedgerTransaction, floor: Floor, specification: ManufacturingSpecification) -> None:
        self._transaction = transaction
        self._floor = floor
        self._specification = specification
        self._measured: dict[str, list[MeasuredLine]] = {}

    def move(self, order: WorkOrder, wanted: WorkOrderState, at: datetime, machine: str, reason: str | None) -> WorkOrder:
        """Along the table of transitions to ``wanted``, with the event of each step. Raises TransitionRefused."""
        row = self._floor.rows[order.id]
        scope = {"order": row.order, "plant": row.plant}
        for state in steps(order.state, wanted):
            order = self._floor.put(replace(order, state=state))
            if state is S.IN_PROGRESS:
                self._transaction.emit(OperationStarted(**scope, key=order.key, name=row.name, machine=machine, at=at))
            elif state is S.PAUSED:
                self._transaction.emit(OperationPaused(**scope, key=order.key, machine=machine, reason=reason, at=at))
        if wanted is S.SCRAPPED:
            self.fail(order, None, None, at)
        elif order.state is S.COMPLETED:
            order = self.close_if_passed(order, at, machine)
        return order

    def close_if_passed(self, order: WorkOrder, at: datetime, machine: str) -> WorkOrder:
        """A complete operation whose checkpoints have all passed is closed: what comes after it may start."""
        if order.state is not S.COMPLETED or self.unpassed(order):
            return order
        row = self._floor.rows[order.id]
        order = self._floor.whole().put(replace(order, state=S.CLOSED))
        self._transaction.emit(OperationCompleted(order=row.order, plant=row.plant, key=order.key, name=row.name, machine=machine, at=at))
        for raised in self.open_nonconformances():
            if raised.sequence == order.key.sequence and raised.attempt < order.key.attempt:
                self._close(raised, at)
        self._finish_piece(at)
        return order

    def unpassed(self, order: WorkOrder) -> tuple[str, ...]:
        """Checkpoints that still gate the operation."""
        gates = [one for one in self._specification.quality if one.operation == order.key.sequence]
        if not gates:
            return ()
        current = current_values(as_taken(row) for row in self.measurements(order))
        unpassed = open_checkpoints(gates, current)
        return open_checkpoints(gates, current, self._conceded()) if any(one in current for one in unpassed) else unpassed

    def failing(self, order: WorkOrder) -> tuple[str, ...]:
        """Measurements of this run that are out of tolerance, not corrected and not accepted by the customer."""
        taken = [as_taken(row) for row in self.measurements(order)]
        found = failing(taken, ())
        return failing(taken, self._conceded()) if found else ()

    def measurements(self, order: WorkOrder) -> Sequence[MeasuredLine]:
        """Values of this run, in the order they came."""
        return self._values(order)

    def record(self, order: WorkOrder, value: MeasuredLine) -> None:
        """One more value of this run, which the caller writes."""
        self._values(order).append(value)

    def _values(self, order: WorkOrder) -> list[MeasuredLine]:
        key = order.key
        if order.id not in self._measured:
            self._measured[order.id] = lines.measured(self._transaction.connection, key.piece, key.sequence, key.attempt)
        return self._measured[order.id]

    def fail(self, order: WorkOrder, characteristic: CharacteristicSpec | None, measurement: JudgedMeasurement | None, at: datetime) -> str:
        """Open a non-conformance, hold what builds on the failed operation. Its identifier."""
        row = self._floor.rows[order.id]
        below = disposition.downstream(self._specification.routing, order.key.sequence)
        last = self._floor.last_runs()
        begun = [sequence for sequence in below if sequence in last and last[sequence].state in BEGUN]
        decided = (
            disposition.for_scrap(self._specification.routing, self._specification.quality, order.key.sequence, begun)
            if characteristic is None
            else disposition.for_value(characteristic, begun)
        )
        raised = NonConformance(
            nonconformance=new_id("nonconformance"),
            order=row.order,
            plant=row.plant,
            key=order.key,
            measurement=measurement,
            disposition=decided.rule,
            restart=decided.restart,
            rework_s=decided.rework_s,
            raised_at=at,
        )
        self._store(raised, self._interrupted(order, below | set(decided.restart)))
        if characteristic is not None:
            order = replace(order, state=steps(order.state, S.HELD)[-1])
        self._floor.put(replace(order, nonconformance=raised.nonconformance, failed=True))
        for sequence in below | set(decided.restart):
            if sequence != order.key.sequence and sequence in last:
                self._hold(last[sequence], raised, discard=sequence in decided.restart)
        self._transaction.emit(NonConformanceRaised(order=row.order, plant=row.plant, nonconformance=raised))
        facts = {"disposition": decided.rule, "operation": str(order.key)}
        self._transaction.audit("nonconformance.raise", raised.nonconformance, plant=row.plant, facts=facts)
        return raised.nonconformance

    def held_by(self, sequence: int) -> str | None:
        """The open non-conformance that a new run of ``sequence`` must wait for.

        None when it is part of the repair, unless somebody is asked whether the piece may be used as it is.
        """
        for raised in self.open_nonconformances():
            if sequence in raised.content["restart"]:
                waits = raised.concession is not None
            else:
                waits = sequence in disposition.downstream(self._specification.routing, raised.sequence)
            if waits:
                return raised.id
        return None

    def _hold(self, order: WorkOrder, raised: NonConformance, discard: bool) -> None:
        if order.state in BEGUN:
            for state in (*steps(order.state, S.HELD), *((S.SCRAPPED,) if discard else ())):
                order = replace(order, state=state)
        elif order.state in WAITING:
            order = replace(order, state=S.HELD, nonconformance=raised.nonconformance, holder=None, lease_until=None)
        self._floor.put(order)

    def _interrupted(self, failed: WorkOrder, reached: Collection[int]) -> Interrupted:
        runs: dict[int, int] = {}
        for order in self._floor.orders.values():
            runs[order.key.sequence] = max(order.key.attempt, runs.get(order.key.sequence, 0))
        last = self._floor.last_runs()
        given_up = (last[sequence] for sequence in sorted(reached) if sequence in last and last[sequence].state in BEGUN)
        return Interrupted({failed.id: failed.state, **{run.id: run.state for run in given_up}}, runs)

    def _store(self, raised: NonConformance, interrupted: Interrupted) -> None:
        self._transaction.session.add(
            NonConformanceRow(
                id=raised.nonconformance,
                piece=raised.key.piece,
                order=raised.order,
                plant=raised.plant,
                sequence=raised.key.sequence,
                attempt=raised.key.attempt,
                content=raised.model_dump(mode="json"),
                interrupted=interrupted.stored(),
                raised_at=raised.raised_at,
            )
        )

    def _close(self, raised: NonConformanceRow, at: datetime) -> None:
        raised.state, raised.closed_at = "closed", at
        self._transaction.session.add(raised)
        self._transaction.session.flush()
        for order in list(self._floor.orders.values()):
            if order.nonconformance == raised.id and order.failed:
                given_up = order.state if order.state is S.SCRAPPED else moved(order.state, S.SCRAPPED)
                self._floor.put(replace(order, state=given_up, nonconformance=None))
        self.let_go(raised)
        self.tell_closed(raised, at)

    def tell_closed(self, raised: NonConformanceRow, at: datetime) -> None:
        self._transaction.emit(
            NonConformanceClosed(
                order=raised.order,
                plant=raised.plant,
                nonconformance=raised.id,
                piece=raised.piece,
                disposition=raised.content["disposition"],
                at=at,
            )
        )

    def let_go(self, raised: NonConformanceRow) -> None:
        """What waited for the non-conformance may start, unless it waits for another one too."""
        for order in list(self._floor.orders.values()):
            if order.nonconformance == raised.id and not order.failed:
                other = self.held_by(order.key.sequence)
                state = order.state if other is not None else moved(order.state, S.RELEASED)
                self._floor.put(replace(order, state=state, nonconformance=other))

    def open_nonconformances(self) -> Sequence[NonConformanceRow]:
        """Asked only when a work order still names one: a report on a sound piece pays nothing."""
        if all(order.nonconformance is None for order in self._floor.whole().orders.values()):
            return ()
        return self._transaction.session.exec(
            select(NonConformanceRow)
            .where(NonConformanceRow.piece == self._floor.piece.piece, NonConformanceRow.state == "open")
            .order_by(col(NonConformanceRow.id))
        ).all()

    def _finish_piece(self, at: datetime) -> None:
        piece = self._floor.piece
        if piece.completed_at is not None or not certificates.complete(self._specification, self._floor.states()):
            return
        if self.open_nonconformances():
            return
        session = self._transaction.session
        characteristics = {one.checkpoint: one for one in self._specification.quality}
        values = [
            judged(row, characteristics[row.checkpoint])
            for order in self._floor.orders.values()
            for row in _counting(self.measurements(order))
        ]
        raised = session.exec(
            select(NonConformanceRow.id)
            .where(NonConformanceRow.piece == piece.piece, NonConformanceRow.state != "withdrawn")
            .order_by(col(NonConformanceRow.id))
        ).all()
        record = certificates.certificate(
            new_id("certificate"),
            piece.order,
            piece.piece,
            self._specification,
            piece.specification_sha256,
            values,
            raised,
            certificates.traced(self._documents()),
            self._concessions() if raised else (),
            at,
        )
        lines.complete(self._transaction.connection, piece, record.model_dump(mode="json"), at)
        self._transaction.emit(PieceCompleted(order=piece.order, plant=piece.plant, piece=piece.piece, certificate=record, at=at))
        self._transaction.audit("piece.certify", piece.piece, plant=piece.plant, facts={"certificate": record.certificate})

    def _conceded(self) -> frozenset[str]:
        """Measurements of the piece that its customer accepted."""
        return frozenset(one.measurement for each in self._concessions() for one in each.measurements)

    def _concessions(self) -> list[Concession]:
        accepted = select(ConcessionRow.content).where(
            ConcessionRow.piece == self._floor.piece.piece, ConcessionRow.state == ConcessionState.ACCEPTED.value
        )
        found = self._transaction.session.exec(accepted.order_by(col(ConcessionRow.id))).all()
        return [Concession.model_validate(content) for content in found]

    def _documents(self) -> list[WorkOrderDocument]:
        """Under which the piece was made."""
        made = {order.id: order.revision for order in self._floor.orders.values() if order.state not in ENDED}
        rows = self._transaction.session.exec(select(RevisionRow).where(col(RevisionRow.work_order).in_(list(made)))).all()
        return [WorkOrderDocument.model_validate(row.document) for row in rows if row.revision == made[row.work_order]]


def _counting(rows: Sequence[MeasuredLine]) -> list[MeasuredLine]:
    """Those rows whose value counts."""
    current = {value.measurement for value in current_values(as_taken(row) for row in rows).values()}
    return [row for row in rows if row.id in current]
