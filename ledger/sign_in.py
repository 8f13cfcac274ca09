"""Who is signed in: random tokens with an end, kept as hashes, ended at sign-out."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import insert, select, update

from contracts.access import SYSTEM, Principal, Role
from ledger.tables import SIGN_IN, STAFF
from ledger.unit_of_work import Ledger, LedgerTransaction

LASTS = timedelta(hours=12)
GUEST_LASTS = timedelta(days=180)


def digest(token: str) -> str:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


class SignIns:
    """Sign-in sessions of staff, customers and guests."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def start(self, transaction: LedgerTransaction, principal: Principal, lasts: timedelta | None = None) -> str:
        """A new session's token; goes into the cookie and nowhere else."""
        token = secrets.token_urlsafe(32)
        now = transaction.real_now
        guest = principal.role in (Role.ANONYMOUS, Role.CONSUMER)
        transaction.session.connection().execute(
            insert(SIGN_IN).values(
                token_sha256=digest(token),
                principal=principal.id,
                role=principal.role,
                name=principal.name,
                created_at=now,
                expires_at=now + (lasts or (GUEST_LASTS if guest else LASTS)),
            )
        )
        return token

    def principal(self, token: str) -> Principal | None:
        """Who holds the token; None when it is unknown, over or ended, or its staff account is disabled."""
        query = (
            select(SIGN_IN.c.principal, SIGN_IN.c.role, SIGN_IN.c.name, STAFF.c.role.label("staff_role"), STAFF.c.disabled)
            .join(STAFF, STAFF.c.id == SIGN_IN.c.principal, isouter=True)
            .where(
                SIGN_IN.c.token_sha256 == digest(token),
                SIGN_IN.c.ended_at.is_(None),
                SIGN_IN.c.expires_at > self._ledger.clock.real_now(),
            )
        )
        with self._ledger.reading() as session:
            row = session.connection().execute(query).first()
        if row is None or row.disabled:
            return None
        return Principal(id=row.principal, role=Role(row.staff_role or row.role), name=row.name)

    def end(self, token: str) -> None:
        """Sign out."""
        with self._ledger.transaction(SYSTEM) as transaction:
            transaction.session.connection().execute(
                update(SIGN_IN)
                .where(SIGN_IN.c.token_sha256 == digest(token), SIGN_IN.c.ended_at.is_(None))
                .values(ended_at=transaction.real_now)
            )

    def end_all(self, transaction: LedgerTransaction, principal: str) -> None:
        """End every session of a principal (disabled account, changed password)."""
        transaction.session.connection().execute(
            update(SIGN_IN).where(SIGN_IN.c.principal == principal, SIGN_IN.c.ended_at.is_(None)).values(ended_at=transaction.real_now)
        )
