"""What is kept of where pieces came from: events of our own pieces, events that others tell, and how both are found again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, insert
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from contracts.events import PieceCompleted
from contracts.gs1 import serial_of
from contracts.model import canonical_json
from contracts.ports import Transaction
from contracts.problems import FieldProblem, InvalidInput, NotFound
from contracts.product import ManufacturingSpecification
from contracts.work_order import WorkOrderState
from ledger.unit_of_work import LedgerTransaction, ledger_transaction
from ledger.upsert import insert_new, inserted
from mes_bridge.engine.tracing.events import Event, Made, Run, events_of, mentions
from mes_bridge.engine.tracing.names import Names
from mes_bridge.floor import SpecificationShelf
from mes_bridge.tables import (
    TRACE_EVENT,
    TRACE_MENTION,
    TRACED_PIECE,
    PieceRow,
    TraceEventRow,
    TraceMentionRow,
    WorkOrderRow,
)

EPCS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList", "parentID")
CLASSES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


@dataclass(frozen=True)
class Sought:
    """Which events are asked for; every part that is given must hold. ``about``: (roles, identifiers), any of either."""

    ids: Sequence[str] = ()
    types: Sequence[str] = ()
    steps: Sequence[str] = ()
    dispositions: Sequence[str] = ()
    actions: Sequence[str] = ()
    at: tuple[datetime | None, datetime | None] = (None, None)
    """From, and before."""
    recorded: tuple[datetime | None, datetime | None] = (None, None)
    about: Sequence[tuple[Sequence[str], Sequence[str]]] = ()


class Tracing:
    def __init__(self, shelf: SpecificationShelf, names: Names, zone: ZoneInfo) -> None:
        self._shelf = shelf
        self._zone = zone
        self.names = names

    def completed(self, transaction: Transaction, event: PieceCompleted) -> None:
        """Keep the events of a finished piece, and where its serial number leads. The same event again changes nothing."""
        ledger = ledger_transaction(transaction)
        piece = ledger.session.get(PieceRow, event.piece)
        if piece is None:
            raise NotFound("piece", event.piece)
        specification = self._shelf.take(piece.specification_sha256)
        gtin = specification.gtin
        if gtin is not None:
            ledger.connection.execute(
                insert_new(ledger.connection, TRACED_PIECE, {"serial": serial_of(piece.piece), "gtin": gtin, "piece": piece.piece})
            )
        runs = _runs(ledger.session, piece.piece, specification)
        made = Made(piece.piece, gtin, piece.plant, runs, event.certificate, self._zone)
        for each in events_of(made, self.names):
            _keep(ledger, each, None)

    def capture(self, ledger: LedgerTransaction, events: Sequence[Event], sender: str) -> list[str]:
        """Keep what others tell; the identifiers of their events. One that is known already is kept once.

        Raises InvalidInput when an identifier was given to another event before; nothing is kept then.
        """
        identifiers = []
        for place, event in enumerate(events):
            named = {"eventID": _identity(event)} | event
            if not _keep(ledger, named, sender):
                known = ledger.session.exec(select(TraceEventRow.content).where(TraceEventRow.id == named["eventID"])).one()
                if known != named:
                    raise InvalidInput(errors=(FieldProblem(f"/epcisBody/eventList/{place}/eventID", "mes_bridge.trace.other_event"),))
            identifiers.append(named["eventID"])
        ledger.audit("trace.capture", sender, facts={"events": len(events)})
        return identifiers


def _runs(session: Session, piece: str, specification: ManufacturingSpecification) -> list[Run]:
    """The last closed run of each operation."""
    rows = session.exec(select(WorkOrderRow).where(WorkOrderRow.piece == piece, WorkOrderRow.state == WorkOrderState.CLOSED.value)).all()
    last: dict[int, WorkOrderRow] = {}
    for row in sorted(rows, key=lambda row: row.attempt):
        last[row.sequence] = row
    known = [last[step.sequence] for step in specification.routing if step.sequence in last]
    runs = [
        Run(row.id, row.sequence, row.attempt, row.machine, row.started_at, row.finished_at)
        for row in known
        if row.started_at is not None and row.finished_at is not None
    ]
    return sorted(runs, key=lambda run: (run.started_at, run.sequence))


def _identity(event: Event) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, canonical_json(event))}"


def _keep(ledger: LedgerTransaction, event: Event, sender: str | None) -> bool:
    """Whether it is new."""
    row = {
        "id": event["eventID"],
        "type": event["type"],
        "step": event.get("bizStep"),
        "disposition": event.get("disposition"),
        "action": event.get("action"),
        "event_at": datetime.fromisoformat(event["eventTime"]),
        "recorded_at": ledger.now,
        "sender": sender,
        "content": event,
    }
    if not inserted(ledger.connection, TRACE_EVENT, row):
        return False
    seq = ledger.connection.execute(select_columns(TRACE_EVENT.c.seq).where(TRACE_EVENT.c.id == event["eventID"])).scalar_one()
    about = [{"identifier": each, "role": role, "seq": seq} for role, each in mentions(event)]
    if about:
        ledger.connection.execute(insert(TRACE_MENTION), about)
    return True


def events(session: Session, sought: Sought, limit: int, after: int | None = None) -> list[tuple[int, Event]]:
    """At most ``limit`` events in the order in which they were recorded, from behind number ``after``, each with its number."""
    wanted = [*_conditions(sought)]
    if after is not None:
        wanted.append(col(TraceEventRow.seq) > after)
    rows = session.exec(select(TraceEventRow).where(*wanted).order_by(col(TraceEventRow.seq)).limit(limit)).all()
    return [(row.seq or 0, row.content | {"recordTime": _written(row.recorded_at)}) for row in rows]


def _conditions(sought: Sought) -> Iterable[ColumnElement[bool]]:
    row = TraceEventRow
    for column, words in (
        (row.id, sought.ids),
        (row.type, sought.types),
        (row.step, sought.steps),
        (row.disposition, sought.dispositions),
        (row.action, sought.actions),
    ):
        if words:
            yield col(column).in_(words)
    for moment, (begin, end) in ((row.event_at, sought.at), (row.recorded_at, sought.recorded)):
        if begin is not None:
            yield col(moment) >= begin
        if end is not None:
            yield col(moment) < end
    for roles, identifiers in sought.about:
        mention = TraceMentionRow
        yield exists().where(and_(col(mention.seq) == col(row.seq), col(mention.role).in_(roles), col(mention.identifier).in_(identifiers)))


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
