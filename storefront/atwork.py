"""What the shop is doing right now, told to everybody: operations and counts, no orders and no people."""

from sqlmodel import col, func, select

from contracts.model import Contract, Instant
from contracts.texts import Localised
from storefront.engine.order_life import OPEN
from storefront.shop import Shop
from storefront.steps import DONE, RUNNING
from storefront.tables import OrderRow, PieceRow, StepRow

_SHOWN = 6


class StepAtWork(Contract):
    product: Localised
    """What it is a step of."""
    label: Localised
    state: str
    at: Instant


class AtWork(Contract):
    """``kept`` of ``shipped`` orders left so that they arrive by their promised date."""

    open_orders: int
    """Placed and not finished: the planner's board counts the same."""
    shipped: int
    kept: int
    steps: tuple[StepAtWork, ...]


def at_work(shop: Shop) -> AtWork:
    """Counts of all orders and the latest operations."""
    is_shipped = col(OrderRow.shipped_at).is_not(None)
    moment = func.coalesce(StepRow.completed_at, StepRow.started_at)
    latest = (
        select(StepRow, PieceRow.family_label)
        .join(PieceRow, col(PieceRow.id) == col(StepRow.piece))
        .where(col(StepRow.state).in_((RUNNING, DONE)))
        .order_by(moment.desc())
        .limit(_SHOWN)
    )
    with shop.ledger.reading() as session:
        shipped = session.exec(select(func.count()).select_from(OrderRow).where(is_shipped)).one()
        on_time = session.exec(
            select(func.count()).select_from(OrderRow).where(is_shipped, col(OrderRow.expected_at) <= col(OrderRow.promised_at))
        ).one()
        under_way = session.exec(select(func.count()).select_from(OrderRow).where(col(OrderRow.state).in_(OPEN))).one()
        steps = session.exec(latest).all()
    return AtWork(
        open_orders=under_way,
        shipped=shipped,
        kept=on_time,
        steps=tuple(
            StepAtWork(product=Localised.model_validate(product), label=Localised.model_validate(step.label), state=step.state, at=at)
            for step, product in steps
            if (at := step.completed_at or step.started_at) is not None
        ),
    )
