"""How a connection is tried with a test work order: it is leased and told of like any other, and nothing follows from it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete
from sqlmodel import Session, col, select

from contracts.access import Principal
from contracts.model import Contract, Instant
from contracts.plan import OperationKey
from contracts.problems import IdempotencyMismatch
from contracts.quality import Verdict
from contracts.work_order import (
    Lease,
    LeasedWorkOrder,
    LeaseRequest,
    ListedWorkOrder,
    MeasurementReport,
    Receipt,
    Report,
    WorkOrderDocument,
    WorkOrderState,
)
from ledger.identifiers import new_id
from ledger.unit_of_work import LedgerTransaction
from mes_bridge import lines
from mes_bridge.engine.trial import LENGTH, PREFIX, REVISION, SEQUENCE, after, is_trial, trial_document
from mes_bridge.engine.work_order_document import content_hash
from mes_bridge.engine.work_orders import FINISHED, ReportedFact, WorkOrder, admit, leasable, lease, worked
from mes_bridge.tables import TRIAL, MachineRow, TrialRow

S = WorkOrderState
KEPT = timedelta(days=1)
"""Real time within which it may be taken and told of."""
SHOWN = timedelta(days=7)
"""Real time for which its connection's page shows it after that."""
LASTS = timedelta(minutes=10)
REASON = "test"
"""The remark on every receipt."""
_MOST_MESSAGES = 100
_NEWEST = select(TrialRow).order_by(col(TrialRow.created_at).desc(), col(TrialRow.id).desc()).limit(1)


class TrialMessage(Contract):
    """What was told of a test work order; ``at`` by its own time. ``says``: the report's kind, or the checkpoint."""

    kind: Literal["report", "measurement"]
    id: str
    says: str
    at: Instant
    result: str
    """``accepted``, or why it could not be placed."""
    verdict: Verdict | None


class Trial(Contract):
    """A test work order as its connection's page shows it; times are real ones. ``verdict``: of the last value that counts."""

    work_order: str
    machine_group: str
    machine: str
    state: WorkOrderState
    created_at: Instant
    expires_at: Instant
    messages: int
    verdict: Verdict | None
    told: tuple[TrialMessage, ...]


def begin(transaction: LedgerTransaction, client: str, machine_group: str, machine: str, *, chosen: bool = False) -> Trial:
    """A test work order for the client; the one that is still open, if there is one.

    ``chosen``: it is to be of this machine group; an open one of another, which nobody has taken, gives way.
    """
    known = transaction.session.exec(_NEWEST.where(TrialRow.client == client).with_for_update()).first()
    if known is not None and S(known.state) not in FINISHED and known.expires_at > transaction.real_now:
        if not chosen or known.machine_group == machine_group or known.state != S.RELEASED.value:
            return _shown(known)
        known.expires_at = transaction.real_now
        transaction.session.add(known)
    name, now = new_id(PREFIX), transaction.now.replace(microsecond=0)
    document = trial_document(name, machine, now, now + LASTS)
    row = TrialRow(
        id=name,
        client=client,
        machine_group=machine_group,
        document=document.model_dump(mode="json"),
        content_sha256=content_hash(document),
        state=S.RELEASED.value,
        created_at=transaction.real_now,
        expires_at=transaction.real_now + KEPT,
    )
    transaction.session.add(row)
    transaction.audit("test-order.begin", name, facts={"client": client})
    transaction.session.flush()
    row.change = lines.next_change(transaction.connection)
    return _shown(row)


def place(session: Session, machine_groups: Sequence[str] | None) -> tuple[str, str]:
    """Group and machine that a client of these groups knows; made up while nothing was ever released there."""
    query = select(MachineRow.machine_group, MachineRow.machine)
    if machine_groups is not None:
        query = query.where(col(MachineRow.machine_group).in_(machine_groups))
    found = session.exec(query.order_by(MachineRow.machine_group, MachineRow.machine).limit(1)).first()
    group = next(iter(machine_groups or ()), "TEST")
    return (group, f"{group}-1") if found is None else (found[0], found[1])


def plant_of(session: Session, trial: Trial) -> str:
    """Empty while nothing was ever released to its machine."""
    return session.exec(select(MachineRow.plant).where(MachineRow.machine == trial.machine)).first() or ""


def last(session: Session, client: str) -> Trial | None:
    """The client's newest one."""
    row = session.exec(_NEWEST.where(TrialRow.client == client)).first()
    return None if row is None else _shown(row)


def forget_old(transaction: LedgerTransaction) -> int:
    """Remove those that nobody can tell of any more and no page shows; how many these were."""
    old = delete(TRIAL).where(TRIAL.c.expires_at <= transaction.real_now - SHOWN)
    return transaction.connection.execute(old).rowcount


def document(session: Session, trial: Trial) -> WorkOrderDocument:
    """What it says."""
    return WorkOrderDocument.model_validate(session.get_one(TrialRow, trial.work_order).document)


def taken(transaction: LedgerTransaction, principal: Principal, request: LeaseRequest) -> list[LeasedWorkOrder]:
    """The one that waits for the principal, leased; it comes alone."""
    query = select(TrialRow).where(
        TrialRow.client == principal.id,
        TrialRow.expires_at > transaction.real_now,
        col(TrialRow.state).in_((S.RELEASED.value, S.LEASED.value, S.ACKNOWLEDGED.value)),
    )
    if request.machine_group is not None:
        query = query.where(TrialRow.machine_group == request.machine_group)
    for row in transaction.session.exec(query.with_for_update()).all():
        if leasable(_order(row), transaction.real_now):
            _put(transaction, row, lease(_order(row), principal.id, transaction.real_now, request.seconds))
            held = {"content_sha256": row.content_sha256, "fence": row.fence, "lease_until": row.lease_until}
            return [LeasedWorkOrder.model_validate(row.document | held)]
    return []


def listed(
    session: Session, principal: Principal, states: Sequence[WorkOrderState], machine_group: str | None, since: int, now: datetime
) -> list[ListedWorkOrder]:
    """Those of the principal that changed since."""
    query = select(TrialRow).where(TrialRow.client == principal.id, TrialRow.change > since, TrialRow.expires_at > now)
    if states:
        query = query.where(col(TrialRow.state).in_([state.value for state in states]))
    if machine_group is not None:
        query = query.where(TrialRow.machine_group == machine_group)
    return [
        ListedWorkOrder.model_validate(
            row.document
            | {"content_sha256": row.content_sha256, "state": row.state, "change": row.change}
            | ({"fence": row.fence, "lease_until": row.lease_until} if row.holder is not None else {})
        )
        for row in session.exec(query).all()
    ]


def moved(
    transaction: LedgerTransaction, work_order: str, principal: Principal, step: Callable[[WorkOrder, datetime], WorkOrder]
) -> Lease | None:
    """Acknowledged, extended, given back; None when it is no test work order of the principal."""
    row = _row(transaction, work_order, principal)
    if row is None:
        return None
    order = step(_order(row), transaction.real_now)
    if order != _order(row):
        _put(transaction, row, order)
    return Lease(work_order=row.id, revision=REVISION, state=order.state, fence=row.fence, lease_until=row.lease_until)


def report(transaction: LedgerTransaction, work_order: str, given: Report, principal: Principal, body_sha256: str) -> Receipt | None:
    """Told, with no effect beyond its own state; None when it is no test work order of the principal."""
    row = _row(transaction, work_order, principal)
    if row is None or (known := _known(row, "report", given.report, body_sha256)) is not None:
        return None if row is None else known
    order = admit(_order(row), principal.id, False, given.revision, given.fence)
    refusal = "unknown-revision" if given.revision != REVISION else None
    facts = [ReportedFact(told["id"], told["kind"], datetime.fromisoformat(told["at"])) for told in _counting(row, "report")]
    if refusal is None:
        wanted = worked([*facts, ReportedFact(given.report, given.kind, given.at)])
        order = replace(order, state=after(order, wanted, _verdict(row)))
    told = {"type": "report", "id": given.report, "kind": given.kind, "at": given.at.isoformat(), "body_sha256": body_sha256}
    return _tell(transaction, row, order, told, refusal)


def measure(
    transaction: LedgerTransaction, given: MeasurementReport, principal: Principal, body_sha256: str, judged: Callable[[], Verdict]
) -> Receipt | None:
    """Judged, and nothing else; None when it is no test work order of the principal. ``judged`` raises UnitMismatch, InvalidInput."""
    row = _row(transaction, given.work_order, principal)
    if row is None or (known := _known(row, "measurement", given.measurement, body_sha256)) is not None:
        return None if row is None else known
    order = _order(row)
    refusal = "unknown-checkpoint" if given.checkpoint != LENGTH.checkpoint else None
    verdict = judged() if refusal is None else None
    told = {
        "type": "measurement",
        "id": given.measurement,
        "checkpoint": given.checkpoint,
        "verdict": verdict,
        "at": given.at.isoformat(),
        "body_sha256": body_sha256,
    }
    if verdict is not None:
        order = replace(order, state=after(order, None, verdict))
    return _tell(transaction, row, order, told, refusal)


def _tell(transaction: LedgerTransaction, row: TrialRow, order: WorkOrder, told: dict[str, Any], refusal: str | None) -> Receipt:
    """Kept with its receipt, as long as there are not too many."""
    receipt = Receipt(
        id=told["id"],
        result="accepted" if refusal is None else "quarantined",
        reason=refusal or REASON,
        work_order=row.id,
        state=order.state,
        verdict=told.get("verdict"),
    )
    if len(row.messages) < _MOST_MESSAGES:
        row.messages = [*row.messages, told | {"receipt": receipt.model_dump(mode="json")}]
    _put(transaction, row, order)
    return receipt


def _known(row: TrialRow, kind: str, identifier: str, body_sha256: str) -> Receipt | None:
    for told in row.messages:
        if (told["type"], told["id"]) == (kind, identifier):
            if told["body_sha256"] != body_sha256:
                raise IdempotencyMismatch({"key": identifier})
            return Receipt.model_validate(told["receipt"])
    return None


def _counting(row: TrialRow, kind: str) -> list[dict[str, Any]]:
    return [told for told in row.messages if told["type"] == kind and told["receipt"]["result"] == "accepted"]


def _verdict(row: TrialRow) -> Verdict | None:
    values = _counting(row, "measurement")
    return Verdict(values[-1]["verdict"]) if values else None


def _row(transaction: LedgerTransaction, work_order: str, principal: Principal) -> TrialRow | None:
    if not is_trial(work_order):
        return None
    query = select(TrialRow).where(TrialRow.id == work_order, TrialRow.client == principal.id, TrialRow.expires_at > transaction.real_now)
    return transaction.session.exec(query.with_for_update()).first()


def _order(row: TrialRow) -> WorkOrder:
    return WorkOrder(
        id=row.id,
        key=OperationKey(row.id, SEQUENCE),
        machine_group=row.machine_group,
        revision=REVISION,
        state=S(row.state),
        after=(),
        ready=True,
        holder=row.holder,
        fence=row.fence,
        lease_until=row.lease_until,
    )


def _put(transaction: LedgerTransaction, row: TrialRow, order: WorkOrder) -> None:
    """The number of the change comes last: it is the last lock that a transaction takes."""
    row.state, row.holder, row.fence, row.lease_until = order.state.value, order.holder, order.fence, order.lease_until
    transaction.session.add(row)
    transaction.session.flush()
    row.change = lines.next_change(transaction.connection)


def _shown(row: TrialRow) -> Trial:
    return Trial(
        work_order=row.id,
        machine_group=row.machine_group,
        machine=row.document["operation"]["machine"],
        state=S(row.state),
        created_at=row.created_at,
        expires_at=row.expires_at,
        messages=len(row.messages),
        verdict=_verdict(row),
        told=tuple(_told(each) for each in row.messages),
    )


def _told(told: dict[str, Any]) -> TrialMessage:
    refused = told["receipt"]["result"] != "accepted"
    return TrialMessage.model_validate(
        {
            "kind": told["type"],
            "id": told["id"],
            "says": told.get("kind") or told.get("checkpoint") or LENGTH.checkpoint,
            "at": told["at"],
            "result": told["receipt"]["reason"] if refused else "accepted",
            "verdict": told.get("verdict"),
        }
    )
