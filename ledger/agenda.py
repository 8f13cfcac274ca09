"""What is due at a moment of business or real time: scheduled in a transaction, run by the dispatcher."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update
from sqlalchemy.engine import Row

from contracts.model import Instant
from ledger.columns import UtcInstant
from ledger.quiet import AgendaClock
from ledger.retry import ATTEMPTS, pause
from ledger.tables import AGENDA
from ledger.upsert import insert_or_update

_NOW, _REAL_NOW = bindparam("now", type_=UtcInstant), bindparam("real_now", type_=UtcInstant)
_DUE = and_(
    AGENDA.c.state == "waiting",
    or_(AGENDA.c.retry_at.is_(None), AGENDA.c.retry_at <= _REAL_NOW),
    or_(
        and_(AGENDA.c.clock == "business", AGENDA.c.due_at <= _NOW),
        and_(AGENDA.c.clock == "real", AGENDA.c.due_at <= _REAL_NOW),
    ),
)
_DUE_KEYS = select(AGENDA.c.kind, AGENDA.c.key).where(_DUE).order_by(AGENDA.c.due_at, AGENDA.c.kind, AGENDA.c.key)
_CLAIMED = (
    select(AGENDA).where(AGENDA.c.kind == bindparam("kind"), AGENDA.c.key == bindparam("key"), _DUE).with_for_update(skip_locked=True)
)


def schedule(connection: Connection, kind: str, key: str, due_at: Instant, content: dict[str, Any], clock: AgendaClock) -> None:
    """Put (kind, key) on the agenda, in place of what stood there."""
    change = {"due_at": due_at, "clock": clock, "content": content, "state": "waiting", "attempts": 0, "retry_at": None, "error": None}
    connection.execute(insert_or_update(connection, AGENDA, {"kind": kind, "key": key, **change}, ("kind", "key"), change))


def unschedule(connection: Connection, kind: str, key: str) -> None:
    connection.execute(delete(AGENDA).where(AGENDA.c.kind == kind, AGENDA.c.key == key))


def due_keys(connection: Connection, kinds: Collection[str], now: Instant, real_now: Instant, count: int) -> list[tuple[str, str]]:
    """The (kind, key) that are due and not waiting for a retry, the longest due first."""
    due = connection.execute(_DUE_KEYS, {"now": now, "real_now": real_now}).all()
    return [(row.kind, row.key) for row in due if row.kind in kinds][:count]


def claim(connection: Connection, kind: str, key: str, now: Instant, real_now: Instant) -> Row[Any] | None:
    """Take a due row off the agenda in the transaction that does its work; None when another process has it or it moved."""
    row = connection.execute(_CLAIMED, {"kind": kind, "key": key, "now": now, "real_now": real_now}).first()
    if row is not None:
        unschedule(connection, kind, key)
    return row


def record_failure(connection: Connection, kind: str, key: str, attempts: int, error: str, real_now: Instant) -> None:
    """Try again later, or park after too many failures; unless the row was scheduled anew meanwhile."""
    failures = attempts + 1
    parked = failures >= ATTEMPTS
    values = {
        "attempts": failures,
        "state": "parked" if parked else "waiting",
        "retry_at": None if parked else real_now + pause(failures),
        "error": error,
    }
    same = and_(AGENDA.c.kind == kind, AGENDA.c.key == key, AGENDA.c.attempts == attempts)
    connection.execute(update(AGENDA).where(same).values(**values))
