"""What does an account show beside its password? A code of an authenticator, or one of the recovery codes that it was given once."""

import secrets

from sqlalchemy import Row, delete, func, insert, select, update

from contracts.access import Principal
from contracts.model import Contract, Instant
from contracts.problems import FieldProblem, InvalidInput, NotFound, TransitionRefused
from ledger import totp
from ledger.sign_in import digest
from ledger.tables import RECOVERY_CODE, STAFF
from ledger.unit_of_work import Ledger, LedgerTransaction

RECOVERY_CODES = 10
_GROUPS, _GROUP = 6, 4
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Signs that nobody mistakes for others. Twenty-four of them are 118 bits: enough for a plain SHA-256 to keep (OWASP ASVS 5.0, 6.5.2)."""


class SecondFactor(Contract):
    """``since``: None while it is not set up. ``codes_left``: recovery codes that were not used."""

    since: Instant | None
    codes_left: int


class SecondFactors:
    """The second factors of staff accounts."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, account: str) -> SecondFactor:
        """Raises NotFound when there is no such account."""
        with self._ledger.reading() as session:
            row = session.connection().execute(select(STAFF.c.factor_since).where(STAFF.c.id == account)).first()
            if row is None:
                raise NotFound("staff", account)
            unused = select(func.count()).where(RECOVERY_CODE.c.staff == account, RECOVERY_CODE.c.used_at.is_(None))
            return SecondFactor(since=row.factor_since, codes_left=session.connection().execute(unused).scalar_one())

    def begin(self, principal: Principal) -> None:
        """Make a secret, in the place of one that was not confirmed. Raises NotFound, TransitionRefused when there is a second factor."""
        with self._ledger.transaction(principal) as transaction:
            row = _account(transaction, principal.id)
            if row.factor_since is not None:
                raise TransitionRefused("second factor", "on", "on")
            locked = self._ledger.vault.lock(_purpose(principal.id), totp.new_secret())
            _set(transaction, principal.id, factor_secret=locked, factor_step=0)
            transaction.audit("second_factor.begin", principal.id)

    def secret(self, principal: Principal) -> bytes | None:
        """What has to get into the authenticator; None unless it was begun and not confirmed yet: it is shown to nobody afterwards."""
        with self._ledger.reading() as session:
            row = session.connection().execute(select(STAFF).where(STAFF.c.id == principal.id)).first()
        if row is None or row.factor_secret is None or row.factor_since is not None:
            return None
        return self._ledger.vault.unlock(_purpose(principal.id), row.factor_secret)

    def confirm(self, principal: Principal, code: str) -> tuple[str, ...]:
        """The recovery codes, told this once; from now on a sign-in asks for a code.

        Raises InvalidInput for a code that is not the authenticator's, TransitionRefused when nothing was begun.
        """
        with self._ledger.transaction(principal) as transaction:
            row = _account(transaction, principal.id)
            if row.factor_secret is None or row.factor_since is not None:
                raise TransitionRefused("second factor", "off" if row.factor_secret is None else "on", "on")
            step = self._step(row, code, transaction)
            if step is None:
                raise InvalidInput(errors=(FieldProblem("/code", "ledger.second_factor.wrong"),))
            codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
            _set(transaction, principal.id, factor_since=transaction.real_now, factor_step=step)
            connection = transaction.session.connection()
            connection.execute(delete(RECOVERY_CODE).where(RECOVERY_CODE.c.staff == principal.id))
            connection.execute(insert(RECOVERY_CODE), [{"staff": principal.id, "code_sha256": digest(_bare(each))} for each in codes])
            transaction.audit("second_factor.on", principal.id)
            return codes

    def accepts(self, transaction: LedgerTransaction, account: str, given: str) -> bool:
        """Whether this is the authenticator's code or an unused recovery code of an account with a second factor; either is used up."""
        row = _account(transaction, account)
        if row.factor_since is None:
            return False
        step = self._step(row, given, transaction)
        if step is not None:
            _set(transaction, account, factor_step=step)
            return True
        used = transaction.session.connection().execute(
            update(RECOVERY_CODE)
            .where(RECOVERY_CODE.c.staff == account, RECOVERY_CODE.c.code_sha256 == digest(_bare(given)), RECOVERY_CODE.c.used_at.is_(None))
            .values(used_at=transaction.real_now)
        )
        if used.rowcount == 1:
            transaction.audit("second_factor.recovery_code", account)
        return used.rowcount == 1

    def turn_off(self, transaction: LedgerTransaction, account: str) -> None:
        """The password alone does again. Raises NotFound, TransitionRefused when there was no second factor."""
        if _account(transaction, account).factor_since is None:
            raise TransitionRefused("second factor", "off", "off")
        _set(transaction, account, factor_secret=None, factor_since=None, factor_step=0)
        transaction.session.connection().execute(delete(RECOVERY_CODE).where(RECOVERY_CODE.c.staff == account))
        transaction.audit("second_factor.off", account)

    def _step(self, row: Row[tuple[object, ...]], code: str, transaction: LedgerTransaction) -> int | None:
        secret = self._ledger.vault.unlock(_purpose(row.id), row.factor_secret)
        return totp.step_of("".join(code.split()), secret, transaction.real_now.timestamp(), row.factor_step)


def _account(transaction: LedgerTransaction, account: str) -> Row[tuple[object, ...]]:
    """The row, locked until the commit: a code is used once, whoever sends it twice at a time."""
    row = transaction.session.connection().execute(select(STAFF).where(STAFF.c.id == account).with_for_update()).first()
    if row is None:
        raise NotFound("staff", account)
    return row


def _set(transaction: LedgerTransaction, account: str, **values: object) -> None:
    transaction.session.connection().execute(update(STAFF).where(STAFF.c.id == account).values(**values))


def _purpose(account: str) -> str:
    return f"second factor of {account}"


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def _bare(code: str) -> str:
    """As it was given out, however it is typed."""
    return "".join(sign for sign in code.lower() if sign in _SIGNS)
