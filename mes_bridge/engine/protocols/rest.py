"""Contract ↔ JSON body of the REST protocol; pure, no web framework."""

from typing import Any

from contracts.work_order import LeasedWorkOrder, ListedWorkOrder, Receipt, WorkOrderDocument
from mes_bridge.engine.work_order_document import content_hash


def encode(content: LeasedWorkOrder | ListedWorkOrder) -> dict[str, Any]:
    """One item of a list or lease; ``content_sha256`` is the same whichever protocol carries the document."""
    return content.model_dump(mode="json")


def decode(body: dict[str, Any]) -> WorkOrderDocument:
    """The document an item carries; lease and list members stay behind. Raises pydantic.ValidationError, ValueError."""
    read = WorkOrderDocument.model_validate({name: body[name] for name in WorkOrderDocument.model_fields if name in body})
    if body.get("content_sha256") != content_hash(read):
        raise ValueError("content_sha256 does not fit the content")
    return read


def items(contents: list[LeasedWorkOrder] | list[ListedWorkOrder]) -> dict[str, Any]:
    """The body of a lease or list answer."""
    return {"items": [encode(content) for content in contents]}


def status(receipt: Receipt) -> int:
    """The status of a receipt's answer: 202 for what was set aside."""
    return 202 if receipt.result == "quarantined" else 200
