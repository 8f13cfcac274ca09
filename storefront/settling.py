"""Giving money back: ordered in a transaction, done outside of it, as often as it takes."""

from datetime import timedelta

from contracts.access import SYSTEM, Principal
from contracts.model import Instant
from contracts.order import OrderState
from contracts.units import Money
from ledger.unit_of_work import LedgerTransaction
from storefront.books import payments_of
from storefront.payment import PaymentState
from storefront.shop import HOLD, Shop
from storefront.tables import OrderRow, PaymentRow

SETTLE = "storefront.settle_payments"
LOOK_AGAIN = timedelta(hours=1)
"""A provider may still answer a question that nobody waits for any more."""
_OVER = frozenset({OrderState.EXPIRED, OrderState.CANCELLED})


def order_settling(transaction: LedgerTransaction, order: str) -> None:
    transaction.enqueue(SETTLE, order, {"order": order})


def give_all_back(transaction: LedgerTransaction, row: OrderRow) -> None:
    """Order the refund of every payment; one whose answer was never heard is looked for twice."""
    payments = payments_of(transaction.session, row.id)
    for payment in payments:
        if payment.state == PaymentState.AUTHORISED:
            payment.refund_amount = payment.amount
    if payments:
        order_settling(transaction, row.id)
    if any(payment.state == PaymentState.ASKED for payment in payments):
        look_again(transaction, row.id)


def look_again(transaction: LedgerTransaction, order: str) -> None:
    """Have payments whose answer was never heard looked for later."""
    transaction.schedule(SETTLE, order, transaction.real_now + LOOK_AGAIN, {"order": order}, clock="real")


def give_back(transaction: LedgerTransaction, row: OrderRow, amount: Money) -> None:
    """Order the refund of a part, from the latest payment on."""
    left = amount.amount
    for payment in reversed(payments_of(transaction.session, row.id)):
        if payment.state == PaymentState.AUTHORISED and left > 0:
            part = min(left, payment.amount - payment.refund_amount)
            payment.refund_amount += part
            left -= part
    if amount.amount > 0:
        order_settling(transaction, row.id)


def give_all_back_of(shop: Shop, principal: Principal, payment: str) -> None:
    """An authorised payment whose purpose fell away goes back whole, unless that happened already."""
    with shop.ledger.transaction(principal) as transaction:
        row = transaction.session.get_one(PaymentRow, payment, with_for_update=True)
        if row.state == PaymentState.ASKED:
            row.state, row.refund_amount = PaymentState.AUTHORISED, row.amount
            order_settling(transaction, row.order_id)


def settle(shop: Shop, order: str) -> None:
    """Ask the provider to give back all that is due. Safe to repeat and to stop anywhere: the provider counts up to a sum."""
    with shop.ledger.reading() as session:
        row = session.get(OrderRow, order)
        payments = payments_of(session, order)
    if row is None:
        return
    for payment in payments:
        if _is_lost(payment, row, shop.ledger.clock.real_now()):
            _void(shop, payment)
        elif payment.refund_amount > payment.refunded_amount:
            due = Money.model_validate({"amount": payment.refund_amount, "currency": payment.currency})
            shop.payments.refund_up_to(payment.id, due)
            with shop.ledger.transaction(SYSTEM) as transaction:
                current = transaction.session.get_one(PaymentRow, payment.id, with_for_update=True)
                current.refunded_amount = max(current.refunded_amount, due.amount)
                transaction.audit("payment.refund", payment.id, plant=row.plant, facts={"order": order, "amount": due.amount})


def _is_lost(payment: PaymentRow, row: OrderRow, real_now: Instant) -> bool:
    """Whether nobody waits for the provider's answer any more: the order ended, or it lives without this payment."""
    if payment.state != PaymentState.ASKED or row.state == OrderState.HELD:
        return False
    return row.state in _OVER or payment.at + HOLD <= real_now


def _void(shop: Shop, payment: PaymentRow) -> None:
    found = shop.payments.find(payment.id)
    if found is None:
        return
    shop.payments.refund_up_to(payment.id, found.amount)
    with shop.ledger.transaction(SYSTEM) as transaction:
        current = transaction.session.get_one(PaymentRow, payment.id, with_for_update=True)
        if current.state == PaymentState.ASKED:
            current.state = PaymentState.VOIDED
        transaction.audit("payment.void", payment.id, facts={"order": payment.order_id})
