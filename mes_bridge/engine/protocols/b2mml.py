"""Contract ↔ B2MML V7 document (MESA International; ISA-95 part 4 in XML); pure, no web framework.

Out: ``WorkSchedule`` with a job order for each work order. In: ``WorkPerformance`` (job responses become reports) and ``TestResult``
(property measurements become measurements). The B2MML is used courtesy of MESA International.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from contracts.bundle import Bundled, BundledMeasurement, BundledReport
from contracts.model import Instant
from contracts.work_order import LeasedWorkOrder, ListedWorkOrder, WorkOrderDocument
from mes_bridge.engine.protocols.xml_reading import Element, NotUnderstood, child, children, identified, read, required, text
from mes_bridge.engine.work_order_document import content_hash

NAMESPACE = "http://www.mesa.org/xml/B2MML"
MEDIA_TYPE = "application/xml"
_HEADERS = ("content_sha256", "state", "fence", "lease_until", "change", "station")
"""Members of a list's or lease's item beside the document."""

_KINDS = {
    "Running": "started",
    "Held": "paused",
    "Paused": "paused",
    "Suspended": "paused",
    "Completed": "completed",
    "Closed": "completed",
}
"""Job state → what is reported; ``Aborted`` is scrap, and a state with a quantity while it runs is progress."""


def encode(items: Sequence[LeasedWorkOrder | ListedWorkOrder], published_at: Instant, since: int | None = None) -> bytes:
    """One schedule; what a document has no element for stands in parameters, so that nothing is lost on the way."""
    schedule = etree.Element(f"{{{NAMESPACE}}}WorkSchedule", nsmap={None: NAMESPACE})
    _put(schedule, "ID", "lotone" if since is None else f"lotone-{since}")
    _put(schedule, "PublishedDate", _moment(published_at))
    _put(schedule, "WorkType", "Production")
    for item in items:
        request = _put(schedule, "WorkRequest")
        _put(request, "ID", item.piece)
        _job_order(_put(request, "JobOrder"), item)
    if not items:
        # A schedule holds one request at least; this one asks for nothing.
        request = _put(schedule, "WorkRequest")
        _put(request, "ID", "none")
        _put(_put(request, "JobOrder"), "ID", "none")
    written: bytes = etree.tostring(schedule, xml_declaration=True, encoding="UTF-8")
    return written


def decode(content: bytes) -> list[WorkOrderDocument]:
    """The documents of a schedule. Raises NotUnderstood, pydantic.ValidationError, ValueError when one does not fit its hash."""
    schedule = read(content, NAMESPACE, ("WorkSchedule",))
    return [
        _document(job)
        for request in children(schedule, "WorkRequest")
        for job in children(request, "JobOrder")
        if text(job, "ID") != "none"
    ]


def messages(content: bytes) -> list[Bundled]:
    """What a performance or a test result tells. Raises NotUnderstood with the element at fault, pydantic.ValidationError."""
    root = read(content, NAMESPACE, ("WorkPerformance", "TestResult"))
    if etree.QName(root).localname == "TestResult":
        return [*_measurements(root)]
    return [
        message for response in children(root, "WorkResponse") for job in children(response, "JobResponse") for message in _reports(job)
    ]


def _job_order(job: Element, item: LeasedWorkOrder | ListedWorkOrder) -> None:
    operation = item.operation
    _put(job, "ID", item.work_order)
    _put(job, "Version", str(item.revision))
    _put(job, "StartTime", _moment(operation.planned_start))
    _put(job, "EndTime", _moment(operation.planned_end))
    _put(job, "WorkType", "Production")
    _put(job, "WorkMasterID", operation.name)
    own = {"piece": item.piece, "attempt": item.attempt, "sequence": operation.sequence, "setup_family": operation.setup_family}
    beside = {name: getattr(item, name) for name in _HEADERS if getattr(item, name, None) is not None}
    marked = {"test": "true"} if item.test else {}
    for name, value in (own | beside | marked).items():
        _parameter(job, "JobOrderParameter", name, value)
    for name, parameter in operation.parameters.items():
        _parameter(job, "JobOrderParameter", f"parameter.{name}", parameter.value, parameter.unit)
    for gate in item.checkpoints:
        checkpoint = _parameter(job, "JobOrderParameter", f"checkpoint.{gate.checkpoint}")
        for name, value in gate.model_dump(exclude={"checkpoint"}).items():
            _parameter(checkpoint, "ParameterChild", name, value)
    for file in item.files:
        named = _parameter(job, "JobOrderParameter", f"file.{file.name}")
        _parameter(named, "ParameterChild", "sha256", file.sha256)
        _parameter(named, "ParameterChild", "href", file.href)
    equipment = _put(job, "EquipmentRequirement")
    _put(equipment, "ID", "1")
    _put(equipment, "EquipmentID", operation.machine)
    for number, material in enumerate(item.materials, 1):
        needed = _put(job, "MaterialRequirement")
        _put(needed, "ID", str(number))
        _put(needed, "MaterialDefinitionID", material.material)
        if material.lot is not None:
            _put(needed, "MaterialLotID", material.lot)
        _put(needed, "MaterialUse", "Consumed")
        quantity = _put(needed, "Quantity")
        _put(quantity, "QuantityString", str(material.quantity))
        _put(quantity, "DataType", "integer")
        _put(quantity, "UnitOfMeasure", material.unit)


def _document(job: Element) -> WorkOrderDocument:
    values = {required(each, "ID"): each for each in children(job, "JobOrderParameter")}
    content: dict[str, Any] = {
        "work_order": required(job, "ID"),
        "revision": _whole(job, "Version"),
        "piece": _value(identified(values, "piece")),
        "attempt": _value(identified(values, "attempt")),
        "operation": {
            "sequence": _value(identified(values, "sequence")),
            "name": required(job, "WorkMasterID"),
            "machine": required(child(job, "EquipmentRequirement"), "EquipmentID"),
            "planned_start": required(job, "StartTime"),
            "planned_end": required(job, "EndTime"),
            "setup_family": _value(identified(values, "setup_family")),
            "parameters": {
                name.removeprefix("parameter."): {"value": _value(each), "unit": _unit(each)}
                for name, each in values.items()
                if name.startswith("parameter.")
            },
        },
        "materials": [
            {
                "material": required(each, "MaterialDefinitionID"),
                "lot": text(each, "MaterialLotID"),
                "quantity": _whole(child(each, "Quantity"), "QuantityString"),
                "unit": required(child(each, "Quantity"), "UnitOfMeasure"),
            }
            for each in children(job, "MaterialRequirement")
        ],
        "checkpoints": [
            {"checkpoint": name.removeprefix("checkpoint.")} | _members(each)
            for name, each in values.items()
            if name.startswith("checkpoint.")
        ],
        "test": "test" in values,
        "files": [{"name": name.removeprefix("file.")} | _members(each) for name, each in values.items() if name.startswith("file.")],
    }
    document = WorkOrderDocument.model_validate(content)
    if _value(identified(values, "content_sha256")) != content_hash(document):
        raise ValueError("content_sha256 does not fit the content")
    return document


def _reports(job: Element) -> Iterator[Bundled]:
    """A job response is one report, named by its ``ID``; with both times also its start, named by ``ID`` and ``/started``."""
    state = required(job, "JobState")
    started_at, ended_at = text(job, "StartTime"), text(job, "EndTime")
    produced = [each for each in children(job, "MaterialActual") if text(each, "MaterialUse") in {"Produced", "Material Produced", None}]
    quantity = _whole(child(produced[0], "Quantity"), "QuantityString") if produced else None
    kind = "scrapped" if state == "Aborted" else "progress" if state == "Running" and quantity is not None else _KINDS.get(state)
    if kind is None:
        raise NotUnderstood("JobState", state)
    told = {required(each, "ID"): each for each in children(job, "JobResponseData")}
    report: dict[str, Any] = {
        "report": required(job, "ID"),
        "revision": _whole(job, "Version"),
        "kind": kind,
        "machine": _equipment(job),
        "at": ended_at or started_at or required(job, "EndTime"),
        "operator": _person(job),
    }
    if "fence" in told:
        report["fence"] = _value(told["fence"])
    if "reason" in told:
        report["reason"] = _value(told["reason"])
    if quantity is not None:
        report["quantity"] = quantity
    work_order = required(job, "JobOrderID")
    if kind != "started" and started_at is not None and ended_at is not None:
        began = report | {"report": f"{report['report']}/started", "kind": "started", "at": started_at, "quantity": 0}
        yield _bundled(work_order, began)
    yield _bundled(work_order, report)


def _measurements(result: Element) -> Iterator[Bundled]:
    """``TestableObjectID`` is the work order, each property measurement a value: ``TestableObjectPropertyID`` its checkpoint."""
    work_order, evaluated_at = required(result, "TestableObjectID"), text(result, "EvaluationDate")
    for measured in children(result, "PropertyMeasurement"):
        value = child(measured, "Value")
        content = {
            "measurement": required(measured, "ID"),
            "work_order": work_order,
            "checkpoint": required(measured, "TestableObjectPropertyID"),
            "value": required(value, "ValueString"),
            "unit": required(value, "UnitOfMeasure"),
            "gauge": text(value, "Key"),
            "at": text(measured, "MeasurementDate") or evaluated_at or required(measured, "MeasurementDate"),
            "source": "gauge",
        }
        yield BundledMeasurement.model_validate({"type": "measurement", "content": content})


def _bundled(work_order: str, report: dict[str, Any]) -> BundledReport:
    return BundledReport.model_validate({"type": "report", "work_order": work_order, "content": report})


def _equipment(job: Element) -> str | None:
    return next((text(each, "EquipmentID") for each in children(job, "EquipmentActual")), None)


def _person(job: Element) -> str | None:
    return next((text(each, "PersonID") for each in children(job, "PersonnelActual")), None)


def _members(parent: Element) -> dict[str, Any]:
    return {required(each, "ID"): _value(each) for each in children(parent, "ParameterChild")}


def _value(holder: Element) -> int | str | None:
    """The value under an element, of the type that it names; None for one that says nothing."""
    value = next(iter(children(holder, "Value")), None)
    if value is None:
        return None
    return _whole(value, "ValueString") if text(value, "DataType") == "integer" else required(value, "ValueString")


def _unit(holder: Element) -> str | None:
    return next((text(value, "UnitOfMeasure") for value in children(holder, "Value")), None)


def _whole(parent: Element, name: str) -> int:
    given = required(parent, name)
    try:
        return int(given)
    except ValueError:
        raise NotUnderstood(name, given) from None


def _parameter(parent: Element, kind: str, name: str, value: object = None, unit: str | None = None) -> Element:
    parameter = _put(parent, kind)
    _put(parameter, "ID", name)
    if value is not None:
        holder = _put(parameter, "Value")
        _put(holder, "ValueString", _moment(value) if isinstance(value, datetime) else str(value))
        _put(holder, "DataType", "integer" if isinstance(value, int) else "string")
        if unit is not None:
            _put(holder, "UnitOfMeasure", unit)
    return parameter


def _put(parent: Element, name: str, content: str | None = None) -> Element:
    put = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    put.text = content
    return put


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
