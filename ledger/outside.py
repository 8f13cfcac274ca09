"""Messages to the outside (mail, work orders over a broker): queued in a transaction, claimed and sent by the relay."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from contracts.model import Contract, Instant
from ledger.columns import UtcInstant
from ledger.retry import ATTEMPTS, pause
from ledger.tables import OUTSIDE
from ledger.upsert import inserted

_REAL_NOW = bindparam("real_now", type_=UtcInstant)
_FREE = (
    select(OUTSIDE.c.seq)
    .where(
        OUTSIDE.c.channel == bindparam("channel"),
        or_(
            and_(OUTSIDE.c.state == "waiting", or_(OUTSIDE.c.retry_at.is_(None), OUTSIDE.c.retry_at <= _REAL_NOW)),
            and_(OUTSIDE.c.state == "claimed", OUTSIDE.c.lease_until < _REAL_NOW),
        ),
    )
    .order_by(OUTSIDE.c.seq)
    .limit(bindparam("count"))
)


class OutsideMessage(Contract):
    """A claimed message. ``key`` goes along as the message's id, so that the receiver can tell a repetition."""

    seq: int
    channel: str
    key: str
    content: dict[str, Any]
    fence: int
    attempts: int


def send(connection: Connection, channel: str, key: str, content: dict[str, Any], real_now: Instant) -> None:
    """Queue the message; (channel, key) once."""
    row = {"channel": channel, "key": key, "content": content, "state": "waiting", "attempts": 0, "fence": 0, "queued_at": real_now}
    inserted(connection, OUTSIDE, row)


def claim(connection: Connection, channel: str, count: int, lease: timedelta, real_now: Instant) -> list[OutsideMessage]:
    """Take up to ``count`` messages, oldest first; those of a relay whose lease ran out too. Commit before sending."""
    wanted = {"channel": channel, "real_now": real_now, "count": count}
    found = connection.execute(_FREE.with_for_update(skip_locked=True), wanted).scalars().all()
    if not found:
        return []
    taken = connection.execute(
        update(OUTSIDE)
        .where(OUTSIDE.c.seq.in_(found))
        .values(state="claimed", fence=OUTSIDE.c.fence + 1, lease_until=real_now + lease)
        .returning(*[OUTSIDE.c[name] for name in OutsideMessage.model_fields])
    )
    return sorted((OutsideMessage.model_validate(dict(row._mapping)) for row in taken), key=lambda message: message.seq)


def waits(connection: Connection, channel: str, real_now: Instant) -> bool:
    """Whether there is anything to claim; a look that takes no lock."""
    return connection.execute(_FREE, {"channel": channel, "real_now": real_now, "count": 1}).first() is not None


def hold(connection: Connection, messages: Sequence[OutsideMessage], lease: timedelta, real_now: Instant) -> None:
    """Keep the messages that are still ours while a slow receiver takes them."""
    for message in messages:
        connection.execute(update(OUTSIDE).where(_ours(message)).values(lease_until=real_now + lease))


def sent(connection: Connection, messages: Sequence[OutsideMessage], real_now: Instant) -> int:
    """Mark as sent what the receiver has confirmed; how many of them were still ours."""
    count = 0
    for message in messages:
        values = {"state": "sent", "sent_at": real_now, "lease_until": None, "error": None}
        count += connection.execute(update(OUTSIDE).where(_ours(message)).values(**values)).rowcount
    return count


def failed(connection: Connection, message: OutsideMessage, error: str, real_now: Instant) -> None:
    """Try again later, or park it after too many failures."""
    failures = message.attempts + 1
    state = "parked" if failures >= ATTEMPTS else "waiting"
    values = {"state": state, "attempts": failures, "retry_at": real_now + pause(failures), "lease_until": None, "error": error[:500]}
    connection.execute(update(OUTSIDE).where(_ours(message)).values(**values))


def _ours(message: OutsideMessage) -> Any:
    return and_(OUTSIDE.c.seq == message.seq, OUTSIDE.c.fence == message.fence, OUTSIDE.c.state == "claimed")
