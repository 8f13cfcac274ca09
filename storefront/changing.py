"""Changing what an order makes: rehearsed for the preview, done in one transaction when the customer agrees."""

from collections.abc import Sequence

from contracts.access import Principal
from contracts.events import OrderChanged
from contracts.order import OrderState, moved
from contracts.ports import FrozenDesign
from contracts.problems import FieldProblem, InvalidInput, NotFound, PaymentRefused, Problem, PromiseMoved, TooLate, TransitionRefused
from contracts.promise import PieceDemand
from contracts.texts import Message
from contracts.units import Money
from ledger.idempotency import set_aside
from ledger.identifiers import new_id
from ledger.unit_of_work import LedgerTransaction
from storefront.books import close_choice, locked_order, money, ordered_pieces, payments_of, pieces_of, tell, total_of, write_letter
from storefront.engine.changes import Effect, Worth, effect_of_changing, may_change
from storefront.engine.order_life import CUT
from storefront.payment import PaymentState
from storefront.pieces import close_nonconformances, demand, piece_row, price_of, set_amounts, step_rows
from storefront.requests import ChangedDesign, ChangeOrder
from storefront.settling import give_all_back_of, give_back, look_again
from storefront.shop import Shop
from storefront.tables import OrderRow, PaymentRow, PieceRow


class _Rehearsed(Exception):
    """Takes a rehearsal's transaction back."""


def change_order(shop: Shop, principal: Principal, order: str, wanted: ChangeOrder) -> Effect:
    """What the change does to price and date; nothing is changed when only previewed.

    Raises TooLate, PromiseMoved (worse than the request expects), PaymentRefused, StaleRevision, DesignIncomplete, NoPromise, InvalidInput.
    """
    effect = _rehearse(shop, principal, order, wanted)
    if wanted.preview:
        return effect
    payment = None
    if effect.to_pay.amount > 0:
        with set_aside():
            payment = _pay(shop, principal, order, effect.to_pay)
    try:
        with shop.ledger.transaction(principal) as transaction:
            row, done = _redraw(shop, transaction, principal, order, wanted)
            if done.to_pay.amount > effect.to_pay.amount:
                raise PromiseMoved(extra=_terms(done))
            if payment is not None:
                _take(transaction, payment)
            give_back(transaction, row, done.to_refund + (effect.to_pay - done.to_pay))
            transaction.outcome({"order": order, "state": row.state, "effect": done.model_dump(mode="json")})
    except Problem:
        if payment is not None:
            give_all_back_of(shop, principal, payment)
        raise
    return done


def _rehearse(shop: Shop, principal: Principal, order: str, wanted: ChangeOrder) -> Effect:
    for design in wanted.designs:
        shop.designs.prepare(design.design)
    try:
        with shop.ledger.transaction(principal) as transaction:
            _, effect = _redraw(shop, transaction, principal, order, wanted)
            raise _Rehearsed
    except _Rehearsed:
        return effect


def _pay(shop: Shop, principal: Principal, order: str, amount: Money) -> str:
    """Have the difference authorised, with no transaction open; the payment's id. Raises PaymentRefused."""
    with shop.ledger.transaction(principal) as transaction:
        method = payments_of(transaction.session, order)[0].method
        payment = PaymentRow(
            id=new_id("payment"),
            order_id=order,
            method=method,
            state=PaymentState.ASKED,
            amount=amount.amount,
            currency=amount.currency,
            at=transaction.real_now,
        )
        transaction.session.add(payment)
        look_again(transaction, order)
    try:
        shop.payments.authorise(payment.id, amount, method)
    except PaymentRefused:
        with shop.ledger.transaction(principal) as transaction:
            transaction.session.get_one(PaymentRow, payment.id).state = PaymentState.REFUSED
        raise
    return payment.id


def _take(transaction: LedgerTransaction, payment: str) -> None:
    """Raises TransitionRefused when the payment was given up meanwhile: it took too long."""
    row = transaction.session.get_one(PaymentRow, payment, with_for_update=True)
    if row.state != PaymentState.ASKED:
        raise TransitionRefused("payment", row.state, PaymentState.AUTHORISED)
    row.state = PaymentState.AUTHORISED


def _redraw(shop: Shop, transaction: LedgerTransaction, principal: Principal, order: str, wanted: ChangeOrder) -> tuple[OrderRow, Effect]:
    """Replace the pieces, reserve anew, tell everybody."""
    transaction.lock_plant(shop.plant)
    row = locked_order(transaction.session, order)
    if row is None:
        raise NotFound("order", order)
    may_change(OrderState(row.state), row.choice_open).demand()
    before = Worth(total=total_of(row), promised_at=row.promised_at)
    wishes = _wishes(pieces_of(transaction.session, order), wanted, begun=row.state in CUT)
    shop.reservations.release(transaction, order)
    demands = [_replace(shop, transaction, principal, piece, wish) for piece, wish in wishes]
    transaction.session.flush()
    reservation = shop.reservations.reserve(transaction, order, demands, None)
    pieces = pieces_of(transaction.session, order)
    set_amounts(row, [price_of(piece) for piece in pieces], money(row, row.delivery_amount))
    row.promised_at, row.expected_at = reservation.promised_at, None
    effect = effect_of_changing(before, Worth(total=total_of(row), promised_at=row.promised_at))
    if _is_worse(effect, pieces, wanted):
        raise PromiseMoved(extra=_terms(effect))
    shop.reservations.confirm(transaction, order, row.promised_at)
    _announce(transaction, row, pieces, effect)
    return row, effect


def _wishes(pieces: Sequence[PieceRow], wanted: ChangeOrder, begun: bool) -> list[tuple[PieceRow, ChangedDesign | None]]:
    """Every unfinished piece with its wish; None for those that stay as they are.

    Capacity is reserved for an order as a whole, so unfinished pieces start over. Once material is cut a piece that stays
    as it is would be thrown away for nothing: then the wish must name all unfinished ones.
    """
    wishes: dict[str, ChangedDesign] = {}
    for position, wish in enumerate(wanted.designs):
        piece = _named(pieces, wish, position, only=len(pieces) == 1 and len(wanted.designs) == 1)
        if piece.completed_at is not None:
            raise TooLate({"reason": Message(id="storefront.too_late.made")})
        if piece.id in wishes:
            raise InvalidInput(errors=(FieldProblem(f"/designs/{position}/piece", "storefront.change.piece_twice"),))
        wishes[piece.id] = wish
    unfinished = [piece for piece in pieces if piece.completed_at is None]
    if begun and len(wishes) < len(unfinished):
        raise InvalidInput(errors=(FieldProblem("/designs", "storefront.change.all_pieces"),))
    return [(piece, wishes.get(piece.id)) for piece in unfinished]


def _named(pieces: Sequence[PieceRow], wish: ChangedDesign, position: int, only: bool) -> PieceRow:
    for piece in pieces:
        if piece.id == wish.piece or (wish.piece is None and (only or piece.design == wish.design)):
            return piece
    raise InvalidInput(errors=(FieldProblem(f"/designs/{position}/piece", "storefront.change.which_piece"),))


def _replace(shop: Shop, transaction: LedgerTransaction, principal: Principal, old: PieceRow, wish: ChangedDesign | None) -> PieceDemand:
    """A new piece in the old one's place; the old one's work orders are withdrawn under its own name."""
    if wish is None:
        specification = shop.specifications.specification(old.specification_sha256)
        frozen = FrozenDesign(
            design=old.design, revision=old.revision, specification_sha256=old.specification_sha256, specification=specification
        )
    else:
        frozen = shop.designs.freeze(transaction, wish.design, wish.revision, principal)
    new = piece_row(old.order_id, old.position, frozen)
    old.replaced_at = transaction.now
    close_nonconformances(transaction.session, old.id, transaction.now)
    transaction.session.add_all([new, *step_rows(new, frozen.specification)])
    return demand(new, frozen)


def _is_worse(effect: Effect, pieces: Sequence[PieceRow], wanted: ChangeOrder) -> bool:
    """Dearer or later than what the request says the buyer saw; a request that says nothing agrees to what comes."""
    prices = {(piece.design, piece.revision): price_of(piece).total for piece in pieces}
    for wish in wanted.designs:
        if wish.expected is None or effect.after is None:
            continue
        dearer = (prices[wish.design, wish.revision] - wish.expected.price).amount > 0
        if dearer or effect.after.promised_at > wish.expected.promised_at:
            return True
    return False


def _terms(effect: Effect) -> dict[str, object]:
    return effect.model_dump(mode="json", include={"after", "to_pay", "to_refund"})


def _announce(transaction: LedgerTransaction, row: OrderRow, pieces: Sequence[PieceRow], effect: Effect) -> None:
    if row.state not in {OrderState.PLACED, OrderState.PLANNED}:
        row.state = moved(OrderState(row.state), OrderState.PLANNED)
    close_choice(transaction, row, "change")
    transaction.emit(
        OrderChanged(
            order=row.id,
            plant=row.plant,
            pieces=ordered_pieces([piece for piece in pieces if piece.completed_at is None]),
            promised_at=row.promised_at,
            at=transaction.now,
        )
    )
    message = Message(id="storefront.story.changed", params={"promised_at": row.promised_at, "total": total_of(row)})
    number = tell(transaction.session, row, message, transaction.now)
    write_letter(transaction, row, "changed", number, promised_at=row.promised_at, total=total_of(row))
    transaction.audit("order.change", row.id, plant=row.plant, facts={"pieces": [piece.id for piece in pieces]})
