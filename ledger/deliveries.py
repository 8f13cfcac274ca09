"""Which events a subscription still awaits, and which of them may be delivered now without breaking an aggregate's order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, func, insert, or_, select, tuple_, update

from contracts.model import Instant
from ledger.columns import UtcInstant
from ledger.database import is_sqlite
from ledger.retry import ATTEMPTS, pause
from ledger.tables import DELIVERY, EVENT, INBOX

_FINISHED = delete(DELIVERY).where(tuple_(DELIVERY.c.subscription, DELIVERY.c.seq).in_(bindparam("keys", expanding=True)))


@dataclass(frozen=True)
class Delivery:
    """An event on its way to a subscription."""

    subscription: str
    seq: int
    aggregate: str
    attempts: int
    event: str
    content: dict[str, Any]
    taken: bool
    """The inbox has it already: it was delivered before and came again."""


def ready(connection: Connection, subscriptions: Sequence[str], real_now: Instant, count: int) -> list[Delivery]:
    """Lock up to ``count`` deliveries in the order of events, none before an earlier one of its (subscription, aggregate)."""
    wanted = {"subscriptions": list(subscriptions), "real_now": real_now, "count": count}
    locked = [_delivery(row) for row in connection.execute(_READY, wanted)]
    return locked if is_sqlite(connection) else _without_followers_of_others(connection, locked)


def ready_alone(connection: Connection, wanted: Delivery) -> Delivery | None:
    """Lock this one delivery; None when it is done, parked, in other hands, or an earlier one of its aggregate is not done."""
    earlier = DELIVERY.alias("earlier")
    behind = exists(
        select(earlier.c.seq).where(
            earlier.c.subscription == wanted.subscription, earlier.c.aggregate == wanted.aggregate, earlier.c.seq < wanted.seq
        )
    )
    mine = and_(DELIVERY.c.subscription == wanted.subscription, DELIVERY.c.seq == wanted.seq, DELIVERY.c.state == "waiting")
    row = connection.execute(_query().where(mine, ~behind)).first()
    return None if row is None else _delivery(row)


def finish(connection: Connection, done: Sequence[Delivery], real_now: Instant) -> None:
    """Write the inbox rows and take the deliveries away, in the transaction of the effects."""
    rows = [
        {"consumer": delivery.subscription, "message": delivery.event, "outcome": "done", "real_at": real_now}
        for delivery in done
        if not delivery.taken
    ]
    if rows:
        connection.execute(insert(INBOX), rows)
    keys = [(delivery.subscription, delivery.seq) for delivery in done]
    connection.execute(_FINISHED, {"keys": keys})


def record_failure(connection: Connection, failed: Delivery, error: str, real_now: Instant) -> bool:
    """Try again later or park; True when it is parked now."""
    failures = failed.attempts + 1
    parked = failures >= ATTEMPTS
    values = {
        "attempts": failures,
        "state": "parked" if parked else "waiting",
        "retry_at": None if parked else real_now + pause(failures),
        "error": error,
    }
    same = and_(
        DELIVERY.c.subscription == failed.subscription,
        DELIVERY.c.seq == failed.seq,
        DELIVERY.c.state == "waiting",
        DELIVERY.c.attempts == failed.attempts,
    )
    return connection.execute(update(DELIVERY).where(same).values(**values)).rowcount == 1 and parked


def _query() -> Select[Any]:
    delivery = (DELIVERY.c.subscription, DELIVERY.c.seq, DELIVERY.c.aggregate, DELIVERY.c.attempts)
    taken = and_(INBOX.c.consumer == DELIVERY.c.subscription, INBOX.c.message == EVENT.c.id)
    query = select(*delivery, EVENT.c.id, EVENT.c.content, INBOX.c.message.is_not(None).label("taken")).select_from(DELIVERY)
    query = query.join(EVENT, EVENT.c.seq == DELIVERY.c.seq).join(INBOX, taken, isouter=True)
    return query.with_for_update(of=DELIVERY, skip_locked=True)


def _ready() -> Select[Any]:
    """Waiting deliveries that no earlier one of their (subscription, aggregate) holds up."""
    failed = (
        select(DELIVERY.c.subscription, DELIVERY.c.aggregate, func.min(DELIVERY.c.seq).label("seq"))
        .where(DELIVERY.c.attempts > 0, or_(DELIVERY.c.state == "parked", DELIVERY.c.retry_at > bindparam("real_now", type_=UtcInstant)))
        .group_by(DELIVERY.c.subscription, DELIVERY.c.aggregate)
        .subquery("failed")
    )
    behind = and_(failed.c.subscription == DELIVERY.c.subscription, failed.c.aggregate == DELIVERY.c.aggregate)
    query = (
        _query()
        .join(failed, behind, isouter=True)
        .where(
            DELIVERY.c.state == "waiting",
            DELIVERY.c.subscription.in_(bindparam("subscriptions", expanding=True)),
            or_(failed.c.seq.is_(None), DELIVERY.c.seq < failed.c.seq),
        )
    )
    return query.order_by(DELIVERY.c.seq, DELIVERY.c.subscription).limit(bindparam("count"))


_READY = _ready()
"""Written once: composing it costs more than running it."""


def _delivery(row: Any) -> Delivery:
    return Delivery(row.subscription, row.seq, row.aggregate, row.attempts, row.id, row.content, bool(row.taken))


def _without_followers_of_others(connection: Connection, locked: list[Delivery]) -> list[Delivery]:
    """Cut each (subscription, aggregate) where a row that another dispatcher holds stands between (or before) ours.

    Read after locking: a row that the other one has finished meanwhile is gone, any other still stands here.
    """
    if not locked:
        return []
    groups = list({(delivery.subscription, delivery.aggregate) for delivery in locked})
    present = connection.execute(
        select(DELIVERY.c.subscription, DELIVERY.c.aggregate, DELIVERY.c.seq).where(
            tuple_(DELIVERY.c.subscription, DELIVERY.c.aggregate).in_(groups), DELIVERY.c.seq <= locked[-1].seq
        )
    )
    ours = {(delivery.subscription, delivery.seq) for delivery in locked}
    cut: dict[tuple[str, str], int] = {}
    for row in present:
        if (row.subscription, row.seq) not in ours:
            group = (row.subscription, row.aggregate)
            cut[group] = min(row.seq, cut.get(group, row.seq))
    return [
        delivery for delivery in locked if (limit := cut.get((delivery.subscription, delivery.aggregate))) is None or delivery.seq < limit
    ]
