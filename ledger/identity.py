"""Who people, staff and machine clients are. Personal values are sealed; secrets are kept as hashes only."""

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlmodel import Session

from contracts.model import Contract
from contracts.problems import NotFound
from ledger.identifiers import new_id
from ledger.machine_clients import MachineClients
from ledger.sign_in import SignIns
from ledger.staff import StaffAccounts
from ledger.tables import PERSON

if TYPE_CHECKING:
    from ledger.unit_of_work import Ledger, LedgerTransaction


class PersonDetails(Contract):
    """A customer's or guest's personal values."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    language: str = "en"


class Identity:
    """People here; staff, machine clients and sign-in sessions beside."""

    def __init__(self, ledger: "Ledger") -> None:
        self._ledger = ledger
        self.sign_ins = SignIns(ledger)
        self.staff = StaffAccounts(ledger)
        self.machine_clients = MachineClients(ledger)

    def register_person(self, transaction: "LedgerTransaction", details: PersonDetails | None = None, person: str | None = None) -> str:
        """Store a customer or guest; the id (``person`` when the caller has made one already)."""
        identifier = person or new_id("person")
        sealed = transaction.seal(identifier, details or PersonDetails())
        transaction.session.connection().execute(insert(PERSON).values(id=identifier, sealed=sealed, created_at=transaction.real_now))
        return identifier

    def update_person(self, transaction: "LedgerTransaction", person: str, details: PersonDetails) -> None:
        """Replace the personal values. Raises NotFound."""
        sealed = transaction.seal(person, details)
        changed = transaction.session.connection().execute(update(PERSON).where(PERSON.c.id == person).values(sealed=sealed))
        if changed.rowcount != 1:
            raise NotFound("person", person)

    def person(self, session: Session, person: str) -> PersonDetails:
        """The personal values. Raises NotFound, also for an erased person."""
        sealed = session.connection().execute(select(PERSON.c.sealed).where(PERSON.c.id == person)).scalar_one_or_none()
        if sealed is None:
            raise NotFound("person", person)
        return self._ledger.vault.open_as(session, person, sealed, PersonDetails)

    def erase_person(self, transaction: "LedgerTransaction", person: str) -> None:
        """Destroy the person's key: what any room sealed for them is unreadable from the commit on."""
        self._ledger.vault.destroy(transaction.session, person, transaction.real_now)
        transaction.audit("person.erase", person)
