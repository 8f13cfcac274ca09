"""What the terminal and the quality pages read; nothing here writes."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import and_, func, or_
from sqlmodel import col, select

from contracts.listing import Part, Question
from contracts.naming import is_meant
from contracts.plan import OperationKey
from contracts.problems import NotFound
from contracts.product import CharacteristicSpec, ManufacturingSpecification
from contracts.quality import Certificate, Concession, ConcessionState, JudgedMeasurement, NonConformance
from contracts.texts import Localised
from contracts.work_order import MachineState, ReportKind, WorkOrderDocument, WorkOrderState
from ledger.unit_of_work import Ledger
from mes_bridge import listing
from mes_bridge.engine.judgement import current_values, open_checkpoints
from mes_bridge.engine.work_orders import AT_WORK, IN_HAND, LIVE
from mes_bridge.floor import SpecificationShelf, as_taken, judged, key_of
from mes_bridge.listing import ListedMeasurement
from mes_bridge.tables import (
    ConcessionRow,
    MachineHoldRow,
    MachineRow,
    MeasurementRow,
    NonConformanceRow,
    PieceRow,
    QuarantineRow,
    ReportRow,
    RevisionRow,
    WorkOrderRow,
)
from mes_bridge.views import (
    CheckpointView,
    MeasuredValue,
    NonConformanceStory,
    NonConformanceView,
    PieceStory,
    QuarantinedView,
    QueueItem,
    Station,
    StoryEntry,
    TakenReport,
    WorkOrderView,
)

S = WorkOrderState


class Stations:
    def __init__(self, ledger: Ledger, shelf: SpecificationShelf) -> None:
        self._ledger = ledger
        self._shelf = shelf

    def stations(self) -> list[Station]:
        """Every machine that work was released for, with what lies before it."""
        with self._ledger.reading() as session:
            machines = session.exec(select(MachineRow).order_by(col(MachineRow.machine_group), col(MachineRow.machine))).all()
            counted = session.exec(
                select(WorkOrderRow.machine, WorkOrderRow.state, WorkOrderRow.ready, func.count())
                .where(col(WorkOrderRow.state).in_([state.value for state in LIVE]))
                .group_by(col(WorkOrderRow.machine), col(WorkOrderRow.state), col(WorkOrderRow.ready))
            ).all()
            on_hold = set(session.exec(select(MachineHoldRow.machine).where(col(MachineHoldRow.released_at).is_(None))).all())
        found = [_station(machine, [one for one in counted if one[0] == machine.machine]) for machine in machines]
        return [one.model_copy(update={"on_hold": one.machine in on_hold}) for one in found]

    def in_hand(self) -> frozenset[OperationKey]:
        """A lease that has run out holds nothing."""
        begun = col(WorkOrderRow.state).in_([S.ACKNOWLEDGED.value, *(state.value for state in AT_WORK)])
        leased = and_(col(WorkOrderRow.state) == S.LEASED, col(WorkOrderRow.lease_until) > self._ledger.clock.real_now())
        query = select(WorkOrderRow.piece, WorkOrderRow.sequence, WorkOrderRow.attempt).where(or_(begun, leased))
        with self._ledger.reading() as session:
            return frozenset(OperationKey(*found) for found in session.exec(query).all())

    def queue(self, machine: str) -> list[QueueItem]:
        """Everything not finished on the machine, in the order of the plan."""
        with self._ledger.reading() as session:
            rows = session.exec(
                select(WorkOrderRow)
                .where(WorkOrderRow.machine == machine, col(WorkOrderRow.state).in_([state.value for state in LIVE]))
                .order_by(col(WorkOrderRow.planned_start_at), col(WorkOrderRow.id))
            ).all()
        return [_item(row) for row in rows]

    def work_order(self, work_order: str) -> WorkOrderView:
        with self._ledger.reading() as session:
            row = session.get(WorkOrderRow, work_order)
            if row is None:
                raise NotFound("work order", work_order)
            piece = session.get_one(PieceRow, row.piece)
            revision = session.get_one(RevisionRow, (row.id, row.revision))
            reports = session.exec(
                select(ReportRow).where(ReportRow.work_order == row.id).order_by(col(ReportRow.at), col(ReportRow.id))
            ).all()
            measured = session.exec(
                select(MeasurementRow).where(MeasurementRow.work_order == row.id).order_by(col(MeasurementRow.at), col(MeasurementRow.id))
            ).all()
            accepted = session.exec(
                select(ConcessionRow.content).where(ConcessionRow.piece == row.piece, ConcessionRow.state == ConcessionState.ACCEPTED.value)
            ).all()
        gates = [one for one in self._shelf.take(piece.specification_sha256).quality if one.operation == row.sequence]
        conceded = {one.measurement for content in accepted for one in Concession.model_validate(content).measurements}
        current = current_values(as_taken(one) for one in measured)
        return WorkOrderView(
            item=_item(row),
            plant=row.plant,
            specification_sha256=piece.specification_sha256,
            document=WorkOrderDocument.model_validate(revision.document),
            checkpoints=tuple(_checkpoint(gate, measured) for gate in gates),
            open_checkpoints=open_checkpoints(gates, current, conceded),
            reports=tuple(_taken(report) for report in reports),
            started_at=row.started_at,
            finished_at=row.finished_at,
        )

    def nonconformances(self, open_only: bool, limit: int) -> list[NonConformanceView]:
        query = select(NonConformanceRow, WorkOrderRow.label).join(
            WorkOrderRow,
            (col(WorkOrderRow.piece) == col(NonConformanceRow.piece))
            & (col(WorkOrderRow.sequence) == col(NonConformanceRow.sequence))
            & (col(WorkOrderRow.attempt) == col(NonConformanceRow.attempt)),
        )
        if open_only:
            query = query.where(NonConformanceRow.state == "open")
        with self._ledger.reading() as session:
            rows = session.exec(query.order_by(col(NonConformanceRow.id).desc()).limit(limit)).all()
        return [_nonconformance(row, dict(label)) for row, label in rows]

    def nonconformance(self, nonconformance: str) -> NonConformanceStory:
        with self._ledger.reading() as session:
            row = session.get(NonConformanceRow, nonconformance)
            if row is None:
                raise NotFound("nonconformance", nonconformance)
            same_run = (WorkOrderRow.piece == row.piece, WorkOrderRow.sequence == row.sequence, WorkOrderRow.attempt == row.attempt)
            label = session.exec(select(WorkOrderRow.label).where(*same_run)).one()
            asked = select(ConcessionRow.content).where(ConcessionRow.nonconformance == nonconformance)
            concessions = session.exec(asked.order_by(col(ConcessionRow.id).desc())).all()
        view = _nonconformance(row, dict(label))
        return NonConformanceStory(
            view=view,
            concessions=tuple(Concession.model_validate(content) for content in concessions),
            may_propose=view.state == "open" and view.concession is None and view.nonconformance.measurement is not None,
        )

    def quarantined(self, limit: int) -> list[QuarantinedView]:
        with self._ledger.reading() as session:
            rows = session.exec(select(QuarantineRow).order_by(col(QuarantineRow.received_at).desc()).limit(limit)).all()
        return [
            QuarantinedView(sender=one.sender, kind=one.kind, id=one.id, reason=one.reason, received_at=one.received_at) for one in rows
        ]

    def certificate(self, piece: str) -> Certificate:
        with self._ledger.reading() as session:
            row = session.get(PieceRow, piece)
        if row is None or row.certificate is None:
            raise NotFound("certificate", piece)
        return Certificate.model_validate(row.certificate)

    def certificates(self, order: str) -> list[Certificate]:
        with self._ledger.reading() as session:
            rows = session.exec(select(PieceRow).where(PieceRow.order == order).order_by(col(PieceRow.piece))).all()
        return [Certificate.model_validate(row.certificate) for row in rows if row.certificate is not None]

    def measurements(self, limit: int) -> list[JudgedMeasurement]:
        with self._ledger.reading() as session:
            rows = session.exec(
                select(MeasurementRow, PieceRow.specification_sha256)
                .join(PieceRow, col(PieceRow.piece) == col(MeasurementRow.piece))
                .order_by(col(MeasurementRow.at).desc(), col(MeasurementRow.id).desc())
                .limit(limit)
            ).all()
        return [judged(row, self._characteristic(sha256, row.checkpoint)) for row, sha256 in rows]

    def listed_measurements(self, question: Question) -> Part[ListedMeasurement]:
        with self._ledger.reading() as session:
            return listing.measurements(session, question, self._characteristic)

    def _characteristic(self, sha256: str, checkpoint: str) -> CharacteristicSpec:
        return next(one for one in self._shelf.take(sha256).quality if one.checkpoint == checkpoint)

    def pieces(self, order: str) -> list[str]:
        with self._ledger.reading() as session:
            return list(session.exec(select(PieceRow.piece).where(PieceRow.order == order).order_by(col(PieceRow.piece))).all())

    def pieces_meant(self, code: str) -> list[str]:
        """Pieces whose name, or whose order's name, somebody scanned or typed (all of it, or its end)."""
        end = code.upper()
        alike = or_(col(PieceRow.piece).endswith(end, autoescape=True), col(PieceRow.order).endswith(end, autoescape=True))
        exact = or_(col(PieceRow.piece) == code, col(PieceRow.order) == code)
        with self._ledger.reading() as session:
            rows = session.exec(select(PieceRow).where(or_(exact, alike)).order_by(col(PieceRow.piece))).all()
        return [row.piece for row in rows if is_meant(row.piece, code) or is_meant(row.order, code)]

    def last_runs(self, piece: str) -> dict[int, int]:
        """Operation → the number of its last run that was not withdrawn."""
        runs = select(col(WorkOrderRow.sequence), func.max(col(WorkOrderRow.attempt))).where(
            WorkOrderRow.piece == piece, WorkOrderRow.state != S.CANCELLED.value
        )
        with self._ledger.reading() as session:
            return dict(session.exec(runs.group_by(col(WorkOrderRow.sequence))).all())

    def piece_story(self, piece: str) -> PieceStory:
        with self._ledger.reading() as session:
            row = session.get(PieceRow, piece)
            if row is None:
                raise NotFound("piece", piece)
            work_orders = session.exec(select(WorkOrderRow).where(WorkOrderRow.piece == piece)).all()
            reports = session.exec(select(ReportRow).where(col(ReportRow.work_order).in_([one.id for one in work_orders]))).all()
            measured = session.exec(select(MeasurementRow).where(MeasurementRow.piece == piece)).all()
            raised = session.exec(select(NonConformanceRow).where(NonConformanceRow.piece == piece)).all()
        entries = _entries(self._shelf.take(row.specification_sha256), work_orders, reports, measured, raised)
        return PieceStory(
            piece=piece,
            order=row.order,
            plant=row.plant,
            specification_sha256=row.specification_sha256,
            held=any(one.state == "open" for one in raised),
            asked=any(one.concession is not None for one in raised),
            cancelled=row.cancelled,
            completed_at=row.completed_at,
            entries=tuple(sorted(entries, key=lambda entry: (entry.at, entry.key.sequence, entry.key.attempt))),
        )


def _station(machine: MachineRow, counted: Sequence[tuple[str, str, bool, int]]) -> Station:
    waiting = [one for one in counted if S(one[1]) not in IN_HAND and one[1] != S.HELD.value]
    return Station(
        machine=machine.machine,
        machine_group=machine.machine_group,
        state=_shown_state(machine.state, any(state == S.IN_PROGRESS.value for _, state, _, _ in counted)),
        since_at=machine.since_at,
        reason=machine.reason,
        ready=sum(count for _, _, ready, count in waiting if ready),
        running=sum(count for _, state, _, count in counted if S(state) in IN_HAND),
        waiting=sum(count for _, _, ready, count in waiting if not ready),
        held=sum(count for _, state, _, count in counted if state == S.HELD.value),
        attended_by=machine.attended_by,
    )


def _shown_state(told: str, at_work: bool) -> MachineState:
    """What a machine said of itself, unless its work says better: few report that they run or stand idle."""
    if told in {"running", "idle"}:
        return "running" if at_work else "idle"
    return cast(MachineState, told)


def _item(row: WorkOrderRow) -> QueueItem:
    return QueueItem(
        work_order=row.id,
        order=row.order,
        key=key_of(row),
        name=row.name,
        label=Localised.model_validate(row.label),
        machine=row.machine,
        planned_start_at=row.planned_start_at,
        planned_end_at=row.planned_end_at,
        state=S(row.state),
        ready=row.ready,
        holder=row.holder,
        nonconformance=row.nonconformance,
    )


def _taken(row: ReportRow) -> TakenReport:
    return TakenReport(
        report=row.id,
        kind=cast(ReportKind, row.kind),
        machine=row.machine,
        at=row.at,
        reason=row.reason,
        operator=row.operator,
        sender=row.sender,
    )


def _checkpoint(gate: CharacteristicSpec, measured: Sequence[MeasurementRow]) -> CheckpointView:
    history = _values([one for one in measured if one.checkpoint == gate.checkpoint], {gate.checkpoint: gate})
    current = next((value.measurement for _, value in history if value.counts), None)
    return CheckpointView(characteristic=gate, current=current, history=tuple(value for _, value in history))


def _values(
    measured: Sequence[MeasurementRow], characteristics: dict[str, CharacteristicSpec]
) -> list[tuple[MeasurementRow, MeasuredValue]]:
    counting: set[tuple[int, str]] = set()
    for attempt in {one.attempt for one in measured}:
        current = current_values(as_taken(one) for one in measured if one.attempt == attempt)
        counting |= {(attempt, value.measurement) for value in current.values()}
    return [
        (
            one,
            MeasuredValue(
                measurement=judged(one, characteristics[one.checkpoint]),
                sender=one.sender,
                corrects=one.corrects,
                counts=(one.attempt, one.id) in counting,
            ),
        )
        for one in measured
    ]


def _nonconformance(row: NonConformanceRow, label: dict[str, str]) -> NonConformanceView:
    return NonConformanceView(
        nonconformance=NonConformance.model_validate(row.content),
        label=Localised.model_validate(label),
        state=cast(Any, row.state),
        closed_at=row.closed_at,
        correction=row.correction,
        concession=row.concession,
    )


def _entries(
    specification: ManufacturingSpecification,
    work_orders: Sequence[WorkOrderRow],
    reports: Sequence[ReportRow],
    measured: Sequence[MeasurementRow],
    raised: Sequence[NonConformanceRow],
) -> list[StoryEntry]:
    labels = {(one.sequence, one.attempt): one.label for one in work_orders}
    rows = {one.id: one for one in work_orders}
    entries = [
        StoryEntry(at=one.at, key=key_of(rows[one.work_order]), label=_label(rows[one.work_order].label), report=_taken(one))
        for one in reports
    ]
    for row, value in _values(measured, {one.checkpoint: one for one in specification.quality}):
        entries.append(StoryEntry(at=row.at, key=key_of(row), label=_label(labels[row.sequence, row.attempt]), measured=value))
    for failed in raised:
        key = OperationKey(piece=failed.piece, sequence=failed.sequence, attempt=failed.attempt)
        label = labels[failed.sequence, failed.attempt]
        entries.append(StoryEntry(at=failed.raised_at, key=key, label=_label(label), nonconformance=_nonconformance(failed, label)))
    return entries


def _label(label: dict[str, str]) -> Localised:
    return Localised.model_validate(label)
