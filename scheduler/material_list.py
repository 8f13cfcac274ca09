"""The list of material that the plan needs day by day, with what is in stock, on its way and still to be bought."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlmodel import Session, col, select

from contracts.listing import Part, Question
from contracts.model import Contract, Instant
from contracts.units import Quantity
from scheduler.engine.operations import WAITING, instant
from scheduler.engine.plant import Plant
from scheduler.engine.requirements import Need, Requirement, Source, left_after, requirements
from scheduler.live_plan import LIVE
from scheduler.tables import OperationRow, ReservationRow, StockRow


class ListedRequirement(Contract):
    """What the plan needs of a material on a day."""

    item: str
    day: Instant
    """When the first operation of that day that takes it begins."""
    orders: int
    needed: Quantity
    from_stock: Quantity
    awaited: Quantity
    """On its way already."""
    to_buy: Quantity
    order_by: Instant | None
    """The latest moment for the purchase, by the item's lead time; null when nothing is to be bought."""
    due_at: Instant | None
    """When it is to be there by the promises that count on it."""
    overdue: bool
    """It can no longer be there in time."""
    stock_left: Quantity
    """On hand after that day, by the plan."""


def material_requirements(session: Session, plant: Plant, now_s: int, question: Question) -> Part[ListedRequirement]:
    """Of every order in the plan; operations that have begun took theirs already."""
    found = requirements(plant, _needs(session, plant.plant))
    left = left_after(found, _on_hand(session, plant.plant, found))
    rows = [_listed(row, left[number], now_s) for number, row in enumerate(found)]
    words = question.search.casefold().split()
    wanted = [row for row in rows if all(word in row.item.casefold() for word in words) and _let_through(row, question)]
    return _part(wanted, len(rows), question)


def _needs(session: Session, plant: str) -> Iterator[Need]:
    stock = {(row.item, row.supply): row for row in session.exec(select(StockRow).where(StockRow.plant == plant)).all()}
    live = select(ReservationRow.order).where(ReservationRow.plant == plant, col(ReservationRow.state).in_(LIVE))
    waiting = select(OperationRow).where(
        OperationRow.plant == plant, col(OperationRow.state).in_(tuple(WAITING)), col(OperationRow.order).in_(live)
    )
    for row in session.exec(waiting).all():
        for entry in row.allocated:
            known = stock.get((entry["item"], entry["supply"]))
            source = Source.STOCK if known is None or known.lot is not None else Source.BOUGHT if known.purchased else Source.AWAITED
            due_s = known.available_s if known is not None else row.start_s
            yield Need(entry["item"], entry["unit"], entry["quantity"], source, row.order, row.start_s, due_s)


def _on_hand(session: Session, plant: str, found: list[Requirement]) -> dict[str, int]:
    """Free in lots, and what the requirements reserve of them."""
    lots = select(StockRow.item, StockRow.free).where(StockRow.plant == plant, col(StockRow.lot).is_not(None))
    on_hand: dict[str, int] = {}
    for item, free in session.exec(lots).all():
        on_hand[item] = on_hand.get(item, 0) + free
    for row in found:
        on_hand[row.item] = on_hand.get(row.item, 0) + row.by_source[Source.STOCK]
    return on_hand


def _listed(row: Requirement, left: int, now_s: int) -> ListedRequirement:
    def of(quantity: int) -> Quantity:
        return Quantity(value=quantity, unit=row.unit)

    return ListedRequirement(
        item=row.item,
        day=instant(row.needed_s),
        orders=len(row.orders),
        needed=of(row.quantity),
        from_stock=of(row.by_source[Source.STOCK]),
        awaited=of(row.by_source[Source.AWAITED]),
        to_buy=of(row.by_source[Source.BOUGHT]),
        order_by=instant(row.order_by_s) if row.order_by_s is not None else None,
        due_at=instant(row.due_s) if row.due_s is not None else None,
        overdue=row.due_s is not None and max(row.due_s, now_s) > row.needed_s,
        stock_left=of(left),
    )


def _let_through(row: ListedRequirement, question: Question) -> bool:
    bought = question.filters.get("buy")
    return bought is None or (row.to_buy.value > 0) == (bought == "yes")


_SORTS: dict[str, Callable[[ListedRequirement], Any]] = {
    "day": lambda row: row.day,
    "item": lambda row: row.item,
    "orders": lambda row: row.orders,
    "order_by": lambda row: row.order_by,
}


def _part(rows: list[ListedRequirement], total: int, question: Question) -> Part[ListedRequirement]:
    key = _SORTS[question.sort]
    with_value = sorted((row for row in rows if key(row) is not None), key=key, reverse=question.descending)
    ranked = [*with_value, *(row for row in rows if key(row) is None)]
    size = question.size or max(1, len(ranked))
    pages = max(1, -(-len(ranked) // size))
    page = min(question.page, pages)
    return Part(tuple(ranked[(page - 1) * size : page * size]), page, pages, len(ranked), total)
