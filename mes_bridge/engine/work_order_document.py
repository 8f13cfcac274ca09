"""What a work order tells whoever makes it: one content, whichever protocol carries it."""

from contracts.model import sha256_of
from contracts.plan import ReleasedOperation
from contracts.product import INSPECTION, ManufacturingSpecification, StoredFile
from contracts.work_order import (
    ParameterValue,
    WorkOrderCheckpoint,
    WorkOrderDocument,
    WorkOrderFile,
    WorkOrderMaterial,
    WorkOrderOperation,
)


def document(work_order: str, released: ReleasedOperation, specification: ManufacturingSpecification) -> WorkOrderDocument:
    """The plan's part (machine, times, materials) joined with the specification's (parameters, checkpoints, files)."""
    sequence = released.key.sequence
    parameters = {
        parameter.name: ParameterValue(value=parameter.value, unit=parameter.unit)
        for operation in specification.routing
        if operation.sequence == sequence
        for parameter in operation.parameters
    }
    return WorkOrderDocument(
        work_order=work_order,
        revision=released.revision,
        piece=released.key.piece,
        attempt=released.key.attempt,
        operation=WorkOrderOperation(
            sequence=sequence,
            name=released.name,
            machine=released.machine,
            planned_start=released.planned_start_at,
            planned_end=released.planned_end_at,
            setup_family=released.setup_family,
            parameters=parameters,
        ),
        materials=tuple(
            WorkOrderMaterial(material=one.item, lot=one.lot, quantity=one.quantity, unit=one.unit) for one in released.materials
        ),
        checkpoints=tuple(
            WorkOrderCheckpoint(
                checkpoint=one.checkpoint,
                characteristic=one.characteristic,
                nominal=one.nominal,
                lower=one.lower,
                upper=one.upper,
                physical_minimum=one.physical_minimum,
                unit=one.unit,
                gauge=one.gauge,
            )
            for one in specification.quality
            if one.operation == sequence
        ),
        files=tuple(
            WorkOrderFile(name=one.name, sha256=one.sha256, href=f"/api/v1/mes/work-orders/{work_order}/files/{one.name}")
            for one in files_of(specification, sequence)
        ),
    )


def files_of(specification: ManufacturingSpecification, sequence: int) -> list[StoredFile]:
    """The whole product's picture, the operation's own, and every machine file.

    The pictures of other operations are left out, and those of the inspection, which belong to papers.
    """
    others = {told.picture for told in specification.story if told.picture is not None} - {specification.story_of(sequence).picture}
    return [
        one
        for one in specification.files
        if not (one.name.endswith(".svg") and (picture_of(one.name) in others or one.name.startswith(f"{INSPECTION}.")))
    ]


def picture_of(file: str) -> str:
    """The picture that a file shows, without language and ending."""
    return file.rsplit(".", 2)[0]


def content_hash(content: WorkOrderDocument) -> str:
    """The identity of the content (lower-case hex SHA-256 of the document alone, without lease or protocol)."""
    return sha256_of(WorkOrderDocument(**{name: getattr(content, name) for name in WorkOrderDocument.model_fields}))
