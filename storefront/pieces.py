"""How frozen designs become the pieces of an order: rows, steps to follow, demands on capacity, prices."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from contracts.model import Instant
from contracts.ports import FrozenDesign, OpenPiece
from contracts.product import ManufacturingSpecification, Price
from contracts.promise import PieceDemand, PromiseRequest
from contracts.units import Money
from ledger.identifiers import new_id
from storefront.engine.order_life import OPEN
from storefront.engine.tax import tax_within
from storefront.tables import NonConformanceRow, OrderRow, PieceRow, StepRow


def piece_row(order: str, position: int, frozen: FrozenDesign) -> PieceRow:
    """A new piece of the order."""
    specification = frozen.specification
    return PieceRow(
        id=new_id("piece"),
        order_id=order,
        position=position,
        design=frozen.design,
        revision=frozen.revision,
        family=specification.family,
        family_label=specification.family_label.model_dump(),
        specification_sha256=frozen.specification_sha256,
        price=specification.price.model_dump(mode="json"),
    )


def step_rows(piece: PieceRow, specification: ManufacturingSpecification) -> list[StepRow]:
    """The operations that the customer will follow."""
    return [
        StepRow(
            piece=piece.id,
            sequence=operation.sequence,
            attempt=1,
            order_id=piece.order_id,
            label=operation.label.model_dump(),
            state="waiting",
        )
        for operation in specification.routing
    ]


def demand(piece: PieceRow, frozen: FrozenDesign) -> PieceDemand:
    """What the piece asks of the plant."""
    request = PromiseRequest(key=piece.id, routing=frozen.specification.routing, materials=frozen.specification.materials)
    return PieceDemand(piece=piece.id, specification_sha256=frozen.specification_sha256, request=request)


def open_pieces(session: Session, family: str) -> list[OpenPiece]:
    """What is on order of a family, by order."""
    query = (
        select(PieceRow.order_id, PieceRow.design, PieceRow.revision)
        .join(OrderRow, col(OrderRow.id) == PieceRow.order_id)
        .where(PieceRow.family == family, col(PieceRow.replaced_at).is_(None), col(PieceRow.completed_at).is_(None))
        .where(col(OrderRow.state).in_(OPEN))
        .order_by(PieceRow.order_id, col(PieceRow.position))
    )
    return [OpenPiece(order=order, design=design, revision=revision) for order, design, revision in session.exec(query)]


def price_of(piece: PieceRow) -> Price:
    return Price.model_validate(piece.price)


def goods_of(prices: Sequence[Price]) -> Money:
    """The pieces together, tax included. Raises UnitMismatch for two currencies."""
    goods = prices[0].total
    for price in prices[1:]:
        goods = goods + price.total
    return goods


def set_amounts(row: OrderRow, prices: Sequence[Price], delivery: Money) -> None:
    """Write goods, delivery and the tax within both. Delivery is taxed as the dearest rate among the goods.

    A reduction was for pieces that are not made any more.
    """
    goods = goods_of(prices)
    tax = sum(price.tax.amount for price in prices) + tax_within(delivery, max(price.tax_percent for price in prices)).amount
    row.reduction_amount = 0
    row.currency, row.goods_amount, row.delivery_amount, row.tax_amount = goods.currency, goods.amount, delivery.amount, tax


def close_nonconformances(session: Session, piece: str, at: Instant) -> None:
    """A piece that is made or replaced waits for nothing any more."""
    query = select(NonConformanceRow).where(NonConformanceRow.piece == piece, col(NonConformanceRow.closed_at).is_(None))
    for row in session.exec(query).all():
        row.closed_at = at
