"""Who works here: staff accounts with a role, passwords as argon2 hashes, sign-in slowed down after failures."""

from datetime import timedelta
from typing import Any, ClassVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Row, select, update

from contracts.access import SYSTEM, Principal, Role
from contracts.model import Contract, Instant
from contracts.problems import FieldProblem, InvalidInput, NotFound, NotSignedIn, TooManyRequests
from ledger.identifiers import new_id
from ledger.second_factor import SecondFactors
from ledger.sign_in import CODE_WITHIN, SignIns
from ledger.tables import STAFF
from ledger.unit_of_work import Ledger, LedgerTransaction
from ledger.upsert import inserted

FAILURES_ALLOWED = 5
FIRST_LOCK = timedelta(seconds=30)
SHORTEST_PASSWORD = 10
STAFF_ROLES = frozenset({Role.ENGINEER, Role.PLANNER, Role.OPERATOR, Role.QUALITY, Role.SERVICE, Role.ADMINISTRATOR})


class StaffAccount(Contract):
    """An account as an administrator sees it."""

    id: str
    name: str
    role: Role
    disabled: bool
    created_at: Instant
    factor_since: Instant | None
    """Since when a sign-in asks for a second factor; None: it does not."""


class StaffAccounts:
    """Accounts and their sign-in."""

    _decoyed: ClassVar[str | None] = None

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._hasher = PasswordHasher()

    def password_hash(self, password: str) -> str:
        """Slow by design: compute it before opening a transaction. Raises InvalidInput for a short password."""
        if len(password) < SHORTEST_PASSWORD:
            raise InvalidInput(errors=(FieldProblem("/password", "ledger.password.short", {"length": SHORTEST_PASSWORD}),))
        return self._hasher.hash(password)

    def create(self, actor: Principal, name: str, password: str, role: Role) -> str:
        """A new account's id. Raises InvalidInput when the name is taken or the role is not one of staff."""
        if role not in STAFF_ROLES:
            raise InvalidInput(errors=(FieldProblem("/role", "ledger.role.not_staff", {"role": str(role)}),))
        hashed = self.password_hash(password)
        with self._ledger.transaction(actor) as transaction:
            identifier = new_id("staff")
            row = {
                "id": identifier,
                "name": name,
                "password_hash": hashed,
                "role": role,
                "disabled": False,
                "failures": 0,
                "factor_step": 0,
                "created_at": transaction.real_now,
            }
            connection = transaction.session.connection()
            if not inserted(connection, STAFF, row):
                raise InvalidInput(errors=(FieldProblem("/name", "ledger.name.taken", {"name": name}),))
            transaction.audit("staff.create", identifier, facts={"role": role})
            return identifier

    def list(self) -> "list[StaffAccount]":
        """Every account by name."""
        with self._ledger.reading() as session:
            rows = session.connection().execute(select(*[STAFF.c[name] for name in StaffAccount.model_fields]).order_by(STAFF.c.name))
            return [StaffAccount.model_validate(dict(row._mapping)) for row in rows]

    def disable(self, actor: Principal, name: str) -> None:
        """Sign-in is refused from now on and open sessions end. Raises NotFound."""
        with self._ledger.transaction(actor) as transaction:
            identifier = self._id(transaction, name)
            transaction.session.connection().execute(update(STAFF).where(STAFF.c.id == identifier).values(disabled=True))
            SignIns(self._ledger).end_all(transaction, identifier)
            transaction.audit("staff.disable", identifier)

    def sign_out(self, actor: Principal, name: str) -> int:
        """End every open session; how many these were. Raises NotFound."""
        with self._ledger.transaction(actor) as transaction:
            identifier = self._id(transaction, name)
            ended = SignIns(self._ledger).end_all(transaction, identifier)
            transaction.audit("staff.sign_out", identifier, facts={"count": ended})
            return ended

    def set_password(self, actor: Principal, name: str, password: str) -> None:
        """Change the password; open sessions end. Raises NotFound, InvalidInput."""
        hashed = self.password_hash(password)
        with self._ledger.transaction(actor) as transaction:
            identifier = self._id(transaction, name)
            values = {"password_hash": hashed, "failures": 0, "locked_until": None}
            transaction.session.connection().execute(update(STAFF).where(STAFF.c.id == identifier).values(**values))
            SignIns(self._ledger).end_all(transaction, identifier)
            transaction.audit("staff.set_password", identifier)

    def change_password(self, principal: Principal, token: str, current: str, new: str) -> None:
        """One's own; all sessions but the token's end. A wrong current one counts like a refused sign-in.

        Raises NotFound, InvalidInput at ``/current`` or ``/password``, TooManyRequests while slowed down.
        """
        account = self._account(principal)
        hashed = self.password_hash(new)
        self._reserve_try(account.id)
        if not self._verified(account.password_hash, current):
            self._audit_refusal(account.id)
            raise InvalidInput(errors=(FieldProblem("/current", "ledger.password.wrong"),))
        with self._ledger.transaction(principal) as transaction:
            values = {"password_hash": hashed, "failures": 0, "locked_until": None}
            transaction.session.connection().execute(update(STAFF).where(STAFF.c.id == account.id).values(**values))
            SignIns(self._ledger).end_others_in(transaction, principal, token)
            transaction.audit("staff.change_password", account.id)

    def sign_in(self, name: str, password: str, device: str = "") -> str:
        """A session's token; it waits for the code when the account has a second factor (``give_code``).

        Raises NotSignedIn (never saying which part was wrong), TooManyRequests while slowed down.
        """
        with self._ledger.reading() as session:
            account = session.connection().execute(select(STAFF).where(STAFF.c.name == name)).first()
        locks_until = self._reserve_try(account.id) if account is not None else None
        good = self._verified(account.password_hash if account is not None else self._decoy(), password)
        if account is None or not good or account.disabled:
            if account is not None:
                self._audit_refusal(account.id)
            raise NotSignedIn
        principal = Principal(id=account.id, role=Role(account.role), name=account.name)
        with self._ledger.transaction(principal) as transaction:
            if account.factor_since is not None:
                _give_back_try(transaction, account.id, locks_until)
                return SignIns(self._ledger).start(transaction, principal, CODE_WITHIN, device, waits=True)
            return self._signed_in(transaction, principal, device)

    def give_code(self, token: str, code: str, device: str = "") -> str:
        """The token of a session that begins now, in the place of the one that waited. A wrong code counts like a wrong password.

        Raises NotSignedIn when the password was too long ago, InvalidInput for a wrong code, TooManyRequests while slowed down.
        """
        principal = SignIns(self._ledger).waiting(token)
        if principal is None:
            raise NotSignedIn
        with self._ledger.transaction(principal) as transaction:
            if self._is_right(transaction, principal.id, code):
                SignIns(self._ledger).end_in(transaction, token)
                return self._signed_in(transaction, principal, device)
        raise _wrong_code()

    def give_up_second_factor(self, principal: Principal, code: str) -> None:
        """One's own: a session left open must not be enough. Raises NotFound, InvalidInput, TransitionRefused, TooManyRequests."""
        factors = SecondFactors(self._ledger)
        without = factors.of(principal.id).since is None
        with self._ledger.transaction(principal) as transaction:
            if without or self._is_right(transaction, principal.id, code):
                return factors.turn_off(transaction, principal.id)
        raise _wrong_code()

    def turn_off_second_factor(self, actor: Principal, name: str) -> None:
        """For somebody who lost authenticator and recovery codes; open sessions end. Raises NotFound, TransitionRefused."""
        with self._ledger.transaction(actor) as transaction:
            identifier = self._id(transaction, name)
            SecondFactors(self._ledger).turn_off(transaction, identifier)
            SignIns(self._ledger).end_all(transaction, identifier)

    def _account(self, principal: Principal) -> Row[Any]:
        with self._ledger.reading() as session:
            account = session.connection().execute(select(STAFF).where(STAFF.c.id == principal.id)).first()
        if account is None:
            raise NotFound("staff", principal.id)
        return account

    def _is_right(self, transaction: LedgerTransaction, account: str, code: str) -> bool:
        """Whether the code opens the account. Under the account's lock: of many sent at a time no more are tried than one by one."""
        row = transaction.session.connection().execute(select(STAFF).where(STAFF.c.id == account).with_for_update()).first()
        if row is not None:
            _refuse_while_locked(transaction, row.locked_until)
        right = SecondFactors(self._ledger).accepts(transaction, account, code)
        if not right:
            _count_try(transaction, account)
            transaction.audit("staff.sign_in_refused", account)
        return right

    def _signed_in(self, transaction: LedgerTransaction, principal: Principal, device: str) -> str:
        values = {"failures": 0, "locked_until": None}
        transaction.session.connection().execute(update(STAFF).where(STAFF.c.id == principal.id).values(**values))
        transaction.audit("staff.sign_in", principal.id)
        return SignIns(self._ledger).start(transaction, principal, device=device)

    def _reserve_try(self, account: str) -> Instant | None:
        """Count a try before the password is looked at: of many sent at a time no more are looked at than one by one.

        Until when that slows the account down, if it does. Raises TooManyRequests while it is.
        """
        with self._ledger.transaction(SYSTEM) as transaction:
            locked_until = select(STAFF.c.locked_until).where(STAFF.c.id == account).with_for_update()
            _refuse_while_locked(transaction, transaction.session.connection().execute(locked_until).scalar_one())
            return _count_try(transaction, account)

    def _audit_refusal(self, account: str) -> None:
        with self._ledger.transaction(SYSTEM) as transaction:
            transaction.audit("staff.sign_in_refused", account)

    def _verified(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerifyMismatchError:
            return False

    def _decoy(self) -> str:
        """A hash to check unknown names against, so that they take as long as known ones; made once, for making one takes as long again."""
        if StaffAccounts._decoyed is None:
            StaffAccounts._decoyed = self._hasher.hash("no such account")
        return StaffAccounts._decoyed

    @staticmethod
    def _id(transaction: LedgerTransaction, name: str) -> str:
        found = transaction.session.connection().execute(select(STAFF.c.id).where(STAFF.c.name == name)).scalar_one_or_none()
        if found is None:
            raise NotFound("staff", name)
        return str(found)


def _refuse_while_locked(transaction: LedgerTransaction, locked_until: Instant | None) -> None:
    if locked_until is not None and locked_until > transaction.real_now:
        raise TooManyRequests({"seconds": int((locked_until - transaction.real_now).total_seconds()) + 1})


def _count_try(transaction: LedgerTransaction, account: str) -> Instant | None:
    """Until when the account is slowed down by this one, if it is."""
    connection = transaction.session.connection()
    tried = update(STAFF).where(STAFF.c.id == account).values(failures=STAFF.c.failures + 1).returning(STAFF.c.failures)
    failures: int = connection.execute(tried).scalar_one()
    if failures < FAILURES_ALLOWED:
        return None
    locked_until: Instant = transaction.real_now + FIRST_LOCK * 2 ** min(failures - FAILURES_ALLOWED, 7)
    connection.execute(update(STAFF).where(STAFF.c.id == account).values(locked_until=locked_until))
    return locked_until


def _give_back_try(transaction: LedgerTransaction, account: str, locks_until: Instant | None) -> None:
    """The try was right, so it never counted; others that were counted meanwhile still do."""
    connection = transaction.session.connection()
    row = connection.execute(select(STAFF).where(STAFF.c.id == account).with_for_update()).one()
    failures = max(row.failures - 1, 0)
    slows = failures >= FAILURES_ALLOWED and row.locked_until != locks_until
    values = {"failures": failures, "locked_until": row.locked_until if slows else None}
    connection.execute(update(STAFF).where(STAFF.c.id == account).values(values))


def _wrong_code() -> InvalidInput:
    return InvalidInput(errors=(FieldProblem("/code", "ledger.second_factor.wrong"),))
