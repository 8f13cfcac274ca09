"""The order book as staff read it: every order, searched, filtered and sorted in SQL. Nothing of the customer is in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table, and_, case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session

from contracts.listing import Part, Question
from contracts.model import Contract, Instant
from contracts.order import OrderState
from contracts.texts import Localised
from contracts.units import Money
from ledger.listing import Listing, ranked
from storefront.tables import OrderRow, PieceRow

SHOWN_STATES = tuple(state.value for state in OrderState if state not in {OrderState.DRAFT, OrderState.EXPIRED})
_ORDER: Table = OrderRow.__table__  # type: ignore[attr-defined]
_PIECE: Table = PieceRow.__table__  # type: ignore[attr-defined]


class ListedOrder(Contract):
    """An order as the list shows it."""

    order: str
    product: Localised
    """Every piece's family."""
    state: OrderState
    placed_at: Instant | None
    promised_at: Instant
    expected_at: Instant | None
    late: bool
    """Expected, or delivered, after the promise."""
    total: Money


def orders(session: Session, question: Question) -> Part[ListedOrder]:
    """Every order but drafts and holds that ran out."""
    at = _ORDER.c
    late = and_(at.state != OrderState.CANCELLED, at.expected_at.is_not(None), at.expected_at > at.promised_at)
    total = at.goods_amount + at.delivery_amount - at.reduction_amount
    columns = (at.id, at.state, at.placed_at, at.promised_at, at.expected_at, at.currency)
    listing = Listing(
        rows=select_columns(*columns, total.label("total"), case((late, 1), else_=0).label("late")).where(at.state.in_(SHOWN_STATES)),
        identity=at.id,
        sorts={
            "order": at.id,
            "state": ranked(at.state, SHOWN_STATES),
            "placed_at": at.placed_at,
            "promised_at": at.promised_at,
            "expected_at": at.expected_at,
            "late": case((late, 0), else_=1),
            "total": total,
        },
        searched=(at.id,),
        filters={
            "state": lambda state: at.state == state,
            "family": lambda family: at.id.in_(
                select_columns(_PIECE.c.order_id).where(_PIECE.c.family == family, _PIECE.c.replaced_at.is_(None))
            ),
            "late": lambda wanted: late if wanted == "yes" else ~late,
        },
    )
    part = listing.answer(session, question)
    products = _products(session, [row.id for row in part.rows])

    def made(row: Row[Any]) -> ListedOrder:
        return ListedOrder(
            order=row.id,
            product=products[row.id],
            state=OrderState(row.state),
            placed_at=row.placed_at,
            promised_at=row.promised_at,
            expected_at=row.expected_at,
            late=bool(row.late),
            total=Money(amount=row.total, currency=row.currency),
        )

    return part.of(made)


def families(session: Session) -> list[tuple[str, Localised]]:
    """Every family that was ordered, as its newest piece calls it."""
    at = _PIECE.c
    newest = select_columns(func.max(at.id)).group_by(at.family)
    query = select_columns(at.family, at.family_label).where(at.id.in_(newest)).order_by(at.family)
    return [(row.family, Localised.model_validate(row.family_label)) for row in session.connection().execute(query)]


def _products(session: Session, orders: Sequence[str]) -> Mapping[str, Localised]:
    """What each order is of, in the order of its pieces."""
    at = _PIECE.c
    query = select_columns(at.order_id, at.family_label).where(at.order_id.in_(orders), at.replaced_at.is_(None)).order_by(at.position)
    labels: dict[str, list[Localised]] = {order: [] for order in orders}
    for row in session.connection().execute(query):
        labels[row.order_id].append(Localised.model_validate(row.family_label))
    return {
        order: Localised(en=", ".join(each.en for each in found), zh="、".join(each.zh for each in found))
        for order, found in labels.items()
    }
