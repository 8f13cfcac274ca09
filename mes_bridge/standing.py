"""How do work orders and machines stand now, for whoever keeps a picture of the floor?"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from contracts.work_order import MachineStateReport, WorkOrderDocument, WorkOrderState
from mes_bridge.tables import MachineRow, RevisionRow, WorkOrderRow


@dataclass(frozen=True)
class StandingWorkOrder:
    """A work order as it is, or a revision that ended, with the number of its last change. ``ready``: it may start."""

    plant: str
    machine_group: str
    content: WorkOrderDocument
    state: WorkOrderState
    ready: bool
    change: int


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
    return StandingWorkOrder(row.plant, row.machine_group, document, state, row.ready, change)
