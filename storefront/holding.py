"""Step one of an order: freeze, price, reserve and hold for fifteen minutes; and what happens when the time runs out."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from contracts.access import Principal
from contracts.events import OrderExpired, OrderHeld
from contracts.model import Instant, sha256_of
from contracts.order import OrderState, moved
from contracts.problems import FieldProblem, IdempotencyMismatch, InvalidInput, NotFound, PromiseMoved
from ledger.identifiers import new_id
from ledger.people import People, PersonDetails
from ledger.unit_of_work import LedgerTransaction
from storefront.addresses import address_lines, postcode_example, postcode_fits, postcode_is_written, regions
from storefront.books import locked_order, money, pieces_of, total_of
from storefront.engine.changes import Seen, Worth, as_shown, is_worse
from storefront.engine.shipping import delivery_price, not_served
from storefront.payment import PaymentState
from storefront.pieces import demand, goods_of, piece_row, price_of, set_amounts, step_rows
from storefront.requests import Customer, PlaceOrder
from storefront.settling import give_all_back
from storefront.shop import HOLD, NOBODY, Shop
from storefront.tables import OrderRow, PaymentRow, PieceRow
from storefront.viewing import customer_of

EXPIRE = "storefront.expire_hold"


def hold(shop: Shop, principal: Principal, wanted: PlaceOrder, key: str | None) -> str:
    """A held order on the terms that the buyer saw; its id. The same request again finds the same order, whatever became of it.

    Raises PromiseMoved, with a hold on the new terms, when they are worse than seen; StaleRevision, DesignIncomplete, NoPromise;
    InvalidInput for a country that is not delivered to, or has no such state or province.
    """
    body_sha256 = sha256_of(wanted)
    require_deliverable(shop, wanted.customer)
    for design in wanted.designs:
        shop.designs.prepare(design.design)
    with shop.ledger.transaction(principal) as transaction:
        transaction.lock_plant(shop.plant)
        session = transaction.session
        row = session.exec(select(OrderRow).where(OrderRow.request_key == key)).first() if key is not None else None
        if row is not None:
            if row.request_sha256 != body_sha256:
                raise IdempotencyMismatch()
            return row.id
        row = _standing_hold(session, principal, wanted, transaction.real_now)
        if row is None:
            row = _new_hold(shop, transaction, principal, wanted)
        else:
            row.promised_at = shop.reservations.send_to(transaction, row.id, wanted.customer.country).promised_at
        _address_to(shop, transaction, row, wanted)
        terms = Worth(total=total_of(row), promised_at=row.promised_at)
        worse = _worse(pieces_of(session, row.id), terms, wanted)
        if not worse:
            agreed = as_shown(terms, _seen(wanted))
            row.promised_at = agreed.promised_at
            row.request_key, row.request_sha256 = key, body_sha256
            session.add(_payment(row, wanted, shop.payments.methods()[0], transaction.real_now))
        order, offer = row.id, new_terms(row, pieces_of(session, row.id))
    if worse:
        raise PromiseMoved(extra=offer)
    return order


def require_deliverable(shop: Shop, customer: Customer) -> None:
    """Raises InvalidInput for a country that is not delivered to, or has no such state or province, and for no postcode of its own."""
    if not shop.shipping.served([customer.country]):
        raise not_served()
    if customer.region and all(each.key != customer.region for each in regions(customer.country)):
        raise InvalidInput(errors=(FieldProblem("/customer/region", "storefront.field.region_unknown"),))
    if not postcode_is_written(customer):
        example = {"example": postcode_example(customer.country)}
        raise InvalidInput(errors=(FieldProblem("/customer/postcode", "storefront.field.postcode_form", example),))
    if not postcode_fits(customer):
        raise InvalidInput(errors=(FieldProblem("/customer/postcode", "storefront.field.postcode_elsewhere"),))


def held_terms(shop: Shop, principal: Principal, designs: Sequence[tuple[str, int]]) -> tuple[dict[str, Any], Customer] | None:
    """The terms of a hold on just these designs and revisions that the principal has, and whom it is for; None without one.

    Nobody has none: programs without a session share theirs.
    """
    if principal.id == NOBODY:
        return None
    with shop.ledger.reading() as session:
        for row in session.exec(_holds(principal, None, shop.ledger.clock.real_now())).all():
            pieces = pieces_of(session, row.id)
            if _is_on(pieces, designs) and (customer := customer_of(shop, session, row)) is not None:
                return new_terms(row, pieces), customer
    return None


def new_terms(row: OrderRow, pieces: Sequence[PieceRow]) -> dict[str, Any]:
    """What a buyer must agree to now, as members of the problem document."""
    return {
        **hold_of(row),
        "total": total_of(row).model_dump(),
        "delivery": money(row, row.delivery_amount).model_dump(),
        "promised_at": _wire(row.promised_at),
        "designs": [
            {
                "design": piece.design,
                "revision": piece.revision,
                "price": price_of(piece).total.model_dump(),
                "promised_at": _wire(row.promised_at),
            }
            for piece in pieces
        ],
    }


def hold_of(row: OrderRow) -> dict[str, Any]:
    """Until when the terms stand, as a member of a problem document."""
    return {"hold": {"order": row.id, "expires_at": _wire(row.expires_at)}}


def _wire(moment: Instant | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _seen(wanted: PlaceOrder) -> Seen:
    total = wanted.expected_total
    if total is None:
        total = wanted.designs[0].expected.price
        for design in wanted.designs[1:]:
            total = total + design.expected.price
    return Seen(total=total, promised_at=max(design.expected.promised_at for design in wanted.designs))


def _worse(pieces: Sequence[PieceRow], terms: Worth, wanted: PlaceOrder) -> bool:
    dearer = any((price_of(piece).total - design.expected.price).amount > 0 for piece, design in zip(pieces, wanted.designs, strict=True))
    return dearer or is_worse(terms, _seen(wanted))


def _standing_hold(session: Session, principal: Principal, wanted: PlaceOrder, real_now: Instant) -> OrderRow | None:
    """A hold on the same designs that the buyer already has: named in the request, or known by who asks.

    Programs without a session share theirs: whoever knows a design may order it. The last request is the one that can be
    paid for, so that nobody pays for somebody else's.
    """
    asked = [(design.design, design.revision) for design in wanted.designs]
    for row in session.exec(_holds(principal, wanted.hold, real_now).with_for_update()).all():
        if _is_on(pieces_of(session, row.id), asked):
            return row
    if wanted.hold is not None:
        raise NotFound("hold", wanted.hold)
    return None


def _holds(principal: Principal, hold: str | None, real_now: Instant) -> SelectOfScalar[OrderRow]:
    """Holds that have not run out, the newest first: the named one, or the principal's."""
    query = select(OrderRow).where(OrderRow.state == OrderState.HELD, col(OrderRow.expires_at) > real_now)
    return query.where(OrderRow.id == hold if hold is not None else OrderRow.owner == principal.id).order_by(col(OrderRow.id).desc())


def _is_on(pieces: Sequence[PieceRow], designs: Sequence[tuple[str, int]]) -> bool:
    return [(piece.design, piece.revision) for piece in pieces] == list(designs)


def _new_hold(shop: Shop, transaction: LedgerTransaction, principal: Principal, wanted: PlaceOrder) -> OrderRow:
    order, expires_at = new_id("order"), transaction.real_now + HOLD
    frozen = [shop.designs.freeze(transaction, design.design, design.revision, principal) for design in wanted.designs]
    pieces = [piece_row(order, position, each) for position, each in enumerate(frozen, start=1)]
    prices = [each.specification.price for each in frozen]
    delivery = delivery_price(goods_of(prices), wanted.customer.country)
    demands = [demand(piece, each) for piece, each in zip(pieces, frozen, strict=True)]
    reservation = shop.reservations.reserve(transaction, order, demands, expires_at, wanted.customer.country)
    row = OrderRow(
        id=order,
        plant=shop.plant,
        person="",
        customer=b"",
        owner=principal.id,
        request_sha256="",
        state=moved(OrderState.DRAFT, OrderState.HELD),
        language=wanted.customer.language,
        currency=delivery.currency,
        goods_amount=0,
        delivery_amount=0,
        tax_amount=0,
        promised_at=reservation.promised_at,
        created_at=transaction.now,
        expires_at=expires_at,
    )
    set_amounts(row, prices, delivery)
    transaction.session.add(row)
    for piece, each in zip(pieces, frozen, strict=True):
        transaction.session.add_all([piece, *step_rows(piece, each.specification)])
    transaction.session.flush()
    transaction.schedule(EXPIRE, order, expires_at, {"order": order}, clock="real")
    transaction.emit(OrderHeld(order=order, plant=shop.plant, expires_at=expires_at))
    return row


def _address_to(shop: Shop, transaction: LedgerTransaction, row: OrderRow, wanted: PlaceOrder) -> None:
    """The person's values go to the ledger's people; a hold that is taken up again may go to another address, at another delivery price."""
    customer = wanted.customer
    address = "\n".join([*address_lines(customer, customer.language), customer.country])
    details = PersonDetails(name=customer.name, email=customer.email, address=address, language=customer.language)
    if row.person:
        People(shop.ledger).update(transaction, row.person, details)
    else:
        row.person = People(shop.ledger).register(transaction, details)
    row.customer = transaction.seal(row.person, customer)
    row.language = customer.language
    prices = [price_of(piece) for piece in pieces_of(transaction.session, row.id)]
    set_amounts(row, prices, delivery_price(goods_of(prices), customer.country))


def _payment(row: OrderRow, wanted: PlaceOrder, usual: str, at: Instant) -> PaymentRow:
    total = total_of(row)
    return PaymentRow(
        id=new_id("payment"),
        order_id=row.id,
        method=wanted.payment or usual,
        state=PaymentState.ASKED,
        amount=total.amount,
        currency=total.currency,
        at=at,
    )


def expire(shop: Shop, transaction: LedgerTransaction, order: str) -> None:
    """Agenda, real time: a hold that ran out frees its capacity. An authorisation that nobody heard of is sought and voided."""
    transaction.lock_plant(shop.plant)
    row = locked_order(transaction.session, order)
    if row is None or row.state != OrderState.HELD or row.expires_at is None:
        return
    if row.expires_at > transaction.real_now:
        transaction.schedule(EXPIRE, order, row.expires_at, {"order": order}, clock="real")
        return
    end_hold(shop, transaction, row)


def end_hold(shop: Shop, transaction: LedgerTransaction, row: OrderRow) -> None:
    """Held → expired: capacity goes back, the person is forgotten, payments are looked after."""
    row.state = moved(OrderState(row.state), OrderState.EXPIRED)
    row.version += 1
    shop.reservations.release(transaction, row.id)
    transaction.emit(OrderExpired(order=row.id, plant=row.plant))
    transaction.audit("order.expire", row.id, plant=row.plant)
    People(shop.ledger).erase(transaction, row.person)
    give_all_back(transaction, row)
