"""How the timelines of orders are made anew from the events that the order book has taken."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from contracts.access import SYSTEM
from contracts.model import Contract
from ledger.outbox import taken
from ledger.unit_of_work import LedgerTransaction
from storefront.books import locked_order
from storefront.pieces import close_nonconformances, step_rows
from storefront.shop import Shop
from storefront.tables import ConcessionRow, MeasuredRow, NonConformanceRow, OrderRow, PieceRow, StepRow
from storefront.timeline import SHOWN, piece_of, show

_PROJECTION: tuple[Any, ...] = (StepRow, MeasuredRow, NonConformanceRow, ConcessionRow)


class Rebuilt(Contract):
    orders: int
    changed: tuple[str, ...]
    """Orders whose timeline was not what the events say."""


def rebuild(shop: Shop) -> Rebuilt:
    """Make every order's timeline anew, each in a transaction of its own; the product may go on meanwhile."""
    with shop.ledger.reading() as session:
        orders = session.exec(select(OrderRow.id).order_by(col(OrderRow.id))).all()
    changed = []
    for order in orders:
        with shop.ledger.transaction(SYSTEM) as transaction:
            if _rebuilt(shop, transaction, order):
                transaction.audit("order.rebuild", order, plant=shop.plant)
                changed.append(order)
    return Rebuilt(orders=len(orders), changed=tuple(changed))


def _rebuilt(shop: Shop, transaction: LedgerTransaction, order: str) -> bool:
    session = transaction.session
    row = locked_order(session, order)
    if row is None:
        return False
    before = _read(session, order)
    for table in _PROJECTION:
        for shown in session.exec(select(table).where(table.order_id == order)).all():
            session.delete(shown)
    session.flush()
    session.expunge_all()
    pieces = {piece.id: piece for piece in session.exec(select(PieceRow).where(PieceRow.order_id == order)).all()}
    for piece in pieces.values():
        session.add_all(step_rows(piece, shop.specifications.specification(piece.specification_sha256)))
    for at, event in taken(session.connection(), order, "storefront", SHOWN):
        if _was_followed(row, pieces.get(piece_of(event)), at):
            show(session, event)
            session.flush()
    for piece in pieces.values():
        if piece.replaced_at is not None:
            close_nonconformances(session, piece.id, piece.replaced_at)
    session.flush()
    if _read(session, order) == before:
        return False
    session.get_one(OrderRow, order).version += 1
    return True


def _was_followed(order: OrderRow, piece: PieceRow | None, at: datetime) -> bool:
    """Whether the order was open and the piece still to be made when the event came."""
    ended = [moment for moment in (order.cancelled_at, piece.replaced_at if piece is not None else None) if moment is not None]
    return piece is not None and all(at <= moment for moment in ended)


def _read(session: Session, order: str) -> list[dict[str, Any]]:
    found: list[SQLModel] = []
    for table in _PROJECTION:
        found += session.exec(select(table).where(table.order_id == order).order_by(*table.__table__.primary_key.columns)).all()
    return [row.model_dump(mode="json") for row in found]
