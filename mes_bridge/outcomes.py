"""What became of work orders so far, with their measured values, for whoever asks for results?"""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from contracts.work_order import WorkOrderDocument, WorkOrderState
from mes_bridge.engine.protocols.opcua import Result, ResultValue
from mes_bridge.engine.work_orders import FINISHED
from mes_bridge.tables import MeasurementRow, RevisionRow, WorkOrderRow


def of_work_orders(session: Session, identifiers: Sequence[str]) -> dict[str, Result]:
    """By identifier; those that are not there are left out."""
    rows = session.exec(
        select(WorkOrderRow, RevisionRow)
        .join(
            RevisionRow, (col(RevisionRow.work_order) == col(WorkOrderRow.id)) & (col(RevisionRow.revision) == col(WorkOrderRow.revision))
        )
        .where(col(WorkOrderRow.id).in_(identifiers))
    ).all()
    measured = session.exec(
        select(MeasurementRow)
        .where(col(MeasurementRow.work_order).in_(identifiers))
        .order_by(col(MeasurementRow.at), col(MeasurementRow.id))
    ).all()
    return {row.id: _result(row, revision, [one for one in measured if one.work_order == row.id]) for row, revision in rows}


def last_finished(session: Session, most: int) -> list[str]:
    """The identifiers of those that ended last, the oldest end first."""
    states = [state.value for state in FINISHED]
    query = select(WorkOrderRow.id).where(col(WorkOrderRow.state).in_(states)).order_by(col(WorkOrderRow.change).desc()).limit(most)
    return list(session.exec(query).all())[::-1]


def _result(row: WorkOrderRow, revision: RevisionRow, measured: Sequence[MeasurementRow]) -> Result:
    corrected = {one.corrects for one in measured}
    latest = {one.checkpoint: one.id for one in measured if one.id not in corrected}
    return Result(
        content=WorkOrderDocument.model_validate(revision.document),
        state=WorkOrderState(row.state),
        ready=row.ready,
        started_at=row.started_at,
        finished_at=row.finished_at,
        values=tuple(
            ResultValue(one.id, one.checkpoint, one.value, one.verdict, one.gauge, one.source, one.at, latest.get(one.checkpoint) == one.id)
            for one in measured
        ),
        nonconformance=row.nonconformance,
    )
