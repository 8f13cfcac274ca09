"""Messages that would have been right."""

from collections.abc import Mapping
from typing import Any

from contracts.work_order import WorkOrderDocument
from mes_bridge.engine.conformance.check import Example
from mes_bridge.engine.conformance.record import Act, Record, ScriptedOrder

MES = "/api/v1/mes"
WORK_ORDERS = f"{MES}/work-orders"
_UNKNOWN = "work_order_…"


def lease(act: Act | None = None) -> Example:
    """As the given one, under the same key."""
    content = dict(act.content) if act is not None else {"count": 10, "seconds": 300}
    return Example(f"POST {WORK_ORDERS}/lease", content, (act.key if act is not None else None) or "lease-0001")


def again(act: Act, **changes: Any) -> Example:
    """The same message, with what has to be different."""
    body = {**act.content, **changes}
    return Example(act.address, body if act.alone else _bundled(act, body), act.key)


def acknowledge(record: Record, work_order: str | None = None) -> Example:
    order = _order(record, work_order)
    name, reference = _UNKNOWN if order is None else order.work_order, {"revision": 1, "fence": 1} if order is None else _reference(order)
    return Example(f"POST {WORK_ORDERS}/{name}/acknowledge", reference)


def report(record: Record, kind: str, work_order: str | None = None, **changes: Any) -> Example:
    order = _order(record, work_order)
    if order is None:
        body: dict[str, Any] = {"report": "hall1-0001", "revision": 1, "fence": 1, "kind": kind, "at": "2026-11-24T08:49:10Z"}
        return Example(f"POST {WORK_ORDERS}/{_UNKNOWN}/reports", body | changes, "hall1-0001")
    name = f"{order.work_order[-8:]}-{kind}"
    operation = order.document.operation
    body = {"report": name, **_reference(order), "kind": kind, "machine": operation.machine, "at": _zulu(operation.planned_end)}
    return Example(f"POST {WORK_ORDERS}/{order.work_order}/reports", body | changes, name)


def measurement(record: Record, work_order: str | None = None, **changes: Any) -> Example:
    """A value in the middle of the checkpoint's limits."""
    order = _order(record, work_order) or next(iter(record.orders), None)
    checkpoints = () if order is None else order.document.checkpoints
    body: dict[str, Any] = {"measurement": "gauge3-0001", "work_order": _UNKNOWN, "checkpoint": "length", "value": 540, "unit": "mm"}
    if order is not None and checkpoints:
        one = checkpoints[0]
        body |= {"work_order": order.work_order, "checkpoint": one.checkpoint, "value": one.nominal, "unit": one.unit, "gauge": one.gauge}
    ended = "2026-11-24T08:49:40Z" if order is None else _zulu(order.document.operation.planned_end)
    return Example(f"POST {MES}/measurements", {**body, "at": ended, "source": "gauge", **changes})


def machine_state(record: Record) -> Example:
    order = next(iter(record.orders), None)
    machine = "CUT-1" if order is None else order.document.operation.machine
    return Example(f"POST {MES}/machine-states", {"machine": machine, "state": "running", "at": "2026-11-24T08:41:00Z"})


def answer(work_order: str, revision: int, to: str, said: str, progress: int | None = None) -> Example:
    body = {"revision": revision, "to": to, "answer": said, "progress": progress}
    return Example(f"POST {WORK_ORDERS}/{work_order}/answer", body)


def follow(since: int) -> Example:
    return Example(f"GET {WORK_ORDERS}?since={since}&wait=20")


def file(document: WorkOrderDocument) -> Example:
    return Example(f"GET {document.files[0].href}" if document.files else f"GET {WORK_ORDERS}/{document.work_order}/files")


def _order(record: Record, work_order: str | None) -> ScriptedOrder | None:
    return record.order(work_order) if work_order is not None else None


def _reference(order: ScriptedOrder) -> dict[str, Any]:
    return {"revision": order.document.revision, "fence": order.fence}


def _bundled(act: Act, body: Mapping[str, Any]) -> dict[str, Any]:
    types = {"acknowledge": "acknowledgement"}
    addressed = {"work_order": act.work_order} if act.kind in {"acknowledge", "report"} else {}
    return {"type": types.get(act.kind, act.kind), **addressed, "content": dict(body)}


def _zulu(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
