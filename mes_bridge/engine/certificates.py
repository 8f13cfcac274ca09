"""When a piece is complete, and what its certificate of conformity says."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from contracts.plan import OperationKey
from contracts.product import ManufacturingSpecification
from contracts.quality import Certificate, Concession, GrantedConcession, JudgedMeasurement, TracedMaterial, Verdict
from contracts.work_order import WorkOrderDocument, WorkOrderState


def complete(specification: ManufacturingSpecification, states: Mapping[tuple[int, int], WorkOrderState]) -> bool:
    """True when the last run of every operation of the routing is closed. ``states``: (sequence, attempt) → state."""
    last: dict[int, tuple[int, WorkOrderState]] = {}
    for (sequence, attempt), state in states.items():
        if sequence not in last or attempt > last[sequence][0]:
            last[sequence] = (attempt, state)
    return all(operation.sequence in last and last[operation.sequence][1] is WorkOrderState.CLOSED for operation in specification.routing)


def traced(documents: Iterable[WorkOrderDocument]) -> tuple[TracedMaterial, ...]:
    """What went into the piece: of each operation the material of its last run that used any (rework uses none anew)."""
    used: dict[int, WorkOrderDocument] = {}
    for document in documents:
        sequence = document.operation.sequence
        if document.materials and (sequence not in used or document.attempt > used[sequence].attempt):
            used[sequence] = document
    return tuple(
        TracedMaterial(
            key=OperationKey(piece=document.piece, sequence=sequence, attempt=document.attempt),
            item=material.material,
            lot=material.lot,
            quantity=material.quantity,
            unit=material.unit,
        )
        for sequence, document in sorted(used.items())
        for material in document.materials
    )


def certificate(
    identifier: str,
    order: str,
    piece: str,
    specification: ManufacturingSpecification,
    specification_sha256: str,
    values: Iterable[JudgedMeasurement],
    nonconformances: Iterable[str],
    materials: Iterable[TracedMaterial],
    concessions: Iterable[Concession],
    now: datetime,
) -> Certificate:
    """``values``: those that count, of every run of the piece; the last run's value of each checkpoint is certified.

    ``concessions``: the accepted ones. Those whose value a later run or measurement replaced are not told: nothing is left of them.
    """
    last: dict[str, JudgedMeasurement] = {}
    for value in values:
        known = last.get(value.checkpoint)
        if known is None or value.key.attempt > known.key.attempt:
            last[value.checkpoint] = value
    certified = tuple(last[one.checkpoint] for one in specification.quality if one.checkpoint in last)
    granted = tuple(_granted(one, certified) for one in concessions if _concerns(one, certified))
    conceded = {measurement for one in granted for measurement in one.measurements}
    told = tuple(one.model_copy(update={"verdict": Verdict.BY_CONCESSION}) if one.measurement in conceded else one for one in certified)
    return Certificate(
        certificate=identifier,
        order=order,
        piece=piece,
        specification_sha256=specification_sha256,
        measurements=told,
        nonconformances=tuple(nonconformances),
        materials=tuple(materials),
        concessions=granted,
        issued_at=now,
        simulated=any(value.source == "simulator" for value in certified),
    )


def _concerns(concession: Concession, certified: Iterable[JudgedMeasurement]) -> bool:
    return not {one.measurement for one in concession.measurements}.isdisjoint(one.measurement for one in certified)


def _granted(concession: Concession, certified: Iterable[JudgedMeasurement]) -> GrantedConcession:
    named = {one.measurement for one in concession.measurements}
    if concession.approved_by is None or concession.settled_at is None:
        raise ValueError(f"{concession.concession} is not accepted")
    return GrantedConcession(
        concession=concession.concession,
        nonconformance=concession.nonconformance,
        measurements=tuple(one.measurement for one in certified if one.measurement in named),
        proposed_by=concession.proposed_by,
        approved_by=concession.approved_by,
        agreed_at=concession.settled_at,
    )
