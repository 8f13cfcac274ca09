"""What we keep about a buyer: handing it out and erasing it."""

from typing import Any

from sqlmodel import col, select

from contracts.access import Principal
from contracts.order import OrderState
from contracts.problems import NotSignedIn, TransitionRefused
from ledger.idempotency import forget_answers
from ledger.people import People
from storefront.complaints import of_order
from storefront.engine.order_life import is_open
from storefront.shop import NOBODY, Shop
from storefront.tables import BasketRow, OrderRow
from storefront.viewing import view_order


def export_personal(shop: Shop, principal: Principal) -> dict[str, Any]:
    """Everything that is kept under the principal's own orders and basket, as JSON."""
    if principal.id == NOBODY:
        raise NotSignedIn
    with shop.ledger.reading() as session:
        orders = session.exec(select(OrderRow.id).where(OrderRow.owner == principal.id).order_by(col(OrderRow.id))).all()
        basket = session.get(BasketRow, principal.id)
    return {
        "principal": principal.id,
        "basket": list(basket.designs) if basket is not None else [],
        "complaints": [each.model_dump(mode="json") for order in orders for each in of_order(shop, order)],
        "orders": [view_order(shop, principal, order, None).model_dump(mode="json") for order in orders],
    }


def erase_personal(shop: Shop, principal: Principal) -> int:
    """Destroy the keys of the principal's personal values and unlink the designs; the number of orders touched.

    Orders stay with their pieces and measurements, without a name. Raises TransitionRefused while an order is on its way:
    it could not be delivered any more.
    """
    if principal.id == NOBODY:
        raise NotSignedIn
    with shop.ledger.transaction(principal) as transaction:
        rows = transaction.session.exec(select(OrderRow).where(OrderRow.owner == principal.id).with_for_update()).all()
        for row in rows:
            if is_open(OrderState(row.state)) or row.state in {OrderState.HELD, OrderState.INSPECTED}:
                raise TransitionRefused("order", row.state, "erased")
        for person in sorted({row.person for row in rows}):
            People(shop.ledger).erase(transaction, person)
        shop.designs.forget_person(transaction, principal.id)
        forget_answers(transaction.session, principal.id)
        basket = transaction.session.get(BasketRow, principal.id)
        if basket is not None:
            transaction.session.delete(basket)
        return len(rows)
