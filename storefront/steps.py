"""The operations of an order as its customer follows them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from contracts.plan import OperationKey
from contracts.texts import Localised
from storefront.tables import StepRow

WAITING, RUNNING, PAUSED, DONE, REPEATED, WITHDRAWN = "waiting", "running", "paused", "done", "repeated", "withdrawn"


def step(session: Session, order: str, key: OperationKey, name: str) -> StepRow:
    """The step of the operation; a repeated operation is called what its first attempt was called."""
    found = session.get(StepRow, (key.piece, key.sequence, key.attempt))
    if found is not None:
        return found
    query = select(StepRow).where(StepRow.piece == key.piece, StepRow.sequence == key.sequence).order_by(col(StepRow.attempt))
    first = session.exec(query).first()
    label = first.label if first is not None else Localised(en=name, zh=name).model_dump()
    new = StepRow(piece=key.piece, sequence=key.sequence, attempt=key.attempt, order_id=order, label=label, state=WAITING)
    session.add(new)
    return new


def start(row: StepRow, at: datetime) -> None:
    if row.state != DONE:
        row.state, row.started_at = RUNNING, row.started_at or at


def pause(row: StepRow) -> None:
    if row.state == RUNNING:
        row.state = PAUSED


def complete(row: StepRow, at: datetime) -> None:
    row.state, row.started_at, row.completed_at = DONE, row.started_at or at, at


def repeat(session: Session, order: str, failed: OperationKey, sequences: tuple[int, ...]) -> None:
    """The operations run again as the next attempt; those not begun yet simply wait on."""
    for sequence in sequences:
        runs = _runs(session, failed.piece, sequence)
        last = next((run for run in reversed(runs) if run.state != WITHDRAWN), None)
        if last is None or (last.state == WAITING and sequence != failed.sequence):
            continue
        last.state = REPEATED
        attempt = runs[-1].attempt + 1
        session.add(StepRow(piece=failed.piece, sequence=sequence, attempt=attempt, order_id=order, label=last.label, state=WAITING))


def go_on(session: Session, key: OperationKey) -> None:
    """The operation need not run again: it is as far as it was, its next attempt is not made."""
    for run in _runs(session, key.piece, key.sequence):
        if run.attempt == key.attempt:
            run.state = DONE if run.completed_at is not None else RUNNING if run.started_at is not None else WAITING
        elif run.attempt > key.attempt:
            run.state = WITHDRAWN


def _runs(session: Session, piece: str, sequence: int) -> Sequence[StepRow]:
    query = select(StepRow).where(StepRow.piece == piece, StepRow.sequence == sequence)
    return session.exec(query.order_by(col(StepRow.attempt))).all()


def label_of(row: StepRow) -> Localised:
    return Localised.model_validate(row.label)
