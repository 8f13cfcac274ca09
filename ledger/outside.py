"""Messages to the outside (mail, work orders over a broker): queued in a transaction, claimed and sent by the relay."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, or_, select, update

from contracts.model import Contract, Instant
from ledger.columns import UtcInstant
from ledger.retry import USUAL, Patience
from ledger.tables import OUTSIDE
from ledger.upsert import inserted

KEPT = timedelta(days=30)
"""How long a message that was sent can still be seen, and a second one of its key is not sent."""
LOOKED_AT = 500
NOT_TRIED = ""
"""A sender's reason for a message that it did not come to."""
_EARLIER = OUTSIDE.alias()
_REAL_NOW = bindparam("real_now", type_=UtcInstant)
_FREE = (
    select(OUTSIDE.c.seq)
    .where(
        OUTSIDE.c.channel == bindparam("channel"),
        or_(
            and_(OUTSIDE.c.state == "waiting", or_(OUTSIDE.c.retry_at.is_(None), OUTSIDE.c.retry_at <= _REAL_NOW)),
            and_(OUTSIDE.c.state == "claimed", OUTSIDE.c.lease_until < _REAL_NOW),
        ),
        ~exists(
            select(_EARLIER.c.seq).where(
                _EARLIER.c.channel == OUTSIDE.c.channel,
                _EARLIER.c.lane == OUTSIDE.c.lane,
                _EARLIER.c.seq < OUTSIDE.c.seq,
                _EARLIER.c.state != "sent",
            )
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


class Standing(Contract):
    """How a channel stands; times are real ones. ``waiting_since_at``: of the oldest message that waits."""

    waiting: int
    parked: int
    waiting_since_at: Instant | None
    last_sent_at: Instant | None


class Queued(Contract):
    """A message as it stands; ``error`` is what went wrong the last time."""

    key: str
    state: str
    attempts: int
    queued_at: Instant
    sent_at: Instant | None
    retry_at: Instant | None
    error: str | None


def send(connection: Connection, channel: str, key: str, content: dict[str, Any], real_now: Instant, lane: str | None = None) -> None:
    """Queue the message; (channel, key) once. It leaves when those before it in its lane are sent."""
    told = {"channel": channel, "key": key, "lane": lane, "content": content, "queued_at": real_now}
    row = told | {"state": "waiting", "attempts": 0, "fence": 0}
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


def failed(connection: Connection, message: OutsideMessage, error: str, real_now: Instant, patience: Patience = USUAL) -> None:
    """Try again later, or park it after too many failures."""
    failures = message.attempts + 1
    state = "parked" if failures >= patience.attempts else "waiting"
    retry_at = real_now + patience.jittered(failures)
    values = {"state": state, "attempts": failures, "retry_at": retry_at, "lease_until": None, "error": error[:500]}
    connection.execute(update(OUTSIDE).where(_ours(message)).values(**values))


def put_back(connection: Connection, message: OutsideMessage) -> None:
    """It was claimed and not tried: it waits as before."""
    connection.execute(update(OUTSIDE).where(_ours(message)).values(state="waiting", lease_until=None))


def standing(connection: Connection, channel: str) -> Standing:
    """What waits in a channel, and when it last got something out."""
    here, gone = OUTSIDE.c.channel == channel, OUTSIDE.c.state == "sent"
    counted = select(OUTSIDE.c.state, func.count(), func.min(OUTSIDE.c.queued_at)).group_by(OUTSIDE.c.state)
    rows = connection.execute(counted.where(here, OUTSIDE.c.state.in_(("waiting", "claimed", "parked")))).all()
    owed = [row for row in rows if row[0] != "parked"]
    return Standing(
        waiting=sum(row[1] for row in owed),
        parked=sum(row[1] for row in rows if row[0] == "parked"),
        waiting_since_at=min((row[2] for row in owed), default=None),
        last_sent_at=connection.execute(select(OUTSIDE.c.sent_at).where(here, gone).order_by(OUTSIDE.c.seq.desc()).limit(1)).scalar(),
    )


def latest(connection: Connection, channel: str, count: int) -> list[Queued]:
    """The last messages of a channel, newest first."""
    columns = [OUTSIDE.c[name] for name in Queued.model_fields]
    rows = connection.execute(select(*columns).where(OUTSIDE.c.channel == channel).order_by(OUTSIDE.c.seq.desc()).limit(count))
    return [Queued.model_validate(dict(row._mapping)) for row in rows]


def again(connection: Connection, channel: str) -> int:
    """Try everything of a channel that waits or is parked from now on, as if it had never failed; how many messages."""
    owed = update(OUTSIDE).where(OUTSIDE.c.channel == channel, OUTSIDE.c.state.in_(("waiting", "parked")))
    return connection.execute(owed.values(state="waiting", attempts=0, retry_at=None)).rowcount


def abandon(connection: Connection, channel: str) -> int:
    """Nobody is there any more: what was not sent is given up; how many messages."""
    return connection.execute(delete(OUTSIDE).where(OUTSIDE.c.channel == channel, OUTSIDE.c.state != "sent")).rowcount


def forget_sent(connection: Connection, real_now: Instant) -> int:
    """Remove what was sent longer than ``KEPT`` ago, letters with what they said of persons among it; how many messages.

    It looks at the oldest ``LOOKED_AT`` only, so that it costs the same however many there are.
    """
    oldest = connection.execute(select(OUTSIDE.c.seq).order_by(OUTSIDE.c.seq).limit(LOOKED_AT)).scalars().all()
    old = and_(OUTSIDE.c.seq.in_(oldest), OUTSIDE.c.state == "sent", OUTSIDE.c.sent_at < real_now - KEPT)
    return connection.execute(delete(OUTSIDE).where(old)).rowcount


def _ours(message: OutsideMessage) -> Any:
    return and_(OUTSIDE.c.seq == message.seq, OUTSIDE.c.fence == message.fence, OUTSIDE.c.state == "claimed")
