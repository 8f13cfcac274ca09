"""What quality engineers search: failures, measured values, messages set aside. Searched, filtered and sorted in SQL."""

from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from sqlalchemy import Row, Table, and_
from sqlalchemy import select as select_columns
from sqlmodel import Session

from contracts.listing import Part, Question
from contracts.model import Contract, Instant
from contracts.product import CharacteristicSpec
from contracts.quality import Disposition, JudgedMeasurement, NonConformance, Source, Verdict
from contracts.texts import Localised, Message
from contracts.units import Quantity, Unit
from ledger.listing import Listing, ranked
from mes_bridge.floor import judged
from mes_bridge.tables import MEASUREMENT, QUARANTINE, NonConformanceRow, PieceRow, WorkOrderRow
from mes_bridge.views import NonConformanceState

FAILURE_STATES: tuple[str, ...] = get_args(NonConformanceState)
VERDICTS = tuple(verdict.value for verdict in Verdict if verdict is not Verdict.BY_CONCESSION)
SOURCES: tuple[str, ...] = get_args(Source)
_FAILED: Table = NonConformanceRow.__table__  # type: ignore[attr-defined]
_WORK_ORDER: Table = WorkOrderRow.__table__  # type: ignore[attr-defined]
_PIECE: Table = PieceRow.__table__  # type: ignore[attr-defined]


class ListedNonConformance(Contract):
    """A failure as the list shows it."""

    piece: str
    order: str
    nonconformance: str
    operation: Localised
    reason: Localised | Message
    """The characteristic that failed, or that the piece was reported as scrap."""
    value: Quantity | None
    lower: Quantity | None
    upper: Quantity | None
    disposition: Disposition
    state: NonConformanceState
    raised_at: Instant
    closed_at: Instant | None


class ListedMeasurement(Contract):
    """A measured value as the list shows it."""

    piece: str
    measurement: str
    characteristic: Localised
    lower: Quantity
    nominal: Quantity
    upper: Quantity
    value: Quantity
    verdict: Verdict
    gauge: Localised
    source: Source
    at: Instant


class ListedMessage(Contract):
    """A message that could not be placed."""

    id: str
    sender: str
    kind: str
    reason: str
    """``mes_bridge.quarantine.<reason>`` says it in words."""
    received_at: Instant


def nonconformances(session: Session, question: Question) -> Part[ListedNonConformance]:
    """What failed."""
    at, work = _FAILED.c, _WORK_ORDER.c
    same_run = and_(work.piece == at.piece, work.sequence == at.sequence, work.attempt == at.attempt)
    listing = Listing(
        rows=select_columns(at.content, at.state, at.closed_at, work.label).join_from(_FAILED, _WORK_ORDER, same_run),
        identity=at.id,
        sorts={
            "piece": at.piece,
            "order": at.order,
            "state": ranked(at.state, FAILURE_STATES),
            "raised_at": at.raised_at,
            "closed_at": at.closed_at,
        },
        searched=(at.piece, at.order, work.name),
        filters={"state": lambda state: at.state == state},
    )
    return listing.answer(session, question).of(_failed)


def measurements(session: Session, question: Question, characteristic: Callable[[str, str], CharacteristicSpec]) -> Part[ListedMeasurement]:
    """What was measured; ``characteristic`` finds a specification's checkpoint."""
    at = MEASUREMENT.c
    listing = Listing(
        rows=select_columns(MEASUREMENT, _PIECE.c.specification_sha256).join_from(MEASUREMENT, _PIECE, _PIECE.c.piece == at.piece),
        identity=at.id,
        sorts={"piece": at.piece, "verdict": at.verdict, "source": at.source, "at": at.at},
        searched=(at.piece, at.checkpoint, _PIECE.c.order),
        filters={"verdict": lambda verdict: at.verdict == verdict, "source": lambda source: at.source == source},
    )

    def made(row: Row[Any]) -> ListedMeasurement:
        return _measured(judged(cast(Any, row), characteristic(row.specification_sha256, row.checkpoint)))

    return listing.answer(session, question).of(made)


def set_aside(session: Session, question: Question, names: Mapping[str, str]) -> Part[ListedMessage]:
    """What could not be placed; ``names`` of the senders by their identifiers."""
    at = QUARANTINE.c
    listing = Listing(
        rows=select_columns(at.id, at.sender, at.kind, at.reason, at.received_at),
        identity=at.sender + at.kind + at.id,
        sorts={"id": at.id, "kind": at.kind, "reason": at.reason, "received_at": at.received_at},
        searched=(at.id, at.kind),
    )

    def made(row: Row[Any]) -> ListedMessage:
        return ListedMessage.model_validate({**row._mapping, "sender": names.get(row.sender, row.sender)})

    return listing.answer(session, question).of(made)


def _failed(row: Row[Any]) -> ListedNonConformance:
    raised = NonConformance.model_validate(row.content)
    value = raised.measurement
    return ListedNonConformance(
        piece=raised.key.piece,
        order=raised.order,
        nonconformance=raised.nonconformance,
        operation=Localised.model_validate(row.label),
        reason=Message(id="quality.scrapped") if value is None else value.label,
        value=None if value is None else _quantity(value.value, value.unit),
        lower=None if value is None else _quantity(value.lower, value.unit),
        upper=None if value is None else _quantity(value.upper, value.unit),
        disposition=raised.disposition,
        state=row.state,
        raised_at=raised.raised_at,
        closed_at=row.closed_at,
    )


def _measured(value: JudgedMeasurement) -> ListedMeasurement:
    return ListedMeasurement(
        piece=value.key.piece,
        measurement=value.measurement,
        characteristic=value.label,
        lower=_quantity(value.lower, value.unit),
        nominal=_quantity(value.nominal, value.unit),
        upper=_quantity(value.upper, value.unit),
        value=_quantity(value.value, value.unit),
        verdict=value.verdict,
        gauge=value.gauge_label,
        source=value.source,
        at=value.at,
    )


def _quantity(value: int, unit: Unit) -> Quantity:
    return Quantity(value=value, unit=unit)
