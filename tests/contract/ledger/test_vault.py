"""Personal values: readable with the person's key, by nobody else, and never again once it is destroyed."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from contracts.access import SYSTEM
from contracts.problems import NotFound
from ledger.people import People, PersonDetails
from ledger.unit_of_work import Ledger
from ledger.vault import Vault

RIDER = PersonDetails(name="Ada Rider", email="ada@rider.example", address="Quayside 7", language="zh")


def test_a_value_is_opened_under_its_own_person_only(ledger_on: Ledger) -> None:
    with ledger_on.transaction(SYSTEM) as transaction:
        sealed = transaction.seal("person_a", {"inseam_mm": 812})
        transaction.seal("person_b", {"inseam_mm": 790})
    with ledger_on.reading() as session:
        assert ledger_on.vault.open_content(session, "person_a", sealed) == {"inseam_mm": 812}
        with pytest.raises(InvalidTag):
            ledger_on.vault.open(session, "person_b", sealed)
        with pytest.raises(InvalidTag):
            Vault("22" * 32).open(session, "person_a", sealed)
        with pytest.raises(NotFound):
            ledger_on.vault.open(session, "person_c", sealed)


def test_the_same_value_is_sealed_differently_each_time(ledger_on: Ledger) -> None:
    with ledger_on.transaction(SYSTEM) as transaction:
        assert transaction.seal("person_a", {"a": 1}) != transaction.seal("person_a", {"a": 1})


def test_an_erased_person_stays_erased(ledger_on: Ledger) -> None:
    with ledger_on.transaction(SYSTEM) as transaction:
        person = People(ledger_on).register(transaction, RIDER)
    with ledger_on.reading() as session:
        assert People(ledger_on).details(session, person) == RIDER

    with ledger_on.transaction(SYSTEM) as transaction:
        People(ledger_on).erase(transaction, person)

    with ledger_on.reading() as session, pytest.raises(NotFound):
        People(ledger_on).details(session, person)
    with pytest.raises(NotFound), ledger_on.transaction(SYSTEM) as transaction:
        People(ledger_on).update(transaction, person, RIDER)


def test_a_guest_has_no_details_until_they_give_some(ledger_on: Ledger) -> None:
    with ledger_on.transaction(SYSTEM) as transaction:
        person = People(ledger_on).register(transaction, person="person_guest")
    with ledger_on.transaction(SYSTEM) as transaction:
        assert People(ledger_on).details(transaction.session, person) == PersonDetails()
        People(ledger_on).update(transaction, person, RIDER)
    with ledger_on.reading() as session:
        assert People(ledger_on).details(session, "person_guest").email == "ada@rider.example"


def test_nothing_personal_lies_readable_in_the_database_file(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        person = People(ledger).register(transaction, RIDER)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert person.encode() in stored
    for value in ("Ada", "rider.example", "Quayside"):
        assert value.encode() not in stored
