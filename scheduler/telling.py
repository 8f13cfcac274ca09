"""When is a customer told that the promised date moves? Later: at once. That it holds again: when that has stood for a while."""

from datetime import timedelta

from sqlmodel import Session, col, select

from contracts.events import PromiseChanged
from contracts.texts import Message
from ledger.tables import EventRow
from ledger.unit_of_work import LedgerTransaction
from scheduler.engine.delivery import promised_at
from scheduler.engine.operations import instant
from scheduler.engine.plant import Plant
from scheduler.tables import ReservationRow

HOLDS_AGAIN = "scheduler.holds_again"
"""Agenda kind: the promise, told as moved, has held again for as long as plans are frozen; key: the order."""
RECOVERED = Message(id="scheduler.cause.recovered")
REPLANNED = Message(id="scheduler.cause.replanned")
"""A plan gives the orders' slack to those that need it."""
BY_HAND = Message(id="scheduler.cause.planner")
"""A planner changed the plan."""
OVERDUE = Message(id="scheduler.cause.overdue")
"""Something has not begun or ended by now; nobody has said why."""


def tell(transaction: LedgerTransaction, plant: Plant, row: ReservationRow, before_s: int, cause: Message, sooner: Message | None) -> None:
    """The order's planned finish changed; ``before_s``: what it was.

    The new date is the plan's finish and delivery. A later one is told at once, with what cost the order most since a date was last told:
    a part made again may have used up the time that a small delay then lacks. An earlier one is told at once when
    ``sooner`` says why; else only that the promise holds again, and that when it has stood for the frozen horizon: in that time no plan
    moves what it rests on, so that a customer does not hear of a date that is gone with the next report.
    """
    recovering = _recovers(plant, row, before_s)
    wanted = date_s(plant, row)
    _note_setback(row, row.finish_s - before_s, cause)
    if wanted > row.told_s:
        say(transaction, row, wanted, cause if row.setback is None else Message.model_validate_json(row.setback))
    elif wanted < row.told_s and sooner is not None:
        say(transaction, row, wanted, sooner)
    recovers = _recovers(plant, row, row.finish_s)
    if recovers and not recovering:
        transaction.schedule(
            HOLDS_AGAIN, row.order, transaction.now + timedelta(hours=plant.planning.frozen_horizon_h), {"order": row.order}
        )
    elif recovering and not recovers:
        transaction.unschedule(HOLDS_AGAIN, row.order)


def tell_what_stands(transaction: LedgerTransaction, plant: Plant, row: ReservationRow) -> bool:
    """The promise holds again and will: the customer hears it, unless told already. False when there is nothing to tell."""
    if not _recovers(plant, row, row.finish_s):
        return False
    say(transaction, row, row.promised_s, RECOVERED)
    transaction.unschedule(HOLDS_AGAIN, row.order)
    return True


def date_s(plant: Plant, row: ReservationRow) -> int:
    """The date that the customer gets: never earlier than promised."""
    return max(promised_at(plant, row.finish_s, row.country), row.promised_s)


def say(transaction: LedgerTransaction, row: ReservationRow, wanted_s: int, cause: Message) -> None:
    told, row.told_s = row.told_s, wanted_s
    row.setback_s, row.setback = 0, None
    transaction.emit(
        PromiseChanged(
            order=row.order,
            plant=row.plant,
            old_promised_at=instant(told),
            new_promised_at=instant(wanted_s),
            cause=cause,
            at=transaction.now,
        )
    )


def last_told(session: Session, order: str) -> Message | None:
    """The cause that the order's customer was last told of; None when nothing was ever told."""
    changes = select(EventRow.content).where(EventRow.aggregate == order, EventRow.type == PromiseChanged.type)
    content = session.exec(changes.order_by(col(EventRow.seq).desc()).limit(1)).first()
    return PromiseChanged.model_validate(content).cause if content is not None else None


def _note_setback(row: ReservationRow, lost_s: int, cause: Message) -> None:
    """Keep the largest of those that explain something by themselves."""
    if lost_s > row.setback_s and cause not in (REPLANNED, OVERDUE):
        row.setback_s, row.setback = lost_s, cause.model_dump_json()
    elif lost_s < 0 < row.setback_s:
        row.setback_s = max(0, row.setback_s + lost_s)
        row.setback = row.setback if row.setback_s else None


def _recovers(plant: Plant, row: ReservationRow, finish_s: int) -> bool:
    """Whether with this finish the promise holds, though the customer was told that it moved."""
    return row.told_s > row.promised_s and promised_at(plant, finish_s, row.country) <= row.promised_s
