"""Staff, machine clients and sign-in sessions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select, update

from contracts.access import SYSTEM, Principal, Role
from contracts.problems import InvalidInput, NotFound, NotSignedIn, TooManyRequests
from ledger.machine_clients import MachineClients
from ledger.sign_in import SignIns
from ledger.staff import FAILURES_ALLOWED, StaffAccounts
from ledger.tables import AUDIT, SIGN_IN, STAFF
from ledger.unit_of_work import Ledger

PASSWORD = "long enough to keep"


def test_staff_sign_in_and_out(ledger_on: Ledger) -> None:
    staff, sign_ins = StaffAccounts(ledger_on), SignIns(ledger_on)
    identifier = staff.create(SYSTEM, "petra", PASSWORD, Role.PLANNER)

    token = staff.sign_in("petra", PASSWORD)

    assert sign_ins.principal(token) == Principal(id=identifier, role=Role.PLANNER, name="petra")
    assert sign_ins.principal(token + "x") is None
    sign_ins.end(token)
    assert sign_ins.principal(token) is None


def test_signing_out_is_in_the_trail_once_and_by_whoever_did_it(ledger_on: Ledger) -> None:
    staff, sign_ins = StaffAccounts(ledger_on), SignIns(ledger_on)
    identifier = staff.create(SYSTEM, "petra", PASSWORD, Role.PLANNER)
    token = staff.sign_in("petra", PASSWORD)
    with ledger_on.transaction(SYSTEM) as transaction:
        guests = sign_ins.start(transaction, Principal(id="person_1", role=Role.ANONYMOUS))
    for each in (token, token, guests, "unknown"):
        sign_ins.end(each)
    assert sign_ins.principal(guests) is None
    with ledger_on.reading() as session:
        told = session.connection().execute(select(AUDIT.c.actor, AUDIT.c.action, AUDIT.c.subject).order_by(AUDIT.c.seq)).all()
    assert [tuple(each) for each in told][-2:] == [(identifier, "staff.sign_in", identifier), (identifier, "staff.sign_out", identifier)]


def test_wrong_names_and_passwords_are_refused_alike(ledger: Ledger) -> None:
    StaffAccounts(ledger).create(SYSTEM, "petra", PASSWORD, Role.PLANNER)
    told = []
    for name, password in (("petra", "wrong password"), ("nobody", PASSWORD)):
        with pytest.raises(NotSignedIn) as refused:
            StaffAccounts(ledger).sign_in(name, password)
        told.append(str(refused.value))
    assert told[0] == told[1]


def test_guessing_is_slowed_down_even_for_the_right_password(ledger: Ledger) -> None:
    staff = StaffAccounts(ledger)
    staff.create(SYSTEM, "petra", PASSWORD, Role.PLANNER)
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(NotSignedIn):
            staff.sign_in("petra", "wrong password")
    with pytest.raises(TooManyRequests):
        staff.sign_in("petra", PASSWORD)

    with ledger.transaction(SYSTEM) as transaction:
        transaction.session.connection().execute(update(STAFF).values(locked_until=transaction.real_now))
    assert staff.sign_in("petra", PASSWORD)


@pytest.mark.parametrize("way", ["sign in", "change"])
def test_passwords_guessed_at_a_time_are_slowed_down_like_those_one_by_one(
    ledger_on: Ledger, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    staff, tries = StaffAccounts(ledger_on), 2 * FAILURES_ALLOWED
    petra = Principal(id=staff.create(SYSTEM, "petra", PASSWORD, Role.PLANNER), role=Role.PLANNER, name="petra")
    token = staff.sign_in("petra", PASSWORD)
    ways: dict[str, Callable[[str], object]] = {
        "sign in": lambda guessed: staff.sign_in("petra", guessed),
        "change": lambda guessed: staff.change_password(petra, token, guessed, PASSWORD + "!"),
    }
    looked_at: list[str] = []
    all_in = Barrier(tries, timeout=60)

    def verify(_self: object, _hash: str, password: str) -> bool:
        """Slow, as hashing is: everybody has come before the first answer is known."""
        looked_at.append(password)
        all_in.wait()
        raise VerifyMismatchError

    def guess(number: int) -> type[Exception]:
        with pytest.raises((NotSignedIn, InvalidInput, TooManyRequests)) as refused:
            ways[way](f"wrong password {number}")
        if refused.type is TooManyRequests:
            all_in.wait()
        return refused.type

    with monkeypatch.context() as slow, ThreadPoolExecutor(tries) as threads:
        slow.setattr(PasswordHasher, "verify", verify)
        told = list(threads.map(guess, range(tries)))
    assert told.count(TooManyRequests) == tries - FAILURES_ALLOWED
    assert len(looked_at) == FAILURES_ALLOWED
    with ledger_on.reading() as session:
        refusals = session.connection().execute(select(AUDIT.c.action).where(AUDIT.c.action == "staff.sign_in_refused")).all()
    assert len(refusals) == FAILURES_ALLOWED


def test_a_right_password_after_wrong_ones_begins_anew(ledger: Ledger) -> None:
    staff = StaffAccounts(ledger)
    staff.create(SYSTEM, "petra", PASSWORD, Role.PLANNER)
    for _ in range(2):
        for _ in range(FAILURES_ALLOWED - 1):
            with pytest.raises(NotSignedIn):
                staff.sign_in("petra", "wrong password")
        assert staff.sign_in("petra", PASSWORD)


def test_a_disabled_account_is_out_at_once(ledger: Ledger) -> None:
    staff = StaffAccounts(ledger)
    staff.create(SYSTEM, "petra", PASSWORD, Role.PLANNER)
    token = staff.sign_in("petra", PASSWORD)

    staff.disable(SYSTEM, "petra")

    assert SignIns(ledger).principal(token) is None
    with pytest.raises(NotSignedIn):
        staff.sign_in("petra", PASSWORD)
    assert [(account.name, account.disabled) for account in staff.list()] == [("petra", True)]
    with pytest.raises(NotFound):
        staff.disable(SYSTEM, "nobody")


def test_a_new_password_ends_the_open_sessions(ledger: Ledger) -> None:
    staff = StaffAccounts(ledger)
    staff.create(SYSTEM, "petra", PASSWORD, Role.PLANNER)
    token = staff.sign_in("petra", PASSWORD)
    staff.set_password(SYSTEM, "petra", PASSWORD + "!")
    assert SignIns(ledger).principal(token) is None
    assert staff.sign_in("petra", PASSWORD + "!")


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [("petra", PASSWORD, Role.PLANNER), ("otto", "short", Role.OPERATOR), ("carl", PASSWORD, Role.CONSUMER)],
)
def test_what_cannot_be_an_account_is_refused(ledger: Ledger, name: str, password: str, role: Role) -> None:
    StaffAccounts(ledger).create(SYSTEM, "petra", PASSWORD, Role.PLANNER)
    with pytest.raises(InvalidInput):
        StaffAccounts(ledger).create(SYSTEM, name, password, role)
    assert len(StaffAccounts(ledger).list()) == 1


def test_a_session_ends_by_itself(ledger: Ledger) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        token = SignIns(ledger).start(transaction, Principal(id="person_1", role=Role.CONSUMER))
    assert SignIns(ledger).principal(token) == Principal(id="person_1", role=Role.CONSUMER)
    with ledger.transaction(SYSTEM) as transaction:
        transaction.session.connection().execute(update(SIGN_IN).values(expires_at=transaction.real_now))
    assert SignIns(ledger).principal(token) is None


def test_a_machine_clients_key_is_shown_once_scoped_and_revocable(ledger_on: Ledger) -> None:
    clients = MachineClients(ledger_on)
    identifier, key = clients.create(SYSTEM, "cutting cell", ["WELD", "CUT"])

    assert clients.principal(key) == Principal(
        id=identifier, role=Role.MACHINE_CLIENT, name="cutting cell", machine_groups=frozenset({"CUT", "WELD"})
    )
    assert key not in str(clients.list())
    clients.revoke(SYSTEM, identifier)
    assert clients.principal(key) is None
    with pytest.raises(NotFound):
        clients.revoke(SYSTEM, identifier)


def test_a_key_without_groups_is_for_all_and_may_expire(ledger_on: Ledger) -> None:
    clients = MachineClients(ledger_on)
    now = ledger_on.clock.real_now()
    _, valid = clients.create(SYSTEM, "simulator", None, expires_at=now + timedelta(hours=1))
    _, over = clients.create(SYSTEM, "old", None, expires_at=now)
    found = clients.principal(valid)
    assert found is not None
    assert found.machine_groups is None
    assert clients.principal(over) is None
    assert clients.principal("guess") is None
