"""How events leave a transaction: numbered in the order of commits, so that whoever reads them by number misses none."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, text

from contracts.events import Event
from contracts.model import Instant
from ledger.database import is_sqlite
from ledger.identifiers import new_id
from ledger.tables import EVENT

_COMMIT_ORDER = 0x4C6F744F
"""PostgreSQL's advisory lock that is held from the numbering of events to the commit."""


def append(connection: Connection, events: Sequence[Event], actor: str, at: Instant, real_at: Instant) -> None:
    """Write the events; the last statement before the commit.

    A sequence alone would let number 6 be seen while number 5 is not committed yet. SQLite has one writer at a time anyway.
    """
    if not is_sqlite(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COMMIT_ORDER})
    connection.execute(insert(EVENT), [_row(event, actor, at, real_at) for event in events])


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
