"""Contract ↔ AMQP 0-9-1 message; pure, no socket."""

from dataclasses import dataclass
from typing import Any

from contracts.model import canonical_json
from contracts.work_order import WorkOrderDocument
from mes_bridge.engine.work_order_document import content_hash

EXCHANGE = "lotone.work-orders"
"""A durable topic exchange; routing keys are ``work-order.<plant>.<machine group>.<state>``."""
REPORTS = "lotone.reports"
"""The exchange and the queue for what comes in: one message of a bundle each."""
REFUSED_REPORTS = "lotone.reports.refused"
"""The queue in which refused messages lie, with the reason in their headers."""
CONTENT_TYPE = "application/json"


@dataclass(frozen=True)
class AmqpMessage:
    """``message_id`` names work order, revision and state: receivers drop a repeated one."""

    routing_key: str
    message_id: str
    headers: dict[str, str | int]
    body: bytes


def encode(content: WorkOrderDocument, plant: str, machine_group: str, state: str) -> AmqpMessage:
    """The document as it is; state and hash travel as headers so that the body is the same over every protocol."""
    return AmqpMessage(
        routing_key=f"work-order.{plant}.{machine_group}.{state}",
        message_id=f"{content.work_order}/{content.revision}/{state}",
        headers={
            "work_order": content.work_order,
            "revision": content.revision,
            "state": state,
            "content_sha256": content_hash(content),
        },
        body=canonical_json(content).encode(),
    )


def decode(body: bytes, headers: dict[str, Any]) -> WorkOrderDocument:
    """Raises pydantic.ValidationError for another form, ValueError when the content does not fit its hash."""
    read = WorkOrderDocument.model_validate_json(body)
    if headers.get("content_sha256") != content_hash(read):
        raise ValueError("content_sha256 does not fit the content")
    return read


def as_outside(message: AmqpMessage) -> dict[str, Any]:
    """The message as content of the outbox to the outside (JSON-ready)."""
    return {
        "routing_key": message.routing_key,
        "message_id": message.message_id,
        "headers": message.headers,
        "body": message.body.decode(),
    }


def from_outside(content: dict[str, Any]) -> AmqpMessage:
    return AmqpMessage(content["routing_key"], content["message_id"], dict(content["headers"]), content["body"].encode())
