"""What the order book learns from the other rooms: plans, work, measurements, moved dates. Called by the dispatcher."""

from contracts.events import (
    ConcessionAsked,
    ConcessionSettled,
    MeasurementJudged,
    NonConformanceClosed,
    NonConformanceRaised,
    NonConformanceWithdrawn,
    OperationCompleted,
    OperationPaused,
    OperationsReleased,
    OperationStarted,
    OrderDelivered,
    OrderEvent,
    OrderPlanned,
    OrderShipped,
    PieceCompleted,
    PromiseChanged,
)
from contracts.order import OrderState
from contracts.ports import Shipping
from contracts.texts import Localised, Message
from ledger.unit_of_work import LedgerTransaction
from storefront import conceding
from storefront.books import close_choice, is_current, last_change, locked_order, standing_of, tell, write_letter
from storefront.engine import order_life
from storefront.engine.order_life import OpenNonConformance, Standing, is_open
from storefront.steps import label_of, step
from storefront.tables import NonConformanceRow, OrderRow, PieceRow, PromiseChangeRow
from storefront.timeline import show

PICK_UP = "storefront.pick_up"
DELIVERY = "storefront.delivery"


def _order(transaction: LedgerTransaction, event: OrderEvent, piece: str | None = None) -> OrderRow | None:
    """The open order that the event is about; None for orders of other shops, ended ones and replaced pieces: nobody follows those."""
    row = locked_order(transaction.session, event.order)
    if row is None or not is_open(OrderState(row.state)):
        return None
    if piece is not None and not is_current(transaction.session, row, piece):
        return None
    return row


def _operation(transaction: LedgerTransaction, event: OperationStarted | OperationCompleted) -> Localised:
    return label_of(step(transaction.session, event.order, event.key, event.name))


def _on_its_road(row: OrderRow) -> Standing:
    """The order without its pieces: how far it has come along the road does not depend on them."""
    return Standing(state=OrderState(row.state), pieces=frozenset())


def _move(row: OrderRow, standing: Standing) -> None:
    row.state = standing.state
    row.version += 1


def order_planned(transaction: LedgerTransaction, event: OrderPlanned) -> None:
    row = _order(transaction, event)
    if row is None:
        return
    first = row.state == OrderState.PLACED
    row.expected_at = event.expected_at
    _move(row, order_life.planned(_on_its_road(row)))
    if first:
        message = Message(id="storefront.story.planned", params={"expected_at": event.expected_at})
        tell(transaction.session, row, message, transaction.now)


def operations_released(transaction: LedgerTransaction, event: OperationsReleased) -> None:
    row = _order(transaction, event)
    if row is None or row.state not in {OrderState.PLACED, OrderState.PLANNED}:
        return
    _move(row, order_life.released(_on_its_road(row)))
    tell(transaction.session, row, Message(id="storefront.story.released"), transaction.now)


def operation_started(transaction: LedgerTransaction, event: OperationStarted) -> None:
    row = _order(transaction, event, event.key.piece)
    if row is None:
        return
    show(transaction.session, event)
    begins = row.state not in order_life.CUT
    _move(row, order_life.started(_on_its_road(row)))
    if begins:
        message = Message(id="storefront.story.begun", params={"operation": _operation(transaction, event)})
        tell(transaction.session, row, message, event.at, event.key.piece)


def operation_paused(transaction: LedgerTransaction, event: OperationPaused) -> None:
    row = _order(transaction, event, event.key.piece)
    if row is not None:
        show(transaction.session, event)
        row.version += 1


def operation_completed(transaction: LedgerTransaction, event: OperationCompleted) -> None:
    row = _order(transaction, event, event.key.piece)
    if row is None:
        return
    show(transaction.session, event)
    message = Message(id="storefront.story.completed", params={"operation": _operation(transaction, event)})
    tell(transaction.session, row, message, event.at, event.key.piece)


def nonconformance_raised(transaction: LedgerTransaction, event: NonConformanceRaised) -> None:
    found = event.nonconformance
    row = _order(transaction, event, found.key.piece)
    if row is None:
        return
    held = OpenNonConformance(nonconformance=found.nonconformance, piece=found.key.piece)
    _move(row, order_life.held(standing_of(transaction.session, row), held))
    show(transaction.session, event)
    piece = transaction.session.get_one(PieceRow, found.key.piece)
    piece.completed_at, piece.certificate = None, None
    if found.measurement is None:
        message = Message(id=f"storefront.story.scrapped_{found.disposition}")
    else:
        message = Message(id=f"storefront.story.failed_{found.disposition}", params={"characteristic": found.measurement.label})
    tell(transaction.session, row, message, found.raised_at, found.key.piece)


def nonconformance_closed(transaction: LedgerTransaction, event: NonConformanceClosed) -> None:
    row = _order(transaction, event, event.piece)
    if row is None:
        return
    closed = transaction.session.get(NonConformanceRow, event.nonconformance)
    if closed is None or closed.closed_at is not None:
        return
    _move(row, order_life.resumed(standing_of(transaction.session, row), event.nonconformance))
    show(transaction.session, event)
    tell(transaction.session, row, Message(id=f"storefront.story.closed_{event.disposition}"), event.at, event.piece)


def nonconformance_withdrawn(transaction: LedgerTransaction, event: NonConformanceWithdrawn) -> None:
    """The wrong value is corrected: nothing had failed, the steps are again what they were."""
    found = event.nonconformance
    row = _order(transaction, event, found.key.piece)
    if row is None:
        return
    closed = transaction.session.get(NonConformanceRow, found.nonconformance)
    if closed is None or closed.closed_at is not None or found.measurement is None:
        return
    _move(row, order_life.resumed(standing_of(transaction.session, row), found.nonconformance))
    show(transaction.session, event)
    message = Message(id="storefront.story.corrected", params={"characteristic": found.measurement.label})
    tell(transaction.session, row, message, event.at, found.key.piece)


def concession_asked(transaction: LedgerTransaction, event: ConcessionAsked) -> None:
    row = _order(transaction, event, event.concession.piece)
    if row is not None:
        conceding.concession_asked(transaction, row, event)


def concession_settled(transaction: LedgerTransaction, event: ConcessionSettled) -> None:
    row = _order(transaction, event, event.concession.piece)
    if row is not None:
        conceding.concession_settled(transaction, row, event)


def piece_completed(transaction: LedgerTransaction, event: PieceCompleted, shipping: Shipping) -> None:
    row = _order(transaction, event, event.piece)
    if row is None:
        return
    standing = order_life.completed(standing_of(transaction.session, row), event.piece)
    piece = transaction.session.get_one(PieceRow, event.piece)
    piece.completed_at, piece.certificate = event.at, event.certificate.certificate
    show(transaction.session, event)
    _move(row, standing)
    tell(transaction.session, row, Message(id="storefront.story.inspected"), event.at, event.piece)
    if row.state == OrderState.INSPECTED:
        shipment = shipping.shipment(transaction, row.id, max(event.at, transaction.now))
        row.pick_up_at, row.expected_at = shipment.pick_up_at, shipment.delivered_by
        close_choice(transaction, row, None)
        transaction.schedule(PICK_UP, row.id, row.pick_up_at, {"order": row.id})


def picked_up(transaction: LedgerTransaction, order: str) -> None:
    """Agenda, business time: the carrier took the pieces and has them with the customer on the expected day."""
    row = locked_order(transaction.session, order)
    if row is None or row.state != OrderState.INSPECTED:
        return
    _move(row, order_life.shipped(standing_of(transaction.session, row)))
    row.shipped_at = transaction.now
    transaction.emit(OrderShipped(order=order, plant=row.plant, at=transaction.now))
    number = tell(transaction.session, row, Message(id="storefront.story.shipped"), transaction.now)
    expected_at = row.expected_at or row.promised_at
    write_letter(transaction, row, "shipped", number, expected_at=expected_at)
    transaction.schedule(DELIVERY, order, expected_at, {"order": order})
    transaction.audit("order.ship", order, plant=row.plant)


def delivered(transaction: LedgerTransaction, order: str) -> None:
    """Agenda, business time: the day of delivery is over, so the product is with its customer, in service."""
    row = locked_order(transaction.session, order)
    if row is None or row.state != OrderState.SHIPPED:
        return
    _move(row, order_life.delivered(standing_of(transaction.session, row)))
    row.delivered_at = row.expected_at or transaction.now
    transaction.emit(OrderDelivered(order=order, plant=row.plant, at=row.delivered_at))
    number = tell(transaction.session, row, Message(id="storefront.story.delivered"), row.delivered_at)
    write_letter(transaction, row, "delivered", number, delivered_at=row.delivered_at)
    transaction.audit("order.deliver", order, plant=row.plant)


def promise_changed(transaction: LedgerTransaction, event: PromiseChanged) -> None:
    """The customer is told at once. A later date than promised opens the choice, one that keeps the promise closes it."""
    row = _order(transaction, event)
    if row is None:
        return
    last = last_change(transaction.session, row.id)
    number = 1 if last is None else last.number + 1
    close_choice(transaction, row, None)
    transaction.session.add(
        PromiseChangeRow(
            order_id=row.id,
            number=number,
            at=event.at,
            old_promised_at=event.old_promised_at,
            new_promised_at=event.new_promised_at,
            cause=event.cause.model_dump(mode="json"),
        )
    )
    row.expected_at = event.new_promised_at
    row.choice_open = event.new_promised_at > row.promised_at
    params = {"old": event.old_promised_at, "new": event.new_promised_at, "cause": event.cause}
    kind = "later" if row.choice_open else "kept"
    told = tell(transaction.session, row, Message(id=f"storefront.story.moved_{kind}", params=params), event.at)
    write_letter(transaction, row, f"moved_{kind}", told, **params)


def measurement_judged(transaction: LedgerTransaction, event: MeasurementJudged) -> None:
    row = _order(transaction, event, event.piece)
    if row is None:
        return
    show(transaction.session, event)
    row.version += 1
