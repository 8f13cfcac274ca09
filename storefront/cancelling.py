"""Giving an order up, and the customer's choice after a moved promise."""

from contracts.access import Principal
from contracts.events import OrderCancelled
from contracts.order import OrderState, moved
from contracts.problems import NotFound, TransitionRefused
from contracts.texts import Message
from storefront.books import close_choice, last_change, locked_order, paid, payments_of, tell, total_of, write_letter
from storefront.engine.changes import Effect, Worth, effect_of_cancelling, may_cancel
from storefront.settling import give_all_back
from storefront.shop import Shop


def cancel_order(shop: Shop, principal: Principal, order: str) -> Effect:
    """Capacity and money go back. Raises TooLate with the reason, NotFound."""
    with shop.ledger.transaction(principal) as transaction:
        transaction.lock_plant(shop.plant)
        row = locked_order(transaction.session, order)
        if row is None:
            raise NotFound("order", order)
        may_cancel(OrderState(row.state), row.choice_open).demand()
        payments = payments_of(transaction.session, order)
        effect = effect_of_cancelling(Worth(total=total_of(row), promised_at=row.promised_at), paid(row, payments))
        was_placed = row.placed_at is not None
        row.state = moved(OrderState(row.state), OrderState.CANCELLED)
        row.cancelled_at = transaction.now
        shop.reservations.release(transaction, order)
        close_choice(transaction, row, "cancel")
        give_all_back(transaction, row)
        transaction.emit(OrderCancelled(order=order, plant=row.plant, at=transaction.now))
        number = tell(transaction.session, row, Message(id="storefront.story.cancelled"), transaction.now)
        if was_placed:
            write_letter(transaction, row, "cancelled", number, refund=effect.to_refund)
        transaction.audit("order.cancel", order, plant=row.plant)
        transaction.outcome({"order": order, "state": row.state, "effect": effect.model_dump(mode="json")})
    return effect


def wait_for_it(shop: Shop, principal: Principal, order: str) -> None:
    """The customer agrees to the new date: it becomes the promise. Raises TransitionRefused when no choice is open."""
    with shop.ledger.transaction(principal) as transaction:
        transaction.lock_plant(shop.plant)
        row = locked_order(transaction.session, order)
        if row is None:
            raise NotFound("order", order)
        change = last_change(transaction.session, order)
        if not row.choice_open or row.expected_at is None or change is None:
            raise TransitionRefused("order", row.state, "wait")
        # When the plan keeps the old promise again, but not for long enough to say so, the date on the page is the one that was told.
        row.promised_at = row.expected_at if row.expected_at > row.promised_at else change.new_promised_at
        shop.reservations.confirm(transaction, order, row.promised_at)
        close_choice(transaction, row, "wait")
        message = Message(id="storefront.story.waits", params={"promised_at": row.promised_at})
        tell(transaction.session, row, message, transaction.now)
        transaction.audit("order.wait", order, plant=row.plant)
