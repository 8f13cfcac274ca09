"""How the order book is read and written inside a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from contracts.model import Instant
from contracts.order import OrderedPiece, OrderState
from contracts.product import Price
from contracts.texts import Localised, Message
from contracts.units import Money
from ledger.unit_of_work import LedgerTransaction
from storefront.engine.order_life import OpenNonConformance, Standing
from storefront.payment import PaymentState
from storefront.tables import NonConformanceRow, OrderRow, PaymentRow, PieceRow, PromiseChangeRow, StoryRow

_LOCKED_ORDER = select(OrderRow).where(OrderRow.id == bindparam("of_order")).with_for_update()
_LAST_SENTENCE = select(func.max(StoryRow.number)).where(StoryRow.order_id == bindparam("of_order"))
"""Written once: composing them costs more than running them."""


@dataclass
class _Held:
    """An order that the transaction has locked: nobody else changes it, so it is not read again."""

    row: OrderRow
    sentences: int | None = None
    """How many its story has; None until somebody counted them."""
    pieces: dict[str, PieceRow | None] = field(default_factory=dict)
    """Those that somebody asked for."""


def locked_order(session: Session, order: str) -> OrderRow | None:
    """The order's row, locked until the transaction ends; None for an order that this shop did not take."""
    held = _held_by(session)
    if order not in held:
        row = session.exec(_LOCKED_ORDER, params={"of_order": order}).first()
        if row is None:
            return None
        held[order] = _Held(row)
    return held[order].row


def _held_by(session: Session) -> dict[str, _Held]:
    found: dict[str, _Held] = session.info.setdefault("storefront.held", {})
    return found


def is_current(session: Session, row: OrderRow, piece: str) -> bool:
    """Whether the piece belongs to the locked order and is still to be made; events of replaced pieces come late."""
    pieces = _held_by(session)[row.id].pieces
    if piece not in pieces:
        pieces[piece] = session.get(PieceRow, piece)
    found = pieces[piece]
    return found is not None and found.order_id == row.id and found.replaced_at is None


def pieces_of(session: Session, order: str) -> Sequence[PieceRow]:
    """The pieces to be made, in the order's order; replaced ones are left out."""
    query = select(PieceRow).where(PieceRow.order_id == order, col(PieceRow.replaced_at).is_(None)).order_by(col(PieceRow.position))
    return session.exec(query).all()


def payments_of(session: Session, order: str) -> Sequence[PaymentRow]:
    return session.exec(select(PaymentRow).where(PaymentRow.order_id == order).order_by(col(PaymentRow.id))).all()


def money(row: OrderRow, amount: int) -> Money:
    """An amount in the order's currency."""
    return Money.model_validate({"amount": amount, "currency": row.currency})


def total_of(row: OrderRow) -> Money:
    return money(row, row.goods_amount + row.delivery_amount - row.reduction_amount)


def paid(row: OrderRow, payments: Sequence[PaymentRow]) -> Money:
    """What was authorised less what is going back."""
    return money(row, sum(each.amount - each.refund_amount for each in payments if each.state == PaymentState.AUTHORISED))


def ordered_pieces(pieces: Sequence[PieceRow]) -> tuple[OrderedPiece, ...]:
    """The pieces as other rooms may know them."""
    return tuple(
        OrderedPiece(
            piece=piece.id,
            family=piece.family,
            family_label=Localised.model_validate(piece.family_label),
            specification_sha256=piece.specification_sha256,
            price=Price.model_validate(piece.price).total,
        )
        for piece in pieces
    )


def standing_of(session: Session, row: OrderRow) -> Standing:
    """Where the order stands, for the rules of ``engine.order_life``."""
    pieces = pieces_of(session, row.id)
    open_rows = session.exec(
        select(NonConformanceRow).where(NonConformanceRow.order_id == row.id, col(NonConformanceRow.closed_at).is_(None))
    ).all()
    return Standing(
        state=OrderState(row.state),
        pieces=frozenset(piece.id for piece in pieces),
        completed=frozenset(piece.id for piece in pieces if piece.completed_at is not None),
        nonconformances=frozenset(OpenNonConformance(nonconformance=each.nonconformance, piece=each.piece) for each in open_rows),
    )


def last_change(session: Session, order: str) -> PromiseChangeRow | None:
    """The last moved promise, whatever the customer chose."""
    query = select(PromiseChangeRow).where(PromiseChangeRow.order_id == order).order_by(col(PromiseChangeRow.number).desc())
    return session.exec(query).first()


def tell(session: Session, row: OrderRow, message: Message, at: Instant, piece: str | None = None) -> int:
    """Add a sentence to the order's story; its number. The order's version grows, so that open pages look again."""
    held = _held_by(session).get(row.id) or _Held(row)
    if held.sentences is None:
        held.sentences = session.exec(_LAST_SENTENCE, params={"of_order": row.id}).one() or 0
    number = held.sentences = held.sentences + 1
    session.add(StoryRow(order_id=row.id, number=number, piece=piece, message=message.model_dump(mode="json"), at=at))
    row.version += 1
    return number


def write_letter(transaction: LedgerTransaction, row: OrderRow, letter: str, number: int, **params: object) -> None:
    """Order a letter to the customer. The relay writes it at send time in the customer's language (``documents.mail``)."""
    content = {"letter": letter, "order": row.id, "person": row.person, "language": row.language}
    message = Message.model_validate({"id": f"storefront.mail.{letter}.body", "params": params})
    transaction.send(channel="mail", key=f"{row.id}:{letter}:{number}", content={**content, "message": message.model_dump(mode="json")})


def close_choice(transaction: LedgerTransaction, row: OrderRow, choice: str | None) -> None:
    """No choice is open any more; ``choice`` is what the customer took, None when the date came back by itself."""
    change = last_change(transaction.session, row.id)
    if row.choice_open and change is not None:
        change.choice, change.chosen_at = choice, transaction.now
    row.choice_open = False
