"""A second factor beside the password, and the open sessions of an account."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from contracts.access import SYSTEM, Principal, Role
from contracts.problems import InvalidInput, NotFound, NotSignedIn, TooManyRequests, TransitionRefused
from ledger import totp
from ledger.second_factor import RECOVERY_CODES, SecondFactors
from ledger.sign_in import SEEN_EVERY, SignIns
from ledger.staff import FAILURES_ALLOWED, StaffAccounts
from ledger.tables import AUDIT, SIGN_IN, STAFF
from ledger.unit_of_work import Ledger

PASSWORD = "long enough to keep"


def account(ledger: Ledger) -> Principal:
    return Principal(id=StaffAccounts(ledger).create(SYSTEM, "petra", PASSWORD, Role.PLANNER), role=Role.PLANNER, name="petra")


def set_up(ledger: Ledger, petra: Principal) -> tuple[Callable[[int], str], tuple[str, ...]]:
    """The authenticator's codes by the step from now, of which that of now is used up, and the recovery codes."""
    factors = SecondFactors(ledger)
    factors.begin(petra)
    secret = factors.secret(petra)
    assert secret is not None

    def code(step: int) -> str:
        return totp.code_at(secret, int(ledger.clock.real_now().timestamp()) // totp.STEP_S + step)

    return code, factors.confirm(petra, code(0))


def test_with_a_second_factor_the_password_signs_nobody_in(ledger_on: Ledger) -> None:
    petra, staff, sign_ins = account(ledger_on), StaffAccounts(ledger_on), SignIns(ledger_on)
    code, _ = set_up(ledger_on, petra)
    used = code(0)
    waits = staff.sign_in("petra", PASSWORD)
    assert (sign_ins.principal(waits), sign_ins.waiting(waits)) == (None, petra)
    for wrong in ("000000", "", used):
        with pytest.raises(InvalidInput):
            staff.give_code(waits, wrong)
    token = staff.give_code(waits, f" {code(1)[:3]} {code(1)[3:]} ", "Firefox, Linux")
    assert sign_ins.principal(token) == petra
    assert [(each.device, each.this_one) for each in sign_ins.of(petra, token)] == [("Firefox, Linux", True)]
    with pytest.raises(NotSignedIn):
        staff.give_code(waits, code(1))


def test_a_recovery_code_does_once_however_it_is_typed(ledger_on: Ledger) -> None:
    petra, staff = account(ledger_on), StaffAccounts(ledger_on)
    _, codes = set_up(ledger_on, petra)
    assert len(set(codes)) == RECOVERY_CODES
    assert staff.give_code(staff.sign_in("petra", PASSWORD), codes[0].upper().replace("-", " "))
    with pytest.raises(InvalidInput):
        staff.give_code(staff.sign_in("petra", PASSWORD), codes[0])
    assert SecondFactors(ledger_on).of(petra.id).codes_left == RECOVERY_CODES - 1


def test_guessing_codes_is_slowed_down_and_the_right_password_does_not_start_anew(ledger: Ledger) -> None:
    petra, staff = account(ledger), StaffAccounts(ledger)
    code, _ = set_up(ledger, petra)
    for _ in range(FAILURES_ALLOWED):
        waits = staff.sign_in("petra", PASSWORD)
        with pytest.raises(InvalidInput):
            staff.give_code(waits, "wrong")
    with pytest.raises(TooManyRequests):
        staff.give_code(waits, code(1))
    with pytest.raises(TooManyRequests):
        staff.sign_in("petra", PASSWORD)


def test_a_password_waits_for_its_code_for_a_while_and_not_past_the_account(ledger: Ledger) -> None:
    petra, staff = account(ledger), StaffAccounts(ledger)
    code, _ = set_up(ledger, petra)
    late, out = staff.sign_in("petra", PASSWORD), staff.sign_in("petra", PASSWORD)
    with ledger.transaction(SYSTEM) as transaction:
        over = update(SIGN_IN).where(SIGN_IN.c.token_sha256 == select(SIGN_IN.c.token_sha256).limit(1).scalar_subquery())
        transaction.session.connection().execute(over.values(expires_at=transaction.real_now - timedelta(seconds=1)))
    staff.disable(SYSTEM, "petra")
    for token in (late, out):
        with pytest.raises(NotSignedIn):
            staff.give_code(token, code(1))


def test_setting_up_ends_with_the_authenticator_s_own_code(ledger: Ledger) -> None:
    petra, factors = account(ledger), SecondFactors(ledger)
    with pytest.raises(TransitionRefused):
        factors.confirm(petra, "000000")
    factors.begin(petra)
    first = factors.secret(petra)
    with pytest.raises(InvalidInput):
        factors.confirm(petra, "wrong")
    assert factors.of(petra.id).since is None
    assert StaffAccounts(ledger).sign_in("petra", PASSWORD), "not confirmed, not asked for"
    factors.begin(petra)
    assert first != factors.secret(petra)
    set_up(ledger, petra)
    assert factors.secret(petra) is None, "shown to nobody afterwards"
    with pytest.raises(TransitionRefused):
        factors.begin(petra)
    with ledger.reading() as session:
        kept = session.connection().execute(select(STAFF.c.factor_secret)).scalar_one()
    assert first is not None
    assert first not in kept


def test_codes_that_are_guessed_at_a_time_are_slowed_down_like_those_one_by_one(ledger_on: Ledger) -> None:
    staff = StaffAccounts(ledger_on)
    set_up(ledger_on, account(ledger_on))
    token, tries = staff.sign_in("petra", PASSWORD), 3 * FAILURES_ALLOWED
    together = Barrier(tries)

    def guess() -> type[Exception]:
        together.wait()
        with pytest.raises((InvalidInput, TooManyRequests)) as refused:
            staff.give_code(token, "wrong")
        return refused.type

    with ThreadPoolExecutor(tries) as threads:
        told = [each.result() for each in [threads.submit(guess) for _ in range(tries)]]
    assert told.count(InvalidInput) == FAILURES_ALLOWED


def test_a_right_password_before_the_code_neither_counts_nor_forgets_wrong_codes(ledger: Ledger) -> None:
    staff = StaffAccounts(ledger)
    set_up(ledger, account(ledger))
    for _ in range(FAILURES_ALLOWED - 1):
        token = staff.sign_in("petra", PASSWORD)
        with pytest.raises(InvalidInput):
            staff.give_code(token, "wrong")
    token = staff.sign_in("petra", PASSWORD)
    with pytest.raises(InvalidInput):
        staff.give_code(token, "wrong")
    with pytest.raises(TooManyRequests):
        staff.sign_in("petra", PASSWORD)


def test_it_is_turned_off_with_a_code_or_by_an_administrator(ledger: Ledger) -> None:
    petra, staff, factors = account(ledger), StaffAccounts(ledger), SecondFactors(ledger)
    _, codes = set_up(ledger, petra)
    with pytest.raises(InvalidInput):
        staff.give_up_second_factor(petra, "wrong")
    staff.give_up_second_factor(petra, codes[1])
    assert factors.of(petra.id).since is None
    with pytest.raises(TransitionRefused):
        staff.turn_off_second_factor(SYSTEM, "petra")

    set_up(ledger, petra)
    token = staff.sign_in("petra", PASSWORD)
    staff.turn_off_second_factor(SYSTEM, "petra")
    assert SignIns(ledger).waiting(token) is None
    assert SignIns(ledger).principal(staff.sign_in("petra", PASSWORD)) == petra
    with ledger.reading() as session:
        told = session.connection().execute(select(AUDIT.c.action).where(AUDIT.c.action.startswith("second_factor"))).scalars().all()
    assert told == [f"second_factor.{what}" for what in ("begin", "on", "recovery_code", "off", "begin", "on", "off")]


def test_one_s_own_sessions_are_seen_and_ended(ledger_on: Ledger) -> None:
    petra, staff, sign_ins = account(ledger_on), StaffAccounts(ledger_on), SignIns(ledger_on)
    other = Principal(id=staff.create(SYSTEM, "otto", PASSWORD, Role.OPERATOR), role=Role.OPERATOR, name="otto")
    here, there, elsewhere = (staff.sign_in("petra", PASSWORD, device) for device in ("Firefox, Linux", "Safari, iPhone", ""))
    ottos = staff.sign_in("otto", PASSWORD)
    ids = {each.device: each.id for each in sign_ins.of(petra, here)}
    assert set(ids) == {"Firefox, Linux", "Safari, iPhone", ""}
    with pytest.raises(NotFound):
        sign_ins.end_one(other, ids["Safari, iPhone"])
    sign_ins.end_one(petra, ids["Safari, iPhone"])
    assert [sign_ins.principal(token) for token in (here, there, elsewhere)] == [petra, None, petra]
    assert sign_ins.end_others(petra, here) == 1
    assert [sign_ins.principal(token) for token in (here, elsewhere, ottos)] == [petra, None, other]
    assert staff.sign_out(SYSTEM, "petra") == 1
    assert sign_ins.of(petra, here) == []


def test_a_session_is_seen_now_and_then(ledger: Ledger) -> None:
    petra, staff, sign_ins = account(ledger), StaffAccounts(ledger), SignIns(ledger)
    token = staff.sign_in("petra", PASSWORD)
    begun = sign_ins.of(petra, token)[0].seen_at
    sign_ins.principal(token)
    assert sign_ins.of(petra, token)[0].seen_at == begun, "no write for every request"
    with ledger.transaction(SYSTEM) as transaction:
        transaction.session.connection().execute(update(SIGN_IN).values(seen_at=begun - SEEN_EVERY * 2))
    sign_ins.principal(token)
    assert sign_ins.of(petra, token)[0].seen_at >= begun
