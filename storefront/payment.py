"""Whom we ask for money: the interface of a payment provider, and the sandbox that is built in."""

from enum import StrEnum
from typing import Protocol

from sqlmodel import SQLModel

from contracts.access import SYSTEM
from contracts.model import Contract
from contracts.problems import FieldProblem, InvalidInput, PaymentRefused
from contracts.units import Money
from ledger.unit_of_work import Ledger
from ledger.upsert import insert_new
from storefront.tables import SandboxPaymentRow


class PaymentState(StrEnum):
    """Of our own record of a payment."""

    ASKED = "asked"
    """The provider is being asked, or nobody heard its answer."""
    AUTHORISED = "authorised"
    REFUSED = "refused"
    VOIDED = "voided"
    """Nothing was or will be taken."""


class Authorisation(Contract):
    """The provider will pay ``amount`` for the payment that we call ``key``."""

    key: str
    amount: Money


class Payments(Protocol):
    """A payment provider. ``key`` is our own name for a payment: the same key twice has one effect. All calls may be slow."""

    def methods(self) -> tuple[str, ...]:
        """What a buyer can choose; the first is the usual one."""
        ...

    def authorise(self, key: str, amount: Money, method: str) -> Authorisation:
        """Raises PaymentRefused, InvalidInput for an unknown method."""
        ...

    def find(self, key: str) -> Authorisation | None:
        """What the provider knows of a payment; None when it was refused or never asked for."""
        ...

    def refund_up_to(self, key: str, amount: Money) -> None:
        """Give back until ``amount`` in all has gone back; repeating it gives nothing more. Voids what is not yet taken."""
        ...


ACCEPTED_CARD = "sandbox-accepted"
REFUSED_CARD = "sandbox-refused"
_BOOK = SQLModel.metadata.tables["storefront_sandbox_payment"]


class Sandbox:
    """A provider that moves no money. It keeps its own book in transactions of its own, as one on another machine would."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def methods(self) -> tuple[str, ...]:
        return (ACCEPTED_CARD, REFUSED_CARD)

    def authorise(self, key: str, amount: Money, method: str) -> Authorisation:
        if method not in self.methods():
            raise InvalidInput(errors=(FieldProblem("/payment", "storefront.field.payment_unknown"),))
        with self._ledger.transaction(SYSTEM) as transaction:
            connection = transaction.session.connection()
            values = {"id": key, "accepted": method == ACCEPTED_CARD, "amount": amount.amount, "currency": amount.currency}
            connection.execute(insert_new(connection, _BOOK, {**values, "refunded_amount": 0, "at": transaction.real_now}))
            row = transaction.session.get_one(SandboxPaymentRow, key)
            answer = _authorisation(row)
        if answer is None:
            raise PaymentRefused({"method": method})
        return answer

    def find(self, key: str) -> Authorisation | None:
        with self._ledger.reading() as session:
            row = session.get(SandboxPaymentRow, key)
            return None if row is None else _authorisation(row)

    def refund_up_to(self, key: str, amount: Money) -> None:
        with self._ledger.transaction(SYSTEM) as transaction:
            row = transaction.session.get(SandboxPaymentRow, key, with_for_update=True)
            if row is not None and row.accepted:
                row.refunded_amount = max(row.refunded_amount, min(amount.amount, row.amount))


def _authorisation(row: SandboxPaymentRow) -> Authorisation | None:
    if not row.accepted:
        return None
    return Authorisation(key=row.id, amount=Money.model_validate({"amount": row.amount, "currency": row.currency}))
