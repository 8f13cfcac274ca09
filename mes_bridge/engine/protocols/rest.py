"""Contract ↔ JSON body of the REST protocol; pure, no web framework."""

from typing import Any

from contracts.work_order import LeasedWorkOrder, ListedWorkOrder, WorkOrderDocument
from mes_bridge.engine.work_order_document import content_hash

HASH_MEMBER = "content_sha256"


def encode(content: WorkOrderDocument) -> dict[str, Any]:
    """One item of a list or lease; ``content_sha256`` is the same whichever protocol carries the document."""
    body = content.model_dump(mode="json")
    return body | {HASH_MEMBER: content_hash(content)}


def decode(body: dict[str, Any]) -> WorkOrderDocument:
    """The document an item carries; lease and list members stay behind. Raises pydantic.ValidationError, ValueError."""
    read = WorkOrderDocument.model_validate({name: body[name] for name in WorkOrderDocument.model_fields if name in body})
    if body.get(HASH_MEMBER, content_hash(read)) != content_hash(read):
        raise ValueError("content_sha256 does not fit the content")
    return read


def items(contents: list[LeasedWorkOrder] | list[ListedWorkOrder]) -> dict[str, Any]:
    """The body of a lease or list answer."""
    return {"items": [encode(content) for content in contents]}
