"""What may be asked of where pieces came from and where lots went; each call is one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from contracts.access import Principal
from contracts.events import PieceCompleted
from contracts.gs1 import gtin14, piece_path, serial_of
from contracts.ports import Transaction
from contracts.problems import NotFound
from contracts.quality import Certificate
from contracts.texts import Localised
from contracts.work_order import WorkOrderDocument, WorkOrderState
from ledger.unit_of_work import Ledger
from mes_bridge.engine.tracing.events import Event
from mes_bridge.engine.tracing.genealogy import LotUse, Origin, lot_uses
from mes_bridge.engine.tracing.passport import Passport, passport_of
from mes_bridge.floor import SpecificationShelf
from mes_bridge.tables import (
    PIECE,
    REVISION,
    WORK_ORDER,
    MeasurementRow,
    PieceRow,
    ReportRow,
    TracedPieceRow,
    TraceMentionRow,
    WorkOrderRow,
)
from mes_bridge.tracing import Sought, Tracing, events

Made = tuple[WorkOrderDocument, WorkOrderState]
_INPUT, _WORK_ORDER = "inputQuantityList", "bizTransaction"


class Traces:
    def __init__(self, ledger: Ledger, tracing: Tracing, shelf: SpecificationShelf) -> None:
        self._ledger = ledger
        self._shelf = shelf
        self._tracing = tracing

    def completed(self, transaction: Transaction, event: PieceCompleted) -> None:
        self._tracing.completed(transaction, event)

    def capture(self, told: Sequence[Event], principal: Principal) -> list[str]:
        """Raises InvalidInput."""
        with self._ledger.transaction(principal) as transaction:
            return self._tracing.capture(transaction, told, principal.id)

    def events(self, sought: Sought, limit: int, after: int | None = None) -> list[tuple[int, Event]]:
        with self._ledger.reading() as session:
            return events(session, sought, limit, after)

    def passport(self, gtin: str, serial: str) -> Passport:
        """Raises NotFound for what is no trade item number, a serial number of another item, and a piece that is not finished."""
        with self._ledger.reading() as session:
            traced = session.get(TracedPieceRow, serial)
            piece = None if traced is None or traced.gtin != gtin14(gtin) else session.get(PieceRow, traced.piece)
        if traced is None or piece is None or piece.certificate is None:
            raise NotFound("piece", serial[:40])
        certificate = Certificate.model_validate(piece.certificate)
        return passport_of(traced.gtin, traced.serial, piece.plant, certificate, self._shelf.take(piece.specification_sha256))

    def passport_address(self, piece: str) -> str | None:
        """Where a finished piece's passport is; None while it has none."""
        with self._ledger.reading() as session:
            return _passport(session, piece)

    def origin(self, piece: str) -> Origin:
        """Lots, machines, gauges and people of a piece as far as it is made. Raises NotFound."""
        with self._ledger.reading() as session:
            row = session.get(PieceRow, piece)
            if row is None:
                raise NotFound("piece", piece)
            reported = session.exec(
                select(ReportRow.machine, ReportRow.operator)
                .join(WorkOrderRow, col(WorkOrderRow.id) == col(ReportRow.work_order))
                .where(WorkOrderRow.piece == piece)
            ).all()
            gauges = session.exec(select(MeasurementRow.gauge).where(MeasurementRow.piece == piece)).all()
            specification = self._shelf.take(row.specification_sha256)
            called = {each.gauge: each.gauge_label for each in specification.quality}
            return Origin(
                piece=piece,
                order=row.order,
                passport=_passport(session, piece),
                materials=tuple(lot_uses(row.order, _documents(session, WorkOrderRow.piece == piece), specification)),
                machines=tuple(sorted({machine for machine, _ in reported})),
                gauges=tuple(called.get(gauge, Localised(en=gauge, zh=gauge)) for gauge in sorted(set(gauges))),
                operators=tuple(sorted({operator for _, operator in reported if operator})),
            )

    def uses(self, lot: str) -> list[LotUse]:
        """Every piece that a lot went into or is meant for: what a recall is about.

        Finished pieces are found by their events; those in work by their work orders.
        """
        with self._ledger.reading() as session:
            open_pieces = col(PieceRow.completed_at).is_(None) & col(PieceRow.cancelled).is_(False)
            found = self._uses(session, lot, open_pieces)
            used_by = self._work_orders_with(session, lot)
            if used_by:
                found += self._uses(session, lot, col(PieceRow.completed_at).is_not(None) & col(WorkOrderRow.id).in_(used_by))
        return sorted(found, key=lambda use: (use.piece, use.sequence, use.attempt))

    def _uses(self, session: Session, lot: str, of: ColumnElement[bool]) -> list[LotUse]:
        rows = session.execute(_made_under().where(of)).all()
        pieces = {row[1] for row in rows if any(material["lot"] == lot for material in row[2]["materials"])}
        runs: dict[tuple[str, str, str], list[Made]] = {}
        for order, piece, document, state, sha256 in (
            session.execute(_made_under().where(col(PieceRow.piece).in_(pieces))).all() if pieces else ()
        ):
            made = WorkOrderDocument.model_validate(document), WorkOrderState(state)
            runs.setdefault((piece, order, sha256), []).append(made)
        found = (use for (_, order, sha256), made in runs.items() for use in lot_uses(order, made, self._shelf.take(sha256)))
        return [use for use in found if use.lot == lot]

    def _work_orders_with(self, session: Session, lot: str) -> list[str]:
        ending = self._tracing.names.material("", lot).rpartition("/lots/")[2]
        about = select(TraceMentionRow.seq).where(
            TraceMentionRow.role == _INPUT, col(TraceMentionRow.identifier).endswith(f"/lots/{ending}", autoescape=True)
        )
        named = session.exec(
            select(TraceMentionRow.identifier).where(TraceMentionRow.role == _WORK_ORDER, col(TraceMentionRow.seq).in_(about))
        ).all()
        return [identifier.rpartition("/")[2] for identifier in named]


def _documents(session: Session, of: ColumnElement[bool] | bool) -> list[Made]:
    """Under which work was or is to be done, with how far it is."""
    rows = session.execute(_made_under().where(of)).all()
    return [(WorkOrderDocument.model_validate(document), WorkOrderState(state)) for _, _, document, state, _ in rows]


def _made_under() -> Any:
    """Order, piece, current document, state and specification of every work order."""
    order, revision = WORK_ORDER.c, REVISION.c
    return (
        select_columns(PIECE.c.order, PIECE.c.piece, revision.document, order.state, PIECE.c.specification_sha256)
        .join(WORK_ORDER, order.piece == PIECE.c.piece)
        .join(REVISION, (revision.work_order == order.id) & (revision.revision == order.revision))
    )


def _passport(session: Session, piece: str) -> str | None:
    row = session.get(TracedPieceRow, serial_of(piece))
    return None if row is None or row.piece != piece else piece_path(row.gtin, row.serial)
