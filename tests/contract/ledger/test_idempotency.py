"""The same key and body give the stored answer, whoever dies when."""

from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from contracts.access import SYSTEM
from contracts.model import sha256_of
from contracts.problems import IdempotencyInFlight, IdempotencyMismatch
from ledger import idempotency
from ledger.idempotency import KEPT, LEASE, AlreadyAnswered, Claim, Intent, StoredAnswer
from ledger.tables import ANSWER, AUDIT
from ledger.unit_of_work import Ledger


def claim(ledger: Ledger, body: str = "b1", after: timedelta = timedelta(), principal: str = "p") -> Claim | StoredAnswer:
    with ledger.transaction(SYSTEM) as transaction:
        return idempotency.claim(transaction.session, Intent(principal, "k", body, ledger.vault), transaction.real_now + after)


def claimed(ledger: Ledger, after: timedelta = timedelta()) -> Claim:
    mine = claim(ledger, after=after)
    assert isinstance(mine, Claim)
    return mine


def store(ledger: Ledger, mine: Claim) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        idempotency.store(transaction.session, mine, 201, {"Location": "/x"}, b"{}", transaction.real_now)


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

    told = {"order": "order_1"}
    assert again == StoredAnswer(status=200, headers={"Content-Type": "application/json"}, body=b'{"order":"order_1"}', outcome=told)


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


def intended(ledger: Ledger, body: str = "b1") -> Intent:
    return Intent("p", "k", body, ledger.vault)


def have_effect(ledger: Ledger, mine: Intent, effect: str = "x", status: int | None = 202) -> None:
    with idempotency.within(mine), ledger.transaction(SYSTEM) as transaction:
        transaction.audit("test.effect", effect)
        transaction.outcome({"report": effect}, status)


def refuse(ledger: Ledger, mine: Intent, after: timedelta = timedelta()) -> StoredAnswer | None:
    with ledger.transaction(SYSTEM) as transaction:
        return idempotency.store(transaction.session, mine, 409, {}, b"no", transaction.real_now + after)


def effects(ledger: Ledger) -> list[str]:
    with ledger.reading() as session:
        return list(session.connection().execute(select(AUDIT.c.subject)).scalars())


def test_key_effect_and_answer_are_one_commit(ledger_on: Ledger) -> None:
    mine = intended(ledger_on)
    have_effect(ledger_on, mine)
    assert mine.settled
    answer = StoredAnswer(status=202, headers={"Content-Type": "application/json"}, body=b'{"report":"x"}')
    assert claim(ledger_on) == answer
    with pytest.raises(IdempotencyMismatch):
        have_effect(ledger_on, intended(ledger_on, body="b2"))
    assert isinstance(claim(ledger_on, body="b2", after=KEPT * 2), Claim)


def test_of_two_intents_with_one_key_the_second_has_no_effect_and_the_firsts_answer(ledger_on: Ledger) -> None:
    first, second = intended(ledger_on), intended(ledger_on)
    have_effect(ledger_on, first, "first")
    with pytest.raises(AlreadyAnswered) as told:
        have_effect(ledger_on, second, "second")
    assert told.value.answer == claim(ledger_on)
    assert effects(ledger_on) == ["first"]
    assert second.settled, "the second's answer is not the key's"


def test_a_second_intent_waits_for_the_firsts_whole_answer(ledger_on: Ledger) -> None:
    first, second = intended(ledger_on), intended(ledger_on)
    have_effect(ledger_on, first, "first", status=None)
    with pytest.raises(IdempotencyInFlight):
        have_effect(ledger_on, second, "second", status=None)
    assert effects(ledger_on) == ["first"]


def test_a_second_intent_that_is_refused_is_told_the_firsts_answer(ledger_on: Ledger) -> None:
    have_effect(ledger_on, intended(ledger_on))
    assert refuse(ledger_on, intended(ledger_on)) == claim(ledger_on)
    with pytest.raises(IdempotencyMismatch):
        refuse(ledger_on, intended(ledger_on, body="b2"))


def test_an_intent_finds_a_claimed_key_taken_and_a_dead_claim_free(ledger_on: Ledger) -> None:
    claimed(ledger_on)
    with pytest.raises(IdempotencyInFlight):
        have_effect(ledger_on, intended(ledger_on))
    with pytest.raises(IdempotencyInFlight):
        refuse(ledger_on, intended(ledger_on))
    assert refuse(ledger_on, intended(ledger_on), after=LEASE * 2) is None
    assert claim(ledger_on) == StoredAnswer(status=409, headers={}, body=b"no")


def test_a_refusal_without_effect_is_kept_as_the_answer(ledger_on: Ledger) -> None:
    assert refuse(ledger_on, intended(ledger_on)) is None
    assert claim(ledger_on) == StoredAnswer(status=409, headers={}, body=b"no")


def test_an_effect_without_a_whole_answer_gets_it_afterwards(ledger_on: Ledger) -> None:
    mine = intended(ledger_on)
    have_effect(ledger_on, mine, status=None)
    assert not mine.settled
    assert isinstance(claim(ledger_on, after=LEASE * 2), StoredAnswer)
    with ledger_on.transaction(SYSTEM) as transaction:
        idempotency.store(transaction.session, mine, 200, {}, b"whole", transaction.real_now)
    assert claim(ledger_on) == StoredAnswer(status=200, headers={}, body=b"whole")


@pytest.mark.parametrize("in_one_commit", [True, False])
def test_an_answer_is_stored_so_that_only_the_key_opens_it(ledger_on: Ledger, in_one_commit: bool) -> None:
    if in_one_commit:
        have_effect(ledger_on, intended(ledger_on), "Ada")
    else:
        with ledger_on.transaction(SYSTEM) as transaction:
            idempotency.store(transaction.session, intended(ledger_on), 201, {}, b"Ada", transaction.real_now)
    with ledger_on.reading() as session:
        row = session.connection().execute(ANSWER.select()).one()
    assert b"Ada" not in row.body
    assert row.key_sha256 == sha256_of("k")
    with pytest.raises(InvalidTag):
        ledger_on.vault.unlock("another key", row.body)


def test_answers_of_a_forgotten_principal_are_gone(ledger_on: Ledger) -> None:
    store(ledger_on, claimed(ledger_on))
    with ledger_on.transaction(SYSTEM) as transaction:
        idempotency.forget_answers(transaction.session, "p")
    assert isinstance(claim(ledger_on), Claim)
