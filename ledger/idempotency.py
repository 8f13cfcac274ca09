"""How a repeated request gets the first one's answer: claims, stored answers, and the mark that an effect is durable.

The web wiring calls ``claim`` before a request with an ``Idempotency-Key``, runs the request ``within`` the claim, and then
``store`` or ``abandon``. A transaction committed within the claim marks the key in the same commit, so that a crash between
commit and answer cannot lead to a second effect.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update
from sqlmodel import Session

from contracts.model import Contract, Instant, canonical_json
from contracts.problems import IdempotencyInFlight, IdempotencyMismatch
from ledger.tables import ANSWER
from ledger.upsert import inserted

KEPT = timedelta(days=7)
LEASE = timedelta(seconds=10)
"""A first request that gives no answer for so long has died; another may take its place. One that lives cannot commit any more."""


class Claim(Contract):
    """This request is the one to be answered."""

    principal: str
    key: str
    fence: int


class StoredAnswer(Contract):
    """The answer given before."""

    status: int
    headers: dict[str, str]
    body: bytes


_current: ContextVar[Claim | None] = ContextVar("idempotency_claim", default=None)


def claim(session: Session, principal: str, key: str, body_sha256: str, real_now: Instant) -> Claim | StoredAnswer:
    """Claim the key or find its answer; in a transaction of its own.

    Raises IdempotencyMismatch for another body, IdempotencyInFlight while the first request is being answered.
    """
    connection = session.connection()
    lease = real_now + LEASE
    connection.execute(delete(ANSWER).where(ANSWER.c.principal == principal, ANSWER.c.key == key, ANSWER.c.expires_at < real_now))
    row = {"principal": principal, "key": key, "body_sha256": body_sha256, "fence": 1, "lease_until": lease, "committed": False}
    if inserted(connection, ANSWER, {**row, "expires_at": real_now + KEPT}):
        return Claim(principal=principal, key=key, fence=1)
    found = connection.execute(select(ANSWER).where(ANSWER.c.principal == principal, ANSWER.c.key == key).with_for_update()).one()
    if found.body_sha256 != body_sha256:
        raise IdempotencyMismatch
    if found.status is not None:
        return StoredAnswer(status=found.status, headers=found.headers, body=found.body)
    if found.lease_until > real_now:
        raise IdempotencyInFlight
    if found.committed:
        body = canonical_json(found.outcome or {}).encode()
        return StoredAnswer(status=200, headers={"Content-Type": "application/json"}, body=body)
    mine = Claim(principal=principal, key=key, fence=found.fence + 1)
    connection.execute(update(ANSWER).where(_held(mine, -1)).values(fence=mine.fence, lease_until=lease))
    return mine


@contextmanager
def within(mine: Claim) -> Iterator[None]:
    """Transactions opened inside belong to the claim."""
    token = _current.set(mine)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def set_aside() -> Iterator[None]:
    """Transactions opened inside are steps on the way, not yet the effect: a repeated request must run again and find them."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def mark_committed(connection: Connection, outcome: dict[str, Any] | None) -> None:
    """Within a claim: record, in the transaction of the effect, that it happened. Raises IdempotencyInFlight when the claim was lost."""
    mine = _current.get()
    if mine is None:
        return
    values: dict[str, Any] = {"committed": True} if outcome is None else {"committed": True, "outcome": outcome}
    if connection.execute(update(ANSWER).where(_held(mine)).values(**values)).rowcount != 1:
        raise IdempotencyInFlight


def store(session: Session, mine: Claim, status: int, headers: dict[str, str], body: bytes) -> None:
    """Keep the answer for 7 days."""
    session.connection().execute(update(ANSWER).where(_held(mine)).values(status=status, headers=headers, body=body))


def abandon(session: Session, mine: Claim) -> None:
    """The request failed without any effect (5xx, rate limit): the key is free again."""
    session.connection().execute(delete(ANSWER).where(_held(mine), ANSWER.c.committed.is_(False)))


def forget_expired(session: Session, real_now: Instant) -> int:
    """Drop the answers older than 7 days."""
    return session.connection().execute(delete(ANSWER).where(ANSWER.c.expires_at < real_now)).rowcount


def _held(mine: Claim, offset: int = 0) -> Any:
    return and_(ANSWER.c.principal == mine.principal, ANSWER.c.key == mine.key, ANSWER.c.fence == mine.fence + offset)
