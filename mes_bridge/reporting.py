"""What reports, measurements and machine states do, however late, often or disordered they come."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal, cast, get_args

import sqlalchemy as sql
from sqlalchemy import Connection
from sqlmodel import Session, select

from contracts.access import Principal
from contracts.events import MachineStateChanged, MeasurementJudged
from contracts.model import Contract, sha256_of
from contracts.ports import Transaction
from contracts.problems import FieldProblem, IdempotencyMismatch, InvalidInput, NotFound, UnitMismatch
from contracts.product import CharacteristicSpec
from contracts.quality import Verdict
from contracts.units import Quantity
from contracts.work_order import MachineState, MachineStateReport, MeasurementReport, Receipt, Report, WorkOrderState
from ledger.unit_of_work import LedgerTransaction, ledger_transaction
from ledger.upsert import insert_new
from mes_bridge import trials
from mes_bridge.corrections import withdraw
from mes_bridge.engine.holding import Charted, charted
from mes_bridge.engine.judgement import Judgement, fails, judge
from mes_bridge.engine.trial import LENGTH
from mes_bridge.engine.vocabulary import STATES, UNITS, Vocabulary
from mes_bridge.engine.work_orders import WAITING, ReportedFact, WorkOrder, admit, begun_at, finished_at, gate, moves, worked
from mes_bridge.floor import Floor, SpecificationShelf, as_taken, facts_of, judged
from mes_bridge.gauges import Gauges, Taken
from mes_bridge.holds import Holds, demand_free
from mes_bridge.lines import MeasuredLine
from mes_bridge.revisions import Revisions
from mes_bridge.tables import (
    MEASUREMENT,
    QUARANTINE,
    REPORT,
    MachineRow,
    MachineStateRow,
    RevisionRow,
    WorkOrderRow,
)
from mes_bridge.vocabularies import spoken_by
from mes_bridge.work import Work

S = WorkOrderState
AHEAD = timedelta(hours=1)
"""A sender's clock may be this much fast (business time) before what it sends is set aside."""

WITHDRAWN, STANDS = "nonconformance-withdrawn", "nonconformance-stands"
"""Remarks on the correction of a value that had raised a non-conformance."""
_TAKEN = {"report": REPORT, "measurement": MEASUREMENT}
Sent = Literal["report", "measurement", "machine-state"]


def _answer_to(kind: Sent) -> sql.Executable:
    """The receipts under a sender's identifier: of what was taken, and of what was set aside."""
    aside = QUARANTINE.c
    sender: sql.BindParameter[str] = sql.bindparam("of_sender")
    identifier: sql.BindParameter[str] = sql.bindparam("of_id")
    set_aside = sql.select(aside.body_sha256, aside.receipt).where(
        aside.sender == sender, aside.kind == sql.bindparam("of_kind"), aside.id == identifier
    )
    if kind not in _TAKEN:
        return set_aside
    taken = _TAKEN[kind].c
    return sql.select(taken.body_sha256, taken.receipt).where(taken.sender == sender, taken.id == identifier).union_all(set_aside)


_REPORTED = sql.insert(REPORT)
_RECORDED = sql.insert(MEASUREMENT)
_ANSWERED = {kind: _answer_to(kind) for kind in get_args(Sent)}


@dataclass(frozen=True)
class _Letter:
    """Something that was sent: who sent what under which identifier."""

    kind: Sent
    sender: str
    id: str
    content: Contract
    address: str = ""
    at_the_terminal: bool = False
    """The time was put in by us: a form that is sent again is the same letter."""

    @cached_property
    def body_sha256(self) -> str:
        """Of the content and where it was sent to."""
        ours = {"at", "revision"} if self.at_the_terminal else set()
        return sha256_of(f"{self.address} {self.content.model_dump_json(exclude=ours)}")


class Reporting:
    def __init__(self, shelf: SpecificationShelf, revisions: Revisions, gauges: Gauges, holds: Holds) -> None:
        self._shelf = shelf
        self._revisions = revisions
        self._gauges = gauges
        self._holds = holds

    def revision(self, transaction: Transaction, work_order: str) -> int:
        """The current revision. Raises NotFound."""
        row = ledger_transaction(transaction).session.get(WorkOrderRow, work_order)
        if row is None:
            raise NotFound("work order", work_order)
        return row.revision

    def machine(self, transaction: Transaction, work_order: str) -> str:
        """The machine it is planned on. Raises NotFound."""
        row = ledger_transaction(transaction).session.get(WorkOrderRow, work_order)
        if row is None:
            raise NotFound("work order", work_order)
        return row.machine

    def report(self, transaction: Transaction, work_order: str, report: Report, principal: Principal, *, is_person: bool) -> Receipt:
        """Take a report once; what it changes follows from all reports of the work order by their own times."""
        ledger = ledger_transaction(transaction)
        letter = _Letter("report", principal.id, report.report, report, work_order, is_person)
        report = spoken_by(ledger, principal).report(report)
        tried = trials.report(ledger, work_order, report, principal, letter.body_sha256)
        if tried is not None:
            return tried
        floor = Floor.of_work_order(ledger.session, work_order, principal.machine_groups)
        known = _answered(ledger.connection, letter)
        if known is not None:
            return known
        if floor is None:
            return _set_aside(ledger, letter, "unknown-work-order")
        order = floor.orders[work_order]
        refusal = _report_out_of_place(floor, order, report, ledger)
        if refusal is not None:
            return _set_aside(ledger, letter, refusal)
        order = floor.put(admit(order, principal.id, is_person, report.revision, report.fence))
        gate(order, S.IN_PROGRESS)
        if order.state in WAITING:
            demand_free(ledger, report.machine or floor.rows[work_order].machine, report.at)
        facts = [*facts_of(ledger.connection, work_order), ReportedFact(f"{principal.id} {report.report}", report.kind, report.at)]
        machine = report.machine or floor.rows[work_order].machine
        floor.note(work_order, machine, begun_at(facts), finished_at(facts))
        wanted = worked(facts)
        remark = "previous-revision" if report.revision < order.revision else None
        if wanted is not None and moves(order, wanted):
            work = self._work(ledger, floor)
            order = work.consequences.move(order, wanted, report.at, machine, report.reason)
            if wanted is S.SCRAPPED:
                work.pending().give_up(work.resuming())
        elif order.failed and wanted is S.SCRAPPED:
            self._work(ledger, floor).pending().look_again(order, scrapped=True)
        elif any(fact.at > report.at for fact in facts):
            remark = remark or "late"
        floor.save()
        order = floor.orders[work_order]
        receipt = Receipt(
            id=report.report,
            result="accepted",
            reason=remark,
            work_order=work_order,
            state=order.state,
            nonconformance=order.nonconformance,
        )
        ledger.connection.execute(_REPORTED, _report_row(report, letter, machine, receipt, ledger))
        if is_person:
            ledger.audit(f"work-order.{report.kind}", work_order, plant=floor.piece.plant, facts={"reason": report.reason})
        return receipt

    def measure(
        self, transaction: Transaction, given: MeasurementReport, principal: Principal, *, at_the_terminal: bool = False
    ) -> Receipt:
        """Judge a value once; out of tolerance holds the piece at once, the last passed checkpoint closes a complete operation."""
        ledger = ledger_transaction(transaction)
        letter = _Letter("measurement", principal.id, given.measurement, given, at_the_terminal=at_the_terminal)
        names = spoken_by(ledger, principal)
        given = names.measurement(given)
        tried = trials.measure(ledger, given, principal, letter.body_sha256, lambda: _judged(LENGTH, given).verdict)
        if tried is not None:
            return tried
        floor = Floor.of_work_order(ledger.session, given.work_order, principal.machine_groups)
        known = _answered(ledger.connection, letter)
        if known is not None:
            return known
        if floor is None:
            if at_the_terminal:
                raise NotFound("work order", given.work_order)
            return _set_aside(ledger, letter, "unknown-work-order")
        order = floor.orders[given.work_order]
        specification = self._shelf.take(floor.piece.specification_sha256)
        gates = {one.checkpoint: one for one in specification.quality if one.operation == order.key.sequence}
        refusal = _value_out_of_place(floor, order, given, gates, ledger, names)
        if refusal is not None:
            return _set_aside(ledger, letter, refusal)
        gate(order, S.HELD)
        characteristic = gates[given.checkpoint]
        taken = self._gauges.taken_with(ledger, given.gauge or characteristic.gauge, characteristic.unit, given.at)
        judgement = _judged(characteristic, given, taken.guard)
        measured = _measured(given, order, taken, judgement)
        work = self._work(ledger, floor)
        consequences = work.consequences
        others = tuple(consequences.measurements(order))
        if any(other.id == given.measurement for other in others):
            raise IdempotencyMismatch({"key": given.measurement})
        if any(other.id == given.corrects and other.checkpoint != given.checkpoint for other in others):
            return _set_aside(ledger, letter, "corrects-another")
        consequences.record(order, measured)
        counts = all(other.corrects != given.measurement for other in others)
        remark = "corrected" if not counts else "gauge-overdue" if taken.overdue else None
        if counts:
            value = judged(measured, characteristic)
            scope = {"order": floor.piece.order, "plant": floor.piece.plant}
            ledger.emit(MeasurementJudged(**scope, piece=floor.piece.piece, measurement=value))
            if order.state not in {S.HELD, S.SCRAPPED} and fails(map(as_taken, others), as_taken(measured)):
                consequences.fail(order, characteristic, value, given.at)
                work.pending().give_up(work.resuming())
            elif judgement.verdict is Verdict.IN_TOLERANCE and given.corrects is not None and order.failed:
                remark = WITHDRAWN if withdraw(work, order, given.measurement, given.at) else STANDS
            else:
                consequences.close_if_passed(order, given.at, floor.rows[order.id].machine)
            if order.failed and remark != WITHDRAWN:
                work.pending().look_again(order)
        nonconformance = order.nonconformance if remark in {WITHDRAWN, STANDS} else floor.orders[order.id].nonconformance
        receipt = Receipt(
            id=given.measurement,
            result="accepted",
            reason=remark,
            work_order=order.id,
            state=floor.orders[order.id].state,
            verdict=judgement.verdict.value,
            nonconformance=nonconformance,
        )
        operation = next(one.label for one in specification.routing if one.sequence == order.key.sequence)
        chart = charted(characteristic, operation, judgement.value)
        ledger.connection.execute(_RECORDED, _measurement_row(given, letter, measured, chart, receipt, ledger))
        if counts:
            machine = floor.rows[order.id].machine
            self._holds.look(ledger, floor.piece.plant, machine, given.checkpoint, given.measurement, chart)
        # The numbers of changes come last: nobody waits for them while the chart is looked at.
        self._revisions.save(floor) if remark == WITHDRAWN else floor.save()
        if given.source == "person":
            facts = {"checkpoint": given.checkpoint, "verdict": judgement.verdict.value, "corrects": given.corrects}
            ledger.audit("measurement.record", given.measurement, plant=floor.piece.plant, facts=facts)
        return receipt

    def _work(self, ledger: LedgerTransaction, floor: Floor) -> Work:
        return Work(ledger, floor, self._shelf.take(floor.piece.specification_sha256), self._revisions)

    def machine_state(self, transaction: Transaction, state: MachineStateReport, principal: Principal) -> Receipt:
        """The newest state by its own time is the machine's; an older one is kept and changes nothing."""
        ledger = ledger_transaction(transaction)
        letter = _Letter("machine-state", principal.id, f"{state.machine}@{state.at.isoformat()}/{state.state}", state)
        names = spoken_by(ledger, principal)
        state = names.machine_state(state)
        if state.state not in STATES and not names.sets_aside:
            raise InvalidInput(errors=(FieldProblem("/state", "field.one_of", {"expected": ", ".join(STATES)}),))
        machine = ledger.session.exec(select(MachineRow).where(MachineRow.machine == state.machine).with_for_update()).first()
        in_scope = machine is not None and (principal.machine_groups is None or machine.machine_group in principal.machine_groups)
        if machine is None or not in_scope:
            return _answered(ledger.connection, letter) or _set_aside(ledger, letter, "unknown-machine")
        if state.state not in STATES:
            return _answered(ledger.connection, letter) or _set_aside(ledger, letter, "unknown-state")
        if state.at > ledger.now + AHEAD:
            return _answered(ledger.connection, letter) or _set_aside(ledger, letter, "time-ahead")
        receipt = Receipt(id=letter.id, result="accepted")
        if ledger.session.get(MachineStateRow, (state.machine, state.at, state.state)) is not None:
            return receipt
        ledger.session.add(
            MachineStateRow(
                machine=state.machine,
                at=state.at,
                state=state.state,
                reason=state.reason,
                sender=principal.id,
                received_at=ledger.real_now,
            )
        )
        if machine.since_at is not None and state.at < machine.since_at:
            return receipt.model_copy(update={"reason": "late"})
        changed = machine.state != state.state
        machine.state, machine.since_at, machine.reason = state.state, state.at, state.reason
        ledger.session.add(machine)
        if changed:
            ledger.emit(
                MachineStateChanged(
                    plant=machine.plant, machine=state.machine, state=cast(MachineState, state.state), at=state.at, reason=state.reason
                )
            )
        return receipt


def _judged(characteristic: CharacteristicSpec, given: MeasurementReport, guard: Quantity | None = None) -> Judgement:
    try:
        return judge(characteristic, given.value, given.unit, guard)
    except UnitMismatch as mismatch:
        mismatch.errors = (FieldProblem("/unit", "problem.unit-mismatch.detail", mismatch.params),)
        raise


def _report_out_of_place(floor: Floor, order: WorkOrder, report: Report, ledger: LedgerTransaction) -> str | None:
    """Why a report cannot be placed."""
    if report.revision > order.revision and not _issued(floor.session, order.id, report.revision):
        return "unknown-revision"
    if report.machine not in {None, floor.rows[order.id].machine} and floor.session.get(MachineRow, report.machine) is None:
        return "unknown-machine"
    if report.at > ledger.now + AHEAD:
        return "time-ahead"
    if order.state in {S.CANCELLED, S.SUPERSEDED}:
        return order.state.value
    if report.kind == "scrapped" and floor.piece.completed_at is not None:
        return "piece-complete"
    return None


def _value_out_of_place(
    floor: Floor,
    order: WorkOrder,
    given: MeasurementReport,
    gates: dict[str, CharacteristicSpec],
    ledger: LedgerTransaction,
    names: Vocabulary,
) -> str | None:
    """Why a measurement cannot be placed."""
    if given.checkpoint not in gates:
        return "unknown-checkpoint"
    if given.at > ledger.now + AHEAD:
        return "time-ahead"
    if order.state in {S.CANCELLED, S.SUPERSEDED}:
        return order.state.value
    if names.sets_aside and given.unit not in UNITS:
        return "unknown-unit"
    return "piece-complete" if floor.piece.completed_at is not None else None


def _issued(session: Session, work_order: str, revision: int) -> bool:
    return session.get(RevisionRow, (work_order, revision)) is not None


def _answered(connection: Connection, letter: _Letter) -> Receipt | None:
    """The receipt that was given for the letter. Raises IdempotencyMismatch when its identifier had another content."""
    of = {"of_sender": letter.sender, "of_kind": letter.kind, "of_id": letter.id}
    known = connection.execute(_ANSWERED[letter.kind], of).first()
    if known is None:
        return None
    if known.body_sha256 != letter.body_sha256:
        raise IdempotencyMismatch({"key": letter.id})
    return Receipt.model_validate(known.receipt)


def _set_aside(ledger: LedgerTransaction, letter: _Letter, reason: str) -> Receipt:
    """Keep what cannot be placed, with the reason, for a person to look at."""
    receipt = Receipt(id=letter.id, result="quarantined", reason=reason)
    connection = ledger.session.connection()
    connection.execute(
        insert_new(
            connection,
            QUARANTINE,
            {
                "sender": letter.sender,
                "kind": letter.kind,
                "id": letter.id,
                "reason": reason,
                "content": letter.content.model_dump(mode="json") | ({"work_order": letter.address} if letter.address else {}),
                "body_sha256": letter.body_sha256,
                "receipt": receipt.model_dump(mode="json"),
                "received_at": ledger.real_now,
            },
        )
    )
    ledger.audit(f"{letter.kind}.quarantine", letter.id, facts={"reason": reason})
    return receipt


def _report_row(report: Report, letter: _Letter, machine: str, receipt: Receipt, ledger: LedgerTransaction) -> dict[str, Any]:
    return {
        "sender": letter.sender,
        "id": letter.id,
        "work_order": letter.address,
        "revision": report.revision,
        "kind": report.kind,
        "machine": machine,
        "at": report.at,
        "quantity": report.quantity,
        "rejected": report.rejected,
        "reason": report.reason,
        "operator": report.operator,
        "body_sha256": letter.body_sha256,
        "receipt": receipt.model_dump(mode="json"),
        "received_at": ledger.real_now,
    }


def _measured(given: MeasurementReport, order: WorkOrder, taken: Taken, judgement: Judgement) -> MeasuredLine:
    return MeasuredLine(
        id=given.measurement,
        piece=order.key.piece,
        sequence=order.key.sequence,
        attempt=order.key.attempt,
        checkpoint=given.checkpoint,
        value=judgement.value,
        verdict=judgement.verdict.value,
        gauge=taken.gauge,
        source=given.source,
        at=given.at,
        corrects=given.corrects,
        rule=taken.rule,
        uncertainty=None if taken.uncertainty is None else taken.uncertainty.value,
        uncertainty_unit=None if taken.uncertainty is None else taken.uncertainty.unit,
        gauge_overdue=taken.overdue,
    )


def _measurement_row(
    given: MeasurementReport, letter: _Letter, measured: MeasuredLine, chart: Charted, receipt: Receipt, ledger: LedgerTransaction
) -> dict[str, Any]:
    return {
        **asdict(measured),
        "sender": letter.sender,
        "work_order": given.work_order,
        "given_value": str(given.value),
        "given_unit": given.unit,
        "place": chart.place,
        "stream": chart.stream,
        "body_sha256": letter.body_sha256,
        "receipt": receipt.model_dump(mode="json"),
        "received_at": ledger.real_now,
    }
