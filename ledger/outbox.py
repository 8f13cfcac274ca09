"""How events leave a transaction: numbered in the order of commits, so that whoever reads them by number misses none."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, exists, func, insert, literal, select, text

from contracts.events import Event
from contracts.model import Instant
from ledger.database import is_sqlite
from ledger.identifiers import new_id
from ledger.tables import EVENT, INBOX

_COMMIT_ORDER = 0x4C6F744F
"""PostgreSQL's advisory lock that is held from the numbering of events to the commit."""
_IN_COMMIT_ORDER = text("SELECT pg_advisory_xact_lock(:key)")
_APPENDED = insert(EVENT)


def append(connection: Connection, events: Sequence[Event], actor: str, at: Instant, real_at: Instant) -> None:
    """Write the events; the last statement before the commit.

    A sequence alone would let number 6 be seen while number 5 is not committed yet. SQLite has one writer at a time anyway.
    """
    if not is_sqlite(connection):
        connection.execute(_IN_COMMIT_ORDER, {"key": _COMMIT_ORDER})
    connection.execute(_APPENDED, [_row(event, actor, at, real_at) for event in events])


def taken[E: Event](connection: Connection, aggregate: str, room: str, types: Sequence[type[E]]) -> list[tuple[Instant, E]]:
    """The aggregate's events of these types that ``room``'s subscriptions (``room.event_type``) took, in order, with business time."""
    by_type = {kind.type: kind for kind in types}
    consumer = literal(f"{room}.") + func.replace(EVENT.c.type, ".", "_")
    effect = exists(select(INBOX.c.message).where(INBOX.c.consumer == consumer, INBOX.c.message == EVENT.c.id))
    query = select(EVENT.c.at, EVENT.c.type, EVENT.c.content).where(EVENT.c.aggregate == aggregate, EVENT.c.type.in_(by_type), effect)
    return [(row.at, by_type[row.type].model_validate(row.content)) for row in connection.execute(query.order_by(EVENT.c.seq))]


def _row(event: Event, actor: str, at: Instant, real_at: Instant) -> dict[str, Any]:
    return {
        "id": new_id("event"),
        "type": event.type,
        "aggregate": event.aggregate,
        "content": event.model_dump(mode="json"),
        "actor": actor,
        "at": at,
        "real_at": real_at,
    }
