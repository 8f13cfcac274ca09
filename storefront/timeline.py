"""What events show of an order: its operations, measured values and failures. A projection, rebuilt with the same function."""

from sqlmodel import Session

from contracts.events import (
    ConcessionAsked,
    ConcessionSettled,
    MeasurementJudged,
    NonConformanceClosed,
    NonConformanceRaised,
    NonConformanceWithdrawn,
    OperationCompleted,
    OperationPaused,
    OperationStarted,
    OrderEvent,
    PieceCompleted,
)
from contracts.quality import Concession, JudgedMeasurement, NonConformance
from storefront.engine.concessions import asked_of
from storefront.pieces import close_nonconformances
from storefront.steps import complete, go_on, pause, repeat, start, step
from storefront.tables import ConcessionRow, MeasuredRow, NonConformanceRow

SHOWN: tuple[type[OrderEvent], ...] = (
    OperationStarted,
    OperationPaused,
    OperationCompleted,
    MeasurementJudged,
    NonConformanceRaised,
    NonConformanceClosed,
    NonConformanceWithdrawn,
    ConcessionAsked,
    ConcessionSettled,
    PieceCompleted,
)


def piece_of(event: OrderEvent) -> str:
    """The piece that the event is about."""
    match event:
        case OperationStarted() | OperationPaused() | OperationCompleted():
            return event.key.piece
        case NonConformanceRaised() | NonConformanceWithdrawn():
            return event.nonconformance.key.piece
        case ConcessionAsked() | ConcessionSettled():
            return event.concession.piece
        case MeasurementJudged() | NonConformanceClosed() | PieceCompleted():
            return event.piece
    raise TypeError(f"{type(event).__name__} is not shown")


def show(session: Session, event: OrderEvent) -> None:
    """Write what the event changes in the timeline."""
    match event:
        case OperationStarted():
            start(step(session, event.order, event.key, event.name), event.at)
        case OperationPaused():
            pause(step(session, event.order, event.key, str(event.key.sequence)))
        case OperationCompleted():
            complete(step(session, event.order, event.key, event.name), event.at)
        case MeasurementJudged():
            session.merge(_measured(event.order, event.measurement))
        case NonConformanceRaised():
            _raise(session, event.nonconformance)
        case NonConformanceClosed():
            session.get_one(NonConformanceRow, event.nonconformance).closed_at = event.at
        case NonConformanceWithdrawn():
            session.get_one(NonConformanceRow, event.nonconformance.nonconformance).closed_at = event.at
            for key in event.resumed:
                go_on(session, key)
        case ConcessionAsked():
            keep_concession(session, event.concession)
        case ConcessionSettled():
            keep_concession(session, event.concession)
            for key in event.resumed:
                go_on(session, key)
        case PieceCompleted():
            close_nonconformances(session, event.piece, event.at)


def keep_concession(session: Session, concession: Concession) -> None:
    """How a question stands that the customer was asked."""
    asked = asked_of(concession)
    if asked is not None:
        content = asked.model_dump(mode="json")
        session.merge(ConcessionRow(concession=asked.concession, order_id=concession.order, piece=asked.piece, content=content))


def _measured(order: str, judged: JudgedMeasurement) -> MeasuredRow:
    return MeasuredRow(
        measurement=judged.measurement,
        order_id=order,
        piece=judged.key.piece,
        sequence=judged.key.sequence,
        attempt=judged.key.attempt,
        content=judged.model_dump(mode="json"),
    )


def _raise(session: Session, found: NonConformance) -> None:
    piece = found.key.piece
    session.add(NonConformanceRow(nonconformance=found.nonconformance, order_id=found.order, piece=piece, raised_at=found.raised_at))
    repeat(session, found.order, found.key, found.restart)
