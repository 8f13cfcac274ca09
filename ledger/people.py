"""Who customers and guests are: personal values, sealed with a key of the person's own."""

from sqlalchemy import insert, select, update
from sqlmodel import Session

from contracts.model import Contract
from contracts.problems import NotFound
from ledger.identifiers import new_id
from ledger.tables import PERSON
from ledger.unit_of_work import Ledger, LedgerTransaction


class PersonDetails(Contract):
    """A customer's or guest's personal values."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    language: str = "en"


class People:
    """Customers and guests."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def register(self, transaction: LedgerTransaction, details: PersonDetails | None = None, person: str | None = None) -> str:
        """Store a customer or guest; the id (``person`` when the caller has made one already)."""
        identifier = person or new_id("person")
        sealed = transaction.seal(identifier, details or PersonDetails())
        transaction.session.connection().execute(insert(PERSON).values(id=identifier, sealed=sealed, created_at=transaction.real_now))
        return identifier

    def update(self, transaction: LedgerTransaction, person: str, details: PersonDetails) -> None:
        """Replace the personal values. Raises NotFound."""
        sealed = transaction.seal(person, details)
        changed = transaction.session.connection().execute(update(PERSON).where(PERSON.c.id == person).values(sealed=sealed))
        if changed.rowcount != 1:
            raise NotFound("person", person)

    def details(self, session: Session, person: str) -> PersonDetails:
        """The personal values. Raises NotFound, also for an erased person."""
        sealed = session.connection().execute(select(PERSON.c.sealed).where(PERSON.c.id == person)).scalar_one_or_none()
        if sealed is None:
            raise NotFound("person", person)
        return self._ledger.vault.open_as(session, person, sealed, PersonDetails)

    def erase(self, transaction: LedgerTransaction, person: str) -> None:
        """Destroy the person's key: what any room sealed for them is unreadable from the commit on."""
        self._ledger.vault.destroy(transaction.session, person, transaction.real_now)
        transaction.audit("person.erase", person)
