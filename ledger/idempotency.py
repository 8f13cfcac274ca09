"""How a repeated request gets the first one's answer: claims, stored answers, and the mark that an effect is durable.

The web wiring calls ``claim`` before a request with an ``Idempotency-Key``, runs the request ``within`` the claim, and then
``store`` or ``abandon``. A transaction committed within the claim marks the key in the same commit, so that a crash between
commit and answer cannot lead to a second effect.

A request that is one transaction needs no claim before it: it runs ``within`` an ``Intent``, and key, effect and answer are one
commit. A second one with the same key, at the same time or later, finds the key taken at its commit, has no effect and is told the
first one's answer (``AlreadyAnswered``); when it is refused before it comes so far, ``store`` finds that answer.

An answer may repeat what a customer told of themselves: it is stored locked, and only the caller's key, kept as a hash, opens it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, select, update
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session

from contracts.model import Contract, Instant, canonical_json, sha256_of
from contracts.problems import IdempotencyInFlight, IdempotencyMismatch
from ledger.tables import ANSWER
from ledger.upsert import inserted
from ledger.vault import Vault

JSON = {"Content-Type": "application/json"}
KEPT = timedelta(days=7)
LEASE = timedelta(seconds=10)
"""A first request that gives no answer for so long has died; another may take its place. One that lives cannot commit any more."""


_BY_KEY = select(ANSWER).where(ANSWER.c.principal == bindparam("of_principal"), ANSWER.c.key_sha256 == bindparam("of_key"))


@dataclass
class Intent:
    """This request is to be the one that is answered; ``vault`` locks its answer."""

    principal: str
    key: str
    body_mark: str
    vault: Vault
    settled: bool = False
    """The answer is stored, or the key is another request's."""
    committed: bool = False
    """The effect is durable."""

    def row(self) -> dict[str, Any]:
        return {"principal": self.principal, "key_sha256": sha256_of(self.key), "body_mark": self.body_mark}

    def wanted(self) -> dict[str, str]:
        return {"of_principal": self.principal, "of_key": sha256_of(self.key)}

    def kept(self, status: int, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """An answer as it is stored."""
        return {"status": status, "headers": headers, "body": self.vault.lock(self.key, body)}


@dataclass(frozen=True)
class Claim:
    """This request is the one."""

    intent: Intent
    fence: int


class StoredAnswer(Contract):
    """The answer given before."""

    status: int
    headers: dict[str, str]
    body: bytes
    outcome: dict[str, Any] | None = None
    """Of a request that died between commit and answer, what its transaction said of the effect; the answer is then that alone."""


class AlreadyAnswered(Exception):
    """The transaction is taken back: its effect was had before, under the same key; ``answer`` was given then."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


_current: ContextVar[Claim | Intent | None] = ContextVar("idempotency_claim", default=None)


def claim(session: Session, intent: Intent, real_now: Instant) -> Claim | StoredAnswer:
    """Claim the key or find its answer; in a transaction of its own.

    Raises IdempotencyMismatch for another body, IdempotencyInFlight while the first request is being answered.
    """
    return claim_in(session.connection(), intent, real_now)


def claim_in(connection: Connection, intent: Intent, real_now: Instant) -> Claim | StoredAnswer:
    """As ``claim``, in the transaction of the connection."""
    lease = real_now + LEASE
    connection.execute(delete(ANSWER).where(_named(intent), ANSWER.c.expires_at < real_now))
    row = {**intent.row(), "fence": 1, "lease_until": lease, "committed": False, "expires_at": real_now + KEPT}
    if inserted(connection, ANSWER, row):
        return Claim(intent, fence=1)
    found = connection.execute(_BY_KEY.with_for_update(), intent.wanted()).one()
    answer = _answer_of(found, intent, real_now)
    if answer is not None:
        return answer
    mine = Claim(intent, fence=found.fence + 1)
    connection.execute(update(ANSWER).where(_held(mine, -1)).values(fence=mine.fence, lease_until=lease))
    return mine


def _answer_of(found: Row[Any], intent: Intent, real_now: Instant) -> StoredAnswer | None:
    """What the row answers; None when its request died without effect."""
    if found.body_mark != intent.body_mark:
        raise IdempotencyMismatch
    if found.status is not None:
        return StoredAnswer(status=found.status, headers=found.headers, body=intent.vault.unlock(intent.key, found.body))
    if found.lease_until > real_now:
        raise IdempotencyInFlight
    if found.committed:
        outcome = found.outcome or {}
        return StoredAnswer(status=200, headers=JSON, body=canonical_json(outcome).encode(), outcome=outcome)
    return None


@contextmanager
def within(mine: Claim | Intent) -> Iterator[None]:
    """Transactions opened inside belong to the claim; with an intent there is to be one."""
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


def mark_committed(connection: Connection, outcome: dict[str, Any] | None, status: int | None, real_now: Instant) -> None:
    """Record, in the transaction of the effect, that it happened. With ``status`` the outcome is the whole answer.

    Raises AlreadyAnswered, IdempotencyMismatch or IdempotencyInFlight when another request has the key.
    """
    mine = _current.get()
    if mine is None:
        return
    if isinstance(mine, Intent):
        _take(connection, mine, outcome, status, real_now)
        return
    values: dict[str, Any] = {"committed": True} if outcome is None else {"committed": True, "outcome": outcome}
    if connection.execute(update(ANSWER).where(_held(mine)).values(**values)).rowcount != 1:
        raise IdempotencyInFlight


def _take(connection: Connection, mine: Intent, outcome: dict[str, Any] | None, status: int | None, real_now: Instant) -> None:
    given: dict[str, Any] = {"committed": True, "outcome": outcome}
    if status is not None:
        given |= {"outcome": None, **mine.kept(status, JSON, canonical_json(outcome or {}).encode())}
    lease = {"fence": 1, "lease_until": real_now + LEASE, "expires_at": real_now + KEPT}
    if inserted(connection, ANSWER, {**mine.row(), **lease, **given}):
        mine.settled, mine.committed = status is not None, True
        return
    mine.settled = True
    claimed = claim_in(connection, mine, real_now)
    if isinstance(claimed, StoredAnswer):
        raise AlreadyAnswered(claimed)
    connection.execute(update(ANSWER).where(_held(claimed)).values(**given))
    mine.settled, mine.committed = status is not None, True


def store(
    session: Session, mine: Claim | Intent, status: int, headers: dict[str, str], body: bytes, real_now: Instant
) -> StoredAnswer | None:
    """Keep the answer for 7 days. For an intent, what was answered under its key before, if anything was: that holds.

    Raises IdempotencyMismatch or IdempotencyInFlight when another request has the intent's key.
    """
    connection = session.connection()
    if isinstance(mine, Claim):
        connection.execute(update(ANSWER).where(_held(mine)).values(**mine.intent.kept(status, headers, body)))
        return None
    kept = mine.kept(status, headers, body)
    if mine.committed:
        connection.execute(update(ANSWER).where(_named(mine), ANSWER.c.status.is_(None)).values(**kept))
        return None
    claimed = claim_in(connection, mine, real_now)
    if isinstance(claimed, StoredAnswer):
        return claimed
    connection.execute(update(ANSWER).where(_held(claimed)).values(**kept))
    return None


def abandon(session: Session, mine: Claim) -> None:
    """The request failed without any effect (5xx, rate limit): the key is free again."""
    session.connection().execute(delete(ANSWER).where(_held(mine), ANSWER.c.committed.is_(False)))


def forget_answers(session: Session, principal: str) -> None:
    """Drop every answer that the principal was given: an erased person's go with them."""
    session.connection().execute(delete(ANSWER).where(ANSWER.c.principal == principal))


def forget_expired(session: Session, real_now: Instant) -> int:
    """Drop the answers older than 7 days."""
    return session.connection().execute(delete(ANSWER).where(ANSWER.c.expires_at < real_now)).rowcount


def _named(intent: Intent) -> ColumnElement[bool]:
    return and_(ANSWER.c.principal == intent.principal, ANSWER.c.key_sha256 == sha256_of(intent.key))


def _held(mine: Claim, offset: int = 0) -> ColumnElement[bool]:
    return and_(_named(mine.intent), ANSWER.c.fence == mine.fence + offset)
