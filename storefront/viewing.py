"""What a customer sees of an order: one read of the storefront's own rows."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from contracts.access import Permission, Principal
from contracts.model import Contract, Instant
from contracts.order import OrderState, OrderSummary
from contracts.problems import NotFound
from contracts.product import Price
from contracts.quality import ConcessionState, JudgedMeasurement, Verdict
from contracts.texts import Language, Localised, Message
from contracts.units import Money
from storefront.books import money, ordered_pieces, paid, payments_of, pieces_of, total_of
from storefront.conceding import asked
from storefront.engine.changes import may_cancel, may_change
from storefront.engine.concessions import AskedConcession
from storefront.requests import Customer
from storefront.shop import NOBODY, Shop
from storefront.steps import WITHDRAWN
from storefront.tables import MeasuredRow, OrderRow, PieceRow, PromiseChangeRow, StepRow, StoryRow

LISTED = 100


class StepView(Contract):
    sequence: int
    attempt: int
    label: Localised
    state: str
    started_at: Instant | None
    completed_at: Instant | None
    measured: tuple[JudgedMeasurement, ...]


class PieceView(Contract):
    piece: str
    position: int
    design: str
    revision: int
    family: str
    family_label: Localised
    specification_sha256: str
    price: Price
    completed_at: Instant | None
    certificate: str | None
    steps: tuple[StepView, ...]

    @property
    def steps_done(self) -> int:
        return sum(1 for step in self.steps if step.state == "done")


class StoryEntry(Contract):
    number: int
    at: Instant
    piece: str | None
    message: Message


class PromiseMove(Contract):
    """A date that moved, and what the customer chose."""

    at: Instant
    old_promised_at: Instant
    new_promised_at: Instant
    cause: Message
    choice: str | None


class OrderView(Contract):
    """An order as its page, its API answer and its papers show it."""

    order: str
    version: int
    state: OrderState
    language: Language
    pieces: tuple[PieceView, ...]
    goods: Money
    delivery: Money
    reduction: Money
    """What pieces cost less that the customer took as they are."""
    tax: Money
    """Within goods and delivery, less the reduction."""
    total: Money
    paid: Money
    promised_at: Instant
    expected_at: Instant | None
    choice_open: bool
    moves: tuple[PromiseMove, ...]
    concessions: tuple[AskedConcession, ...]
    """What the customer was asked about pieces that are still the order's, newest first."""
    story: tuple[StoryEntry, ...]
    created_at: Instant
    expires_at: Instant | None
    placed_at: Instant | None
    pick_up_at: Instant | None
    shipped_at: Instant | None
    delivered_at: Instant | None
    cancelled_at: Instant | None
    customer: Customer | None
    """None for everybody but the buyer, and once erased."""
    why_not_cancel: Message | None
    why_not_change: Message | None

    @property
    def may_hold(self) -> bool:
        """The promise moved, but as the plan stands now it may be kept after all."""
        return self.choice_open and self.expected_at is not None and self.expected_at <= self.promised_at

    @property
    def new_date(self) -> Instant | None:
        """What the customer was told last, or what is expected since."""
        return self.moves[-1].new_promised_at if self.moves and self.may_hold else self.expected_at


def owns(shop: Shop, principal: Principal, row: OrderRow, key: str | None) -> bool:
    """The buyer: by session, or by the signed key of the link."""
    return (principal.id == row.owner and principal.id != NOBODY) or (key is not None and shop.keys.opens(row.id, key))


def is_owner(shop: Shop, principal: Principal, order: str, key: str | None) -> bool:
    with shop.ledger.reading() as session:
        row = session.get(OrderRow, order)
    return row is not None and owns(shop, principal, row, key)


def require_owner(shop: Shop, principal: Principal, order: str, key: str | None) -> None:
    """Raises NotFound, also for an order that is somebody else's: nobody learns that it exists."""
    if not is_owner(shop, principal, order, key):
        raise NotFound("order", order)


def view_order(shop: Shop, principal: Principal, order: str, key: str | None) -> OrderView:
    """The order for its buyer, or without the customer for staff who may see all. Raises NotFound."""
    with shop.ledger.reading() as session:
        row = session.get(OrderRow, order)
        if row is None:
            raise NotFound("order", order)
        mine = owns(shop, principal, row, key)
        if not mine and not principal.may(Permission.VIEW_ALL_ORDERS):
            raise NotFound("order", order)
        return _view(session, row, customer_of(shop, session, row) if mine else None)


def order_for_papers(shop: Shop, order: str) -> OrderView:
    """The order without any personal value. Raises NotFound."""
    with shop.ledger.reading() as session:
        row = session.get(OrderRow, order)
        if row is None:
            raise NotFound("order", order)
        return _view(session, row, None)


def version_of(shop: Shop, order: str) -> int:
    """Grows with every change that the page shows; 0 for an unknown order."""
    with shop.ledger.reading() as session:
        return session.exec(select(OrderRow.version).where(OrderRow.id == order)).first() or 0


def all_orders(shop: Shop) -> set[str]:
    with shop.ledger.reading() as session:
        return set(session.exec(select(OrderRow.id)).all())


def orders_of(shop: Shop, principal: Principal) -> list[OrderSummary]:
    """The principal's own orders, newest first."""
    if principal.id == NOBODY:
        return []
    query = select(OrderRow).where(OrderRow.owner == principal.id, OrderRow.state != OrderState.EXPIRED)
    with shop.ledger.reading() as session:
        rows = session.exec(query.order_by(col(OrderRow.id).desc()).limit(LISTED)).all()
        return [_summary(session, row) for row in rows]


def own_views(shop: Shop, principal: Principal, page: int, size: int) -> tuple[list[OrderView], bool]:
    """A page of the principal's own orders, newest first, without the customer; and whether there are more."""
    if principal.id == NOBODY:
        return [], False
    query = select(OrderRow).where(OrderRow.owner == principal.id, OrderRow.state != OrderState.EXPIRED)
    with shop.ledger.reading() as session:
        rows = session.exec(query.order_by(col(OrderRow.id).desc()).offset((page - 1) * size).limit(size + 1)).all()
        return [_view(session, row, None) for row in rows[:size]], len(rows) > size


def last_address(shop: Shop, principal: Principal) -> Customer | None:
    """Where the principal's newest order goes; None for who never ordered, or had it erased."""
    if principal.id == NOBODY:
        return None
    query = select(OrderRow).where(OrderRow.owner == principal.id, OrderRow.state != OrderState.EXPIRED)
    with shop.ledger.reading() as session:
        row = session.exec(query.order_by(col(OrderRow.id).desc()).limit(1)).first()
        return None if row is None else customer_of(shop, session, row)


def orders_with(shop: Shop, principal: Principal, designs: Sequence[str]) -> list[str]:
    """The principal's own orders of any of the designs that may still be changed, newest first."""
    if principal.id == NOBODY:
        return []
    query = (
        select(OrderRow)
        .where(OrderRow.owner == principal.id, col(OrderRow.id).in_(select(PieceRow.order_id).where(col(PieceRow.design).in_(designs))))
        .order_by(col(OrderRow.id).desc())
    )
    with shop.ledger.reading() as session:
        rows = session.exec(query).all()
    return [row.id for row in rows if may_change(OrderState(row.state), row.choice_open).why_not is None]


def _summary(session: Session, row: OrderRow) -> OrderSummary:
    return OrderSummary(
        order=row.id,
        plant=row.plant,
        state=OrderState(row.state),
        person=row.person,
        pieces=ordered_pieces(pieces_of(session, row.id)),
        total=total_of(row),
        placed_at=row.placed_at,
        promised_at=row.promised_at,
    )


def customer_of(shop: Shop, session: Session, row: OrderRow) -> Customer | None:
    try:
        return shop.ledger.vault.open_as(session, row.person, row.customer, Customer)
    except NotFound:
        return None


def _view(session: Session, row: OrderRow, customer: Customer | None) -> OrderView:
    state = OrderState(row.state)
    moves = session.exec(select(PromiseChangeRow).where(PromiseChangeRow.order_id == row.id).order_by(col(PromiseChangeRow.number))).all()
    story = session.exec(select(StoryRow).where(StoryRow.order_id == row.id).order_by(col(StoryRow.number))).all()
    concessions = asked(session, row.id)
    agreed = (each.measurements for each in concessions if each.state is ConcessionState.ACCEPTED)
    pieces = tuple(_pieces(session, row.id, frozenset(one.measurement for values in agreed for one in values)))
    return OrderView(
        order=row.id,
        version=row.version,
        state=state,
        language="zh" if row.language == "zh" else "en",
        pieces=pieces,
        goods=money(row, row.goods_amount),
        delivery=money(row, row.delivery_amount),
        reduction=money(row, row.reduction_amount),
        tax=money(row, row.tax_amount),
        total=total_of(row),
        paid=paid(row, payments_of(session, row.id)),
        promised_at=row.promised_at,
        expected_at=row.expected_at,
        choice_open=row.choice_open,
        moves=tuple(PromiseMove.model_validate(each.model_dump(include=set(PromiseMove.model_fields))) for each in moves),
        concessions=tuple(each for each in concessions if each.piece in {piece.piece for piece in pieces}),
        story=tuple(StoryEntry.model_validate(each.model_dump(include=set(StoryEntry.model_fields))) for each in story),
        created_at=row.created_at,
        expires_at=row.expires_at,
        placed_at=row.placed_at,
        pick_up_at=row.pick_up_at,
        shipped_at=row.shipped_at,
        delivered_at=row.delivered_at,
        cancelled_at=row.cancelled_at,
        customer=customer,
        why_not_cancel=may_cancel(state, row.choice_open).why_not,
        why_not_change=may_change(state, row.choice_open).why_not,
    )


def _pieces(session: Session, order: str, conceded: frozenset[str]) -> list[PieceView]:
    """``conceded``: measurements that the customer agreed to."""
    followed = select(StepRow).where(StepRow.order_id == order, StepRow.state != WITHDRAWN)
    steps = session.exec(followed.order_by(col(StepRow.sequence), col(StepRow.attempt))).all()
    measured = session.exec(select(MeasuredRow).where(MeasuredRow.order_id == order)).all()
    return [
        PieceView(
            **piece.model_dump(include=set(PieceView.model_fields) - {"piece", "price", "steps"}),
            piece=piece.id,
            price=Price.model_validate(piece.price),
            steps=tuple(_step(step, measured, conceded) for step in steps if step.piece == piece.id),
        )
        for piece in pieces_of(session, order)
    ]


def _step(step: StepRow, measured: Sequence[MeasuredRow], conceded: frozenset[str]) -> StepView:
    values = [
        _told(JudgedMeasurement.model_validate(each.content), conceded)
        for each in measured
        if (each.piece, each.sequence, each.attempt) == (step.piece, step.sequence, step.attempt)
    ]
    return StepView(
        **step.model_dump(include=set(StepView.model_fields) - {"measured"}),
        measured=tuple(sorted(values, key=lambda value: (value.at, value.measurement))),
    )


def _told(value: JudgedMeasurement, conceded: frozenset[str]) -> JudgedMeasurement:
    return value.model_copy(update={"verdict": Verdict.BY_CONCESSION}) if value.measurement in conceded else value
