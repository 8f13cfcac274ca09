"""What was given up after too many failures: shown, tried again, or dropped by somebody's decision."""

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Row
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session

from contracts.model import Contract
from contracts.problems import NotFound
from ledger import inbox
from ledger.tables import AGENDA, DELIVERY, EVENT, OUTSIDE

if TYPE_CHECKING:
    from ledger.unit_of_work import LedgerTransaction

Queue = Literal["delivery", "agenda", "outside"]


class Parked(Contract):
    """A piece of parked work; ``id`` names it on the command line."""

    id: str
    queue: Queue
    what: str
    """Subscription, agenda kind or channel."""
    subject: str
    """Aggregate of the event, key of the agenda row or of the message."""
    attempts: int
    error: str


def parked(session: Session) -> list[Parked]:
    """Everything parked, in the order in which it came."""
    connection = session.connection()
    events = select(DELIVERY).where(DELIVERY.c.state == "parked").order_by(DELIVERY.c.seq, DELIVERY.c.subscription)
    due = select(AGENDA).where(AGENDA.c.state == "parked").order_by(AGENDA.c.kind, AGENDA.c.key)
    messages = select(OUTSIDE).where(OUTSIDE.c.state == "parked").order_by(OUTSIDE.c.seq)
    return [
        *(
            _parked(f"delivery:{row.seq}:{row.subscription}", "delivery", row.subscription, row.aggregate, row)
            for row in connection.execute(events)
        ),
        *(_parked(f"agenda:{row.kind}:{row.key}", "agenda", row.kind, row.key, row) for row in connection.execute(due)),
        *(_parked(f"outside:{row.seq}", "outside", row.channel, row.key, row) for row in connection.execute(messages)),
    ]


def replay(transaction: "LedgerTransaction", identifier: str) -> None:
    """Try it again from now on, as if it had never failed. Raises NotFound when nothing of this id is parked."""
    queue, condition = _find(identifier)
    table = {"delivery": DELIVERY, "agenda": AGENDA, "outside": OUTSIDE}[queue]
    again = update(table).where(condition, table.c.state == "parked").values(state="waiting", attempts=0, retry_at=None)
    if transaction.session.connection().execute(again).rowcount != 1:
        raise NotFound("parked", identifier)
    transaction.audit("parked.replay", identifier)


def drop(transaction: "LedgerTransaction", identifier: str) -> None:
    """Give it up for good; what waited behind it goes on. Raises NotFound when nothing of this id is parked."""
    queue, condition = _find(identifier)
    connection = transaction.session.connection()
    table = {"delivery": DELIVERY, "agenda": AGENDA, "outside": OUTSIDE}[queue]
    if queue == "delivery":
        query = select(EVENT.c.id, DELIVERY.c.subscription).join(EVENT, EVENT.c.seq == DELIVERY.c.seq).where(condition)
        for row in connection.execute(query).all():
            inbox.take(connection, row.subscription, row.id, transaction.real_now, outcome="dropped")
    if connection.execute(delete(table).where(condition, table.c.state == "parked")).rowcount != 1:
        raise NotFound("parked", identifier)
    transaction.audit("parked.drop", identifier)


def _parked(identifier: str, queue: Queue, what: str, subject: str, row: Row[Any]) -> Parked:
    return Parked(id=identifier, queue=queue, what=what, subject=subject, attempts=row.attempts, error=row.error or "")


def _find(identifier: str) -> tuple[str, ColumnElement[bool]]:
    queue, _, rest = identifier.partition(":")
    first, _, second = rest.partition(":")
    if queue == "delivery" and first.isdigit():
        return queue, (DELIVERY.c.seq == int(first)) & (DELIVERY.c.subscription == second)
    if queue == "agenda":
        return queue, (AGENDA.c.kind == first) & (AGENDA.c.key == second)
    if queue == "outside" and first.isdigit():
        return queue, OUTSIDE.c.seq == int(first)
    raise NotFound("parked", identifier)
