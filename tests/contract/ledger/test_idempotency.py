"""The same key and body give the stored answer, whoever dies when."""

from datetime import timedelta

import pytest

from contracts.access import SYSTEM
from contracts.problems import IdempotencyInFlight, IdempotencyMismatch
from ledger import idempotency
from ledger.idempotency import KEPT, LEASE, Claim, StoredAnswer
from ledger.unit_of_work import Ledger


def claim(ledger: Ledger, body: str = "b1", after: timedelta = timedelta(), principal: str = "p") -> Claim | StoredAnswer:
    with ledger.transaction(SYSTEM) as transaction:
        return idempotency.claim(transaction.session, principal, "k", body, transaction.real_now + after)


def claimed(ledger: Ledger, after: timedelta = timedelta()) -> Claim:
    mine = claim(ledger, after=after)
    assert isinstance(mine, Claim)
    return mine


def store(ledger: Ledger, mine: Claim) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        idempotency.store(transaction.session, mine, 201, {"Location": "/x"}, b"{}")


def test_the_first_answer_is_given_again(ledger_on: Ledger) -> None:
    store(ledger_on, claimed(ledger_on))
    assert claim(ledger_on) == StoredAnswer(status=201, headers={"Location": "/x"}, body=b"{}")
    assert isinstance(claim(ledger_on, principal="other"), Claim)


def test_another_body_is_refused(ledger_on: Ledger) -> None:
    claimed(ledger_on)
    with pytest.raises(IdempotencyMismatch):
        claim(ledger_on, body="b2")


def test_a_second_request_waits_for_the_first(ledger_on: Ledger) -> None:
    claimed(ledger_on)
    with pytest.raises(IdempotencyInFlight):
        claim(ledger_on)


def test_a_dead_first_request_without_effect_is_replaced_and_cannot_come_back(ledger_on: Ledger) -> None:
    dead = claimed(ledger_on)
    alive = claimed(ledger_on, after=LEASE * 2)
    assert alive.fence == dead.fence + 1

    with idempotency.within(dead), pytest.raises(IdempotencyInFlight), ledger_on.transaction(SYSTEM) as transaction:
        transaction.send("mail", "from the dead", {})
    with idempotency.within(alive), ledger_on.transaction(SYSTEM) as transaction:
        transaction.audit("test.effect", "x")

    assert ledger_on.quiet()


def test_an_effect_whose_answer_was_lost_is_told_and_not_made_again(ledger_on: Ledger) -> None:
    with idempotency.within(claimed(ledger_on)), ledger_on.transaction(SYSTEM) as transaction:
        transaction.outcome({"order": "order_1"})

    with pytest.raises(IdempotencyInFlight):
        claim(ledger_on)
    again = claim(ledger_on, after=LEASE * 2)

    assert again == StoredAnswer(status=200, headers={"Content-Type": "application/json"}, body=b'{"order":"order_1"}')


def test_a_request_that_failed_without_effect_frees_its_key(ledger_on: Ledger) -> None:
    mine = claimed(ledger_on)
    with ledger_on.transaction(SYSTEM) as transaction:
        idempotency.abandon(transaction.session, mine)
    claimed(ledger_on)


def test_a_request_that_failed_after_its_effect_keeps_its_key(ledger_on: Ledger) -> None:
    mine = claimed(ledger_on)
    with idempotency.within(mine), ledger_on.transaction(SYSTEM) as transaction:
        transaction.outcome({"order": "order_1"})
    with ledger_on.transaction(SYSTEM) as transaction:
        idempotency.abandon(transaction.session, mine)
    assert isinstance(claim(ledger_on, after=LEASE * 2), StoredAnswer)


def test_answers_are_kept_for_seven_days(ledger_on: Ledger) -> None:
    store(ledger_on, claimed(ledger_on))
    assert isinstance(claim(ledger_on, after=KEPT - timedelta(minutes=1)), StoredAnswer)
    with ledger_on.transaction(SYSTEM) as transaction:
        assert idempotency.forget_expired(transaction.session, transaction.real_now + KEPT + timedelta(minutes=1)) == 1
    assert isinstance(claim(ledger_on, body="b2"), Claim)
