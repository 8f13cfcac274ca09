"""Placing an order: hold it, have the payment authorised outside of any transaction, make it firm.

Whatever stops between two steps is safe: an unpaid hold runs out and frees its capacity, an authorisation that nobody
turned into an order is voided, and the same request again goes on where the first one stopped.
"""

from contracts.access import Principal
from contracts.events import OrderPlaced
from contracts.model import sha256_of
from contracts.order import OrderState, moved
from contracts.problems import PaymentRefused, Problem, TransitionRefused
from contracts.texts import Message
from contracts.units import Money
from ledger.idempotency import set_aside
from ledger.unit_of_work import LedgerTransaction
from storefront.books import locked_order, ordered_pieces, payments_of, pieces_of, tell, total_of, write_letter
from storefront.holding import end_hold, hold, hold_of
from storefront.payment import PaymentState
from storefront.requests import PlaceOrder
from storefront.settling import give_all_back_of, look_again
from storefront.shop import Shop
from storefront.tables import OrderRow, PaymentRow


def place_order(shop: Shop, principal: Principal, wanted: PlaceOrder, request: str | None) -> str:
    """The placed order's id. ``request`` names who asks and their idempotency key.

    Raises PromiseMoved (with a hold on the new terms), PaymentRefused (the hold stays), TransitionRefused (the hold ran out),
    StaleRevision, DesignIncomplete, NoPromise, IdempotencyMismatch, InvalidInput.
    """
    with set_aside():
        order = hold(shop, principal, wanted, None if request is None else sha256_of(request))
        payment = _to_be_authorised(shop, order)
        if payment is not None:
            _authorise(shop, principal, payment)
    if payment is not None:
        _make_firm(shop, principal, payment.id, order)
    return order


def _to_be_authorised(shop: Shop, order: str) -> PaymentRow | None:
    """The payment that the order waits for; None when it was placed already. Raises PaymentRefused, TransitionRefused."""
    with shop.ledger.reading() as session:
        row = session.get_one(OrderRow, order)
        payment = payments_of(session, order)[-1]
    if row.state == OrderState.EXPIRED or (row.state == OrderState.HELD and _ran_out(shop, row)):
        raise TransitionRefused("order", OrderState.EXPIRED, OrderState.PLACED)
    if payment.state == PaymentState.REFUSED:
        raise PaymentRefused({"method": payment.method}, extra=hold_of(row))
    return payment if row.state == OrderState.HELD else None


def _ran_out(shop: Shop, row: OrderRow) -> bool:
    return row.expires_at is not None and row.expires_at <= shop.ledger.clock.real_now()


def _authorise(shop: Shop, principal: Principal, payment: PaymentRow) -> None:
    amount = Money.model_validate({"amount": payment.amount, "currency": payment.currency})
    try:
        shop.payments.authorise(payment.id, amount, payment.method)
    except PaymentRefused as refused:
        with shop.ledger.transaction(principal) as transaction:
            row = transaction.session.get_one(OrderRow, payment.order_id, with_for_update=True)
            transaction.session.get_one(PaymentRow, payment.id).state = PaymentState.REFUSED
            row.version += 1
            transaction.audit("payment.refused", payment.id, plant=row.plant, facts={"order": row.id})
        raise PaymentRefused(refused.params, extra=hold_of(row)) from refused


def _make_firm(shop: Shop, principal: Principal, payment: str, order: str) -> None:
    """Held → placed. When that cannot be any more, the payment goes back and the reason is raised."""
    try:
        with shop.ledger.transaction(principal) as transaction:
            transaction.lock_plant(shop.plant)
            row = transaction.session.get_one(OrderRow, order, with_for_update=True)
            paying = transaction.session.get_one(PaymentRow, payment, with_for_update=True)
            if paying.state == PaymentState.AUTHORISED:
                return
            if not _is_newest(transaction, payment, order):
                raise TransitionRefused("order", row.state, OrderState.PLACED)
            if row.expires_at is not None and row.expires_at <= transaction.real_now:
                raise TransitionRefused("order", OrderState.EXPIRED, OrderState.PLACED)
            row.state = moved(OrderState(row.state), OrderState.PLACED)
            paying.state = PaymentState.AUTHORISED
            shop.reservations.confirm(transaction, order, row.promised_at)
            _announce(transaction, row)
            transaction.outcome({"order": order})
    except Problem:
        _send_back(shop, principal, payment, order)
        raise


def _announce(transaction: LedgerTransaction, row: OrderRow) -> None:
    pieces = pieces_of(transaction.session, row.id)
    row.expires_at, row.placed_at = None, transaction.now
    transaction.emit(
        OrderPlaced(
            order=row.id,
            plant=row.plant,
            person=row.person,
            pieces=ordered_pieces(pieces),
            promised_at=row.promised_at,
            at=transaction.now,
        )
    )
    number = tell(transaction.session, row, Message(id="storefront.story.placed", params={"promised_at": row.promised_at}), transaction.now)
    write_letter(transaction, row, "placed", number, promised_at=row.promised_at, total=total_of(row))
    if any(payment.state == PaymentState.ASKED for payment in payments_of(transaction.session, row.id)):
        look_again(transaction, row.id)
    transaction.audit("order.place", row.id, plant=row.plant, facts={"pieces": [piece.id for piece in pieces]})


def _is_newest(transaction: LedgerTransaction, payment: str, order: str) -> bool:
    """Whether no later request took up the hold: the order is addressed as the latest one says, so that one alone may pay."""
    return payments_of(transaction.session, order)[-1].id == payment


def _send_back(shop: Shop, principal: Principal, payment: str, order: str) -> None:
    """The payment came too late: end the hold if it still stands and is nobody else's, and give the payment back."""
    with shop.ledger.transaction(principal) as transaction:
        transaction.lock_plant(shop.plant)
        row = locked_order(transaction.session, order)
        if row is not None and row.state == OrderState.HELD and _is_newest(transaction, payment, order):
            end_hold(shop, transaction, row)
    give_all_back_of(shop, principal, payment)
