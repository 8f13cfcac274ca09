"""Which stations do persons work at? Machine clients leave the work of such a station alone until its person goes."""

from datetime import timedelta
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col, select

from contracts.problems import NotFound
from contracts.work_order import WorkOrderState
from ledger.unit_of_work import LedgerTransaction
from mes_bridge.engine.work_orders import WAITING, left_to_persons
from mes_bridge.floor import as_work_order, write
from mes_bridge.lines import having, number
from mes_bridge.tables import WORK_ORDER, MachineRow, PieceRow, WorkOrderRow

GONE = "mes_bridge.person_gone"
"""On the agenda: look whether the person is still at the station. Key: the machine."""
STAYS = timedelta(minutes=5)
"""Real time after a person's last entry during which the station is theirs; longer while something is in hand."""
_IN_HAND = (WorkOrderState.IN_PROGRESS.value, WorkOrderState.PAUSED.value)


def attend(transaction: LedgerTransaction, machine: str) -> None:
    """The actor works at the station from now on; what clients hold of it unbegun is taken back. Raises NotFound."""
    row = _machine(transaction.session, machine)
    _stay(transaction, machine)
    if row.attended_by == transaction.actor.id:
        return
    row.attended_by = transaction.actor.id
    transaction.session.add(row)
    _take_back(transaction, machine)
    transaction.audit("station.attend", machine, plant=row.plant)


def stay(transaction: LedgerTransaction, machine: str) -> None:
    """The actor has entered something: if the station is theirs, it stays theirs for a while."""
    if _machine(transaction.session, machine).attended_by == transaction.actor.id:
        _stay(transaction, machine)


def leave(transaction: LedgerTransaction, machine: str) -> None:
    """Nobody works at the station; clients may have its work again. Raises NotFound."""
    row = _machine(transaction.session, machine)
    if row.attended_by is None:
        return
    row.attended_by = None
    transaction.session.add(row)
    transaction.unschedule(GONE, machine)
    transaction.audit("station.leave", machine, plant=row.plant)
    free = and_(WORK_ORDER.c.machine == machine, WORK_ORDER.c.state == WorkOrderState.RELEASED.value)
    number(transaction.connection, having(transaction.connection, free, lock=True))


def look_after(transaction: LedgerTransaction, content: dict[str, Any]) -> None:
    """Agenda: the person has entered nothing for a while. With something in hand they are still there."""
    machine = content["machine"]
    person = _machine(transaction.session, machine).attended_by
    in_hand = select(WorkOrderRow.id).where(
        WorkOrderRow.machine == machine, col(WorkOrderRow.state).in_(_IN_HAND), WorkOrderRow.holder == person
    )
    if transaction.session.exec(in_hand).first() is None:
        leave(transaction, machine)
    else:
        _stay(transaction, machine)


def _stay(transaction: LedgerTransaction, machine: str) -> None:
    transaction.schedule(GONE, machine, transaction.real_now + STAYS, {"machine": machine}, clock="real")


def _take_back(transaction: LedgerTransaction, machine: str) -> None:
    """Free what machine clients hold of the station and have not begun; their fence is stale from now on."""
    session = transaction.session
    unbegun = and_(WORK_ORDER.c.machine == machine, WORK_ORDER.c.state.in_([state.value for state in WAITING]))
    pieces = (
        select(PieceRow).join(WorkOrderRow, col(WorkOrderRow.piece) == col(PieceRow.piece)).where(unbegun).order_by(col(PieceRow.piece))
    )
    session.exec(pieces.with_for_update(of=PieceRow)).all()
    rows = [row for row in having(transaction.connection, unbegun) if row.holder is not None]
    for row in rows:
        write(left_to_persons(as_work_order(row)), row)
    session.flush()
    number(transaction.connection, rows)


def _machine(session: Session, machine: str) -> MachineRow:
    row = session.get(MachineRow, machine)
    if row is None:
        raise NotFound("machine", machine)
    return row
