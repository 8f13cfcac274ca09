"""How the plan's released operations become work orders, and how they are revised and taken back."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from contracts.events import OperationsReleased, OperationsWithdrawn, OrderCancelled
from contracts.plan import ReleasedOperation
from contracts.ports import Transaction
from contracts.work_order import WorkOrderState, moved
from ledger.identifiers import new_id
from ledger.unit_of_work import LedgerTransaction, ledger_transaction
from mes_bridge.consequences import Consequences
from mes_bridge.engine.withdrawal import Interrupted
from mes_bridge.engine.work_order_document import document
from mes_bridge.engine.work_orders import WAITING, WorkOrder, revise
from mes_bridge.floor import Floor, SpecificationShelf, after_of
from mes_bridge.pending import Pending
from mes_bridge.revisions import Revisions
from mes_bridge.tables import MachineRow, NonConformanceRow, PieceRow, RevisionRow, WorkOrderRow

S = WorkOrderState
_KNOWN_MACHINES = select_columns(col(MachineRow.machine)).where(col(MachineRow.machine).in_(bindparam("machines", expanding=True)))


class Releasing:
    def __init__(self, shelf: SpecificationShelf, revisions: Revisions) -> None:
        self._shelf = shelf
        self._revisions = revisions

    def release(self, transaction: Transaction, event: OperationsReleased) -> None:
        """New work orders, or a raised revision of known ones. The same event again changes nothing."""
        ledger = ledger_transaction(transaction)
        pieces: dict[str, list[ReleasedOperation]] = {}
        for operation in event.operations:
            pieces.setdefault(operation.key.piece, []).append(operation)
        for piece, operations in sorted(pieces.items()):
            self._release_piece(ledger, piece, sorted(operations, key=lambda one: (one.key.sequence, one.key.attempt)))

    def withdraw(self, transaction: Transaction, event: OperationsWithdrawn) -> None:
        """Work orders that must not be made any more; what is finished stays as it is."""
        ledger = ledger_transaction(transaction)
        for piece in sorted({key.piece for key in event.keys}):
            floor = Floor.of_piece(ledger.session, piece)
            if floor is None:
                continue
            for key in event.keys:
                order = floor.find(key)
                if order is not None:
                    self._cancel(ledger, floor, order)
            self._revisions.save(floor)

    def cancel_order(self, transaction: Transaction, event: OrderCancelled) -> None:
        """Every work order of the order's pieces ends, and with it what was open about them."""
        ledger = ledger_transaction(transaction)
        for piece in ledger.session.exec(select(PieceRow.piece).where(PieceRow.order == event.order).order_by(col(PieceRow.piece))).all():
            floor = Floor.of_piece(ledger.session, piece)
            if floor is None or floor.piece.completed_at is not None:
                continue
            floor.piece.cancelled = True
            ledger.session.add(floor.piece)
            for order in list(floor.orders.values()):
                complete = order.state is S.COMPLETED
                self._cancel(ledger, floor, replace(order, state=moved(order.state, S.HELD)) if complete else order)
            self._revisions.save(floor)
            for raised in ledger.session.exec(
                select(NonConformanceRow).where(NonConformanceRow.piece == piece, NonConformanceRow.state == "open")
            ).all():
                raised.state, raised.closed_at = "void", event.at
                ledger.session.add(raised)
                Pending(ledger, floor, Consequences(ledger, floor, self._shelf.take(floor.piece.specification_sha256))).lapse(raised)

    def _release_piece(self, ledger: LedgerTransaction, piece: str, operations: list[ReleasedOperation]) -> None:
        first = operations[0]
        floor = Floor.of_piece(ledger.session, piece)
        if floor is None:
            row = PieceRow(piece=piece, order=first.order, plant=first.plant, specification_sha256=first.specification_sha256)
            ledger.session.add(row)
            floor = Floor(ledger.session, row, ()).whole()
        if floor.piece.cancelled:
            return
        ended = False
        for operation in operations:
            known = floor.find(operation.key)
            if known is None and self._is_withdrawn(floor, operation):
                continue
            if known is None:
                ended |= self._add(ledger, floor, operation)
            elif operation.revision > known.revision:
                ended |= self._raise(ledger, floor, known, operation)
        self._know_machines(ledger, operations)
        self._revisions.save(floor) if ended else floor.save()

    def _is_withdrawn(self, floor: Floor, operation: ReleasedOperation) -> bool:
        """Whether it is the rework or remake of a non-conformance that needed none before its work orders came here."""
        before = floor.last_runs().get(operation.key.sequence)
        if before is None or before.failed or before.state is S.SCRAPPED:
            return False
        over = select(NonConformanceRow).where(
            NonConformanceRow.piece == operation.key.piece, col(NonConformanceRow.state).in_(("withdrawn", "closed"))
        )
        needless = (row for row in floor.session.exec(over).all() if row.state == "withdrawn" or row.content["disposition"] == "use_as_is")
        return any(before.id in Interrupted.read(row.interrupted).begun for row in needless)

    def _add(self, ledger: LedgerTransaction, floor: Floor, operation: ReleasedOperation) -> bool:
        """A new work order; whether a revision of an earlier run ended by that."""
        specification = self._shelf.take(operation.specification_sha256)
        held = Consequences(ledger, floor, specification).held_by(operation.key.sequence)
        ended = False
        for older in list(floor.orders.values()):
            if older.key.sequence == operation.key.sequence and older.key.attempt < operation.key.attempt:
                ended |= self._replace(ledger, floor, older)
        row = WorkOrderRow(
            id=new_id("work_order"),
            piece=operation.key.piece,
            sequence=operation.key.sequence,
            attempt=operation.key.attempt,
            order=operation.order,
            plant=operation.plant,
            name=operation.name,
            label=operation.label.model_dump(),
            machine_group=operation.machine_group,
            machine=operation.machine,
            planned_start_at=operation.planned_start_at,
            planned_end_at=operation.planned_end_at,
            after=after_of(operation.after),
            revision=operation.revision,
            state=S.HELD if held is not None else S.RELEASED,
            nonconformance=held,
        )
        floor.add(row)
        self._revisions.keep(ledger, row, document(row.id, operation, specification), "current")
        return ended

    def _raise(self, ledger: LedgerTransaction, floor: Floor, known: WorkOrder, operation: ReleasedOperation) -> bool:
        """A raised revision; whether the one before ended by that."""
        row = floor.rows[known.id]
        content = document(known.id, operation, self._shelf.take(operation.specification_sha256))
        put_aside = ledger.session.get(RevisionRow, (known.id, operation.revision))
        if known.state not in WAITING and known.state is not S.HELD:
            if put_aside is None:
                self._revisions.keep(ledger, row, content, "too_late")
            return False
        if put_aside is not None:
            ledger.session.delete(put_aside)
            ledger.session.flush()
        self._revisions.end(ledger, row, "superseded")
        floor.put(revise(known, operation.revision, operation.after, operation.machine_group))
        row.machine = operation.machine
        row.planned_start_at = operation.planned_start_at
        row.planned_end_at = operation.planned_end_at
        self._revisions.keep(ledger, row, content, "current")
        return True

    def _replace(self, ledger: LedgerTransaction, floor: Floor, older: WorkOrder) -> bool:
        """An earlier run that was never begun makes room for the later one."""
        if older.state not in WAITING:
            return False
        self._revisions.end(ledger, floor.rows[older.id], "superseded")
        floor.put(replace(older, state=moved(older.state, S.SUPERSEDED), holder=None, lease_until=None))
        return True

    def _cancel(self, ledger: LedgerTransaction, floor: Floor, order: WorkOrder) -> None:
        if order.state in {S.CLOSED, S.COMPLETED, S.SCRAPPED, S.SUPERSEDED, S.CANCELLED}:
            return
        self._revisions.end(ledger, floor.rows[order.id], "cancelled")
        # What waits for an answer without having begun is no scrap.
        begun = order.failed or floor.rows[order.id].started_at is not None
        wanted = S.SCRAPPED if order.state is S.HELD and begun else S.CANCELLED
        waits_for = order.nonconformance if order.failed else None
        floor.put(replace(order, state=moved(order.state, wanted), holder=None, lease_until=None, nonconformance=waits_for))

    def _know_machines(self, ledger: LedgerTransaction, operations: Sequence[ReleasedOperation]) -> None:
        groups = {operation.machine: operation.machine_group for operation in operations}
        known = ledger.connection.execute(_KNOWN_MACHINES, {"machines": list(groups)}).scalars()
        unknown = groups.keys() - set(known)
        for machine in sorted(unknown):
            ledger.session.add(MachineRow(machine=machine, plant=operations[0].plant, machine_group=groups[machine]))
        if unknown:
            ledger.session.flush()
