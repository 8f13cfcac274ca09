"""When a piece is complete, and what its certificate of conformity says."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from contracts.product import ManufacturingSpecification
from contracts.quality import Certificate, JudgedMeasurement
from contracts.work_order import WorkOrderState


def complete(specification: ManufacturingSpecification, states: Mapping[tuple[int, int], WorkOrderState]) -> bool:
    """True when the last run of every operation of the routing is closed. ``states``: (sequence, attempt) → state."""
    last: dict[int, tuple[int, WorkOrderState]] = {}
    for (sequence, attempt), state in states.items():
        if sequence not in last or attempt > last[sequence][0]:
            last[sequence] = (attempt, state)
    return all(operation.sequence in last and last[operation.sequence][1] is WorkOrderState.CLOSED for operation in specification.routing)


def certificate(
    identifier: str,
    order: str,
    piece: str,
    specification: ManufacturingSpecification,
    specification_sha256: str,
    values: Iterable[JudgedMeasurement],
    nonconformances: Iterable[str],
    now: datetime,
) -> Certificate:
    """``values``: those that count, of every run of the piece; the last run's value of each checkpoint is certified."""
    last: dict[str, JudgedMeasurement] = {}
    for value in values:
        known = last.get(value.checkpoint)
        if known is None or value.key.attempt > known.key.attempt:
            last[value.checkpoint] = value
    certified = tuple(last[one.checkpoint] for one in specification.quality if one.checkpoint in last)
    return Certificate(
        certificate=identifier,
        order=order,
        piece=piece,
        specification_sha256=specification_sha256,
        measurements=certified,
        nonconformances=tuple(nonconformances),
        issued_at=now,
        simulated=any(value.source == "simulator" for value in certified),
    )
