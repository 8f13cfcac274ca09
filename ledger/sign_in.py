"""Who is signed in: random tokens with an end, kept as hashes, ended at sign-out."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import OperationalError

from contracts.access import SYSTEM, Principal, Role
from contracts.model import Contract, Instant
from contracts.problems import NotFound, Problem
from ledger.identifiers import new_id
from ledger.log import logger
from ledger.tables import SIGN_IN, STAFF
from ledger.unit_of_work import Ledger, LedgerTransaction

LASTS = timedelta(hours=12)
GUEST_LASTS = timedelta(days=180)
CODE_WITHIN = timedelta(minutes=5)
"""For how long a right password waits for its second factor."""
_BUYERS = frozenset({Role.ANONYMOUS, Role.CONSUMER})
SEEN_EVERY = timedelta(minutes=5)
"""How exactly is known when a session was last used: a write for each request would be more than that is worth."""


def digest(token: str) -> str:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


class OpenSession(Contract):
    """A sign-in session as the one it belongs to sees it."""

    id: str
    device: str
    created_at: Instant
    seen_at: Instant
    expires_at: Instant
    this_one: bool


class SignIns:
    """Sign-in sessions of staff, customers and guests."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def start(
        self, transaction: LedgerTransaction, principal: Principal, lasts: timedelta | None = None, device: str = "", waits: bool = False
    ) -> str:
        """A new session's token; goes into the cookie and nowhere else. ``waits``: for a second factor, it signs nobody in."""
        token = secrets.token_urlsafe(32)
        now = transaction.real_now
        guest = principal.role in _BUYERS
        transaction.session.connection().execute(
            insert(SIGN_IN).values(
                token_sha256=digest(token),
                id=new_id("sign_in"),
                principal=principal.id,
                role=principal.role,
                name=principal.name,
                device=device,
                waits=waits,
                created_at=now,
                seen_at=now,
                expires_at=now + (lasts or (GUEST_LASTS if guest else LASTS)),
            )
        )
        return token

    def principal(self, token: str) -> Principal | None:
        """Who holds the token; None when it is unknown, over, ended or waits, or its staff account is disabled."""
        now = self._ledger.clock.real_now()
        with self._ledger.reading() as session:
            row = session.connection().execute(_standing(token, now, waits=False)).first()
        if row is None or row.disabled:
            return None
        if row.seen_at < now - SEEN_EVERY:
            self._note_seen(token)
        return Principal(id=row.principal, role=Role(row.staff_role or row.role), name=row.name)

    def waiting(self, token: str) -> Principal | None:
        """Who has shown the right password and owes the second factor; None when nobody does."""
        with self._ledger.reading() as session:
            row = session.connection().execute(_standing(token, self._ledger.clock.real_now(), waits=True)).first()
        return None if row is None or row.disabled else Principal(id=row.principal, role=Role(row.staff_role or row.role), name=row.name)

    def of(self, principal: Principal, token: str) -> list[OpenSession]:
        """The open sessions of whoever holds the token, the last used first."""
        query = (
            select(SIGN_IN)
            .where(
                SIGN_IN.c.principal == principal.id,
                SIGN_IN.c.waits.is_(False),
                SIGN_IN.c.ended_at.is_(None),
                SIGN_IN.c.expires_at > self._ledger.clock.real_now(),
            )
            .order_by(SIGN_IN.c.seen_at.desc(), SIGN_IN.c.id.desc())
        )
        with self._ledger.reading() as session:
            rows = session.connection().execute(query).all()
        return [
            OpenSession(
                id=row.id,
                device=row.device,
                created_at=row.created_at,
                seen_at=row.seen_at,
                expires_at=row.expires_at,
                this_one=row.token_sha256 == digest(token),
            )
            for row in rows
        ]

    def end_one(self, principal: Principal, identifier: str) -> None:
        """End one of one's own sessions. Raises NotFound for another's, or one that is over."""
        with self._ledger.transaction(principal) as transaction:
            ended = transaction.session.connection().execute(
                update(SIGN_IN)
                .where(SIGN_IN.c.id == identifier, SIGN_IN.c.principal == principal.id, SIGN_IN.c.ended_at.is_(None))
                .values(ended_at=transaction.real_now)
            )
            if ended.rowcount != 1:
                raise NotFound("session", identifier)
            transaction.audit("sign_in.end", identifier)

    def end_others(self, principal: Principal, token: str) -> int:
        """End all of one's own sessions but the token's; how many these were."""
        with self._ledger.transaction(principal) as transaction:
            return self.end_others_in(transaction, principal, token)

    def end_others_in(self, transaction: LedgerTransaction, principal: Principal, token: str) -> int:
        ended = transaction.session.connection().execute(
            update(SIGN_IN)
            .where(SIGN_IN.c.principal == principal.id, SIGN_IN.c.token_sha256 != digest(token), SIGN_IN.c.ended_at.is_(None))
            .values(ended_at=transaction.real_now)
        )
        if ended.rowcount:
            transaction.audit("sign_in.end_others", principal.id, facts={"count": ended.rowcount})
        return ended.rowcount

    def end(self, token: str) -> None:
        """Sign out; once for a session. The trail has it of whom it has the sign-in: of those who work here."""
        with self._ledger.reading() as session:
            row = session.connection().execute(select(SIGN_IN).where(SIGN_IN.c.token_sha256 == digest(token))).first()
        if row is None or row.ended_at is not None:
            return
        principal = Principal(id=row.principal, role=Role(row.role), name=row.name)
        with self._ledger.transaction(principal) as transaction:
            if self.end_in(transaction, token) and not row.waits and principal.role not in _BUYERS:
                transaction.audit("staff.sign_out", principal.id)

    def end_in(self, transaction: LedgerTransaction, token: str) -> bool:
        """Whether it was not ended before."""
        ended = transaction.session.connection().execute(
            update(SIGN_IN)
            .where(SIGN_IN.c.token_sha256 == digest(token), SIGN_IN.c.ended_at.is_(None))
            .values(ended_at=transaction.real_now)
        )
        return ended.rowcount == 1

    def _note_seen(self, token: str) -> None:
        """A page is not lost because nothing can be written just now."""
        try:
            with self._ledger.transaction(SYSTEM) as transaction:
                transaction.session.connection().execute(
                    update(SIGN_IN).where(SIGN_IN.c.token_sha256 == digest(token)).values(seen_at=transaction.real_now)
                )
        except (OperationalError, Problem) as refused:
            logger("ledger").warning("sign_in.unseen", error=type(refused).__name__)

    def end_all(self, transaction: LedgerTransaction, principal: str) -> int:
        """End every session of a principal (disabled account, changed password); how many these were."""
        ended = transaction.session.connection().execute(
            update(SIGN_IN)
            .where(SIGN_IN.c.principal == principal, SIGN_IN.c.ended_at.is_(None), SIGN_IN.c.expires_at > transaction.real_now)
            .values(ended_at=transaction.real_now)
        )
        return ended.rowcount


def _standing(token: str, now: Instant, waits: bool) -> Select[Any]:
    return (
        select(SIGN_IN, STAFF.c.role.label("staff_role"), STAFF.c.disabled)
        .join(STAFF, STAFF.c.id == SIGN_IN.c.principal, isouter=True)
        .where(
            SIGN_IN.c.token_sha256 == digest(token),
            SIGN_IN.c.waits.is_(waits),
            SIGN_IN.c.ended_at.is_(None),
            SIGN_IN.c.expires_at > now,
        )
    )
