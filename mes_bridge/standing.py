"""How do work orders and machines stand now, for whoever keeps a picture of the floor?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, func, select

from contracts.work_order import MachineStateReport, WorkOrderDocument, WorkOrderState
from mes_bridge.engine.work_orders import LIVE
from mes_bridge.tables import MachineRow, ReportRow, RevisionRow, WorkOrderRow


@dataclass(frozen=True)
class StandingWorkOrder:
    """A work order as it is, or a revision that ended, with the number of its last change. ``ready``: it may start."""

    plant: str
    machine_group: str
    content: WorkOrderDocument
    state: WorkOrderState
    ready: bool
    change: int
    fence: int = 0
    holder: str | None = None
    """Who has taken or begun it."""
    begun: bool = False
    last_report_at: datetime | None = None
    """By its own time; only told of a work order alone."""


@dataclass(frozen=True)
class StandingMachine:
    plant: str
    machine_group: str
    said: MachineStateReport
    """What it last said of itself."""


def work_orders_since(session: Session, since: int, most: int) -> list[StandingWorkOrder]:
    """What changed after the number ``since``, oldest change first: ``most`` work orders, and the revisions that ended among them.

    An ended revision comes before what its work order is now.
    """
    rows = session.exec(select(WorkOrderRow).where(WorkOrderRow.change > since).order_by(col(WorkOrderRow.change)).limit(most)).all()
    if not rows:
        return []
    until = rows[-1].change
    ended = session.exec(
        select(RevisionRow, WorkOrderRow)
        .join(WorkOrderRow, col(WorkOrderRow.id) == col(RevisionRow.work_order))
        .where(RevisionRow.change > since, RevisionRow.change <= until, col(RevisionRow.standing).in_(("superseded", "cancelled")))
    ).all()
    found = [_standing(row, revision, WorkOrderState(revision.standing), revision.change) for revision, row in ended]
    found += [_standing(row, current, WorkOrderState(row.state), row.change) for row, current in _current(session, rows)]
    return sorted(found, key=lambda one: (one.change, one.content.work_order, one.content.revision))


def live_work_orders(session: Session) -> list[StandingWorkOrder]:
    """Everything of which something may still come, oldest change first."""
    rows = session.exec(
        select(WorkOrderRow).where(col(WorkOrderRow.state).in_([state.value for state in LIVE])).order_by(col(WorkOrderRow.change))
    ).all()
    found = [_standing(row, current, WorkOrderState(row.state), row.change) for row, current in _current(session, rows)]
    return sorted(found, key=lambda one: one.change)


def work_order(session: Session, identifier: str) -> StandingWorkOrder | None:
    """One work order under its current revision; None when there is none."""
    row = session.get(WorkOrderRow, identifier)
    if row is None:
        return None
    found = _standing(row, session.get_one(RevisionRow, (row.id, row.revision)), WorkOrderState(row.state), row.change)
    last = session.exec(select(func.max(ReportRow.at)).where(ReportRow.work_order == identifier)).one()
    return replace(found, last_report_at=last)


def groups_of(session: Session, identifiers: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(plant, machine group) of each work order that is there."""
    query = select(WorkOrderRow.id, WorkOrderRow.plant, WorkOrderRow.machine_group).where(col(WorkOrderRow.id).in_(identifiers))
    return {identifier: (plant, group) for identifier, plant, group in session.exec(query).all()}


def machine_groups(session: Session) -> list[tuple[str, str]]:
    """(plant, machine group) of every machine that work orders were ever released for."""
    found = session.exec(
        select(MachineRow.plant, MachineRow.machine_group).distinct().order_by(col(MachineRow.plant), col(MachineRow.machine_group))
    ).all()
    return [(plant, group) for plant, group in found]


def last_change(session: Session) -> int:
    """0 before the first."""
    return session.exec(select(func.max(WorkOrderRow.change))).one() or 0


def machines(session: Session) -> list[StandingMachine]:
    """Every machine that has said something of itself."""
    rows = session.exec(select(MachineRow).where(col(MachineRow.since_at).is_not(None)).order_by(MachineRow.machine)).all()
    return [
        StandingMachine(
            row.plant,
            row.machine_group,
            MachineStateReport.model_validate({"machine": row.machine, "state": row.state, "at": row.since_at, "reason": row.reason}),
        )
        for row in rows
    ]


def _current(session: Session, rows: Sequence[WorkOrderRow]) -> list[tuple[WorkOrderRow, RevisionRow]]:
    by_key = {(row.id, row.revision): row for row in rows}
    kept = session.exec(select(RevisionRow).where(col(RevisionRow.work_order).in_([row.id for row in rows]))).all()
    return [(by_key[one.work_order, one.revision], one) for one in kept if (one.work_order, one.revision) in by_key]


def _standing(row: WorkOrderRow, revision: RevisionRow, state: WorkOrderState, change: int) -> StandingWorkOrder:
    document = WorkOrderDocument.model_validate(revision.document)
    return StandingWorkOrder(
        row.plant, row.machine_group, document, state, row.ready, change, row.fence, row.holder, row.started_at is not None
    )
