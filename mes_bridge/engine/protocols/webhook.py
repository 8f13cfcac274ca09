"""Contract ↔ signed webhook (Standard Webhooks 1.0); pure, no socket.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contracts.model import Instant, canonical_json
from contracts.work_order import WorkOrderDocument
from mes_bridge.engine.work_order_document import content_hash

CONTENT_TYPE = "application/json"
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
SECRET_BYTES = 32
VERSION = "v1"

State = Literal["released", "superseded", "cancelled", "test"]


@dataclass(frozen=True)
class Webhook:
    """``message_id`` names work order, revision and state, as over AMQP: receivers drop a repeated one. ``body`` is what is signed."""

    message_id: str
    body: bytes


def encode(
    content: WorkOrderDocument,
    plant: str,
    machine_group: str,
    state: State,
    at: Instant,
    message_id: str = "",
    station: str | None = None,
) -> Webhook:
    """``data`` is the item that REST gives; ``at`` is when it happened. ``message_id``: where the same state is told more than once.

    ``station``: what the receiver calls the machine, if otherwise.
    """
    event: dict[str, Any] = {
        "type": f"work_order.{state}",
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "plant": plant,
        "machine_group": machine_group,
        "data": {**content.model_dump(mode="json"), "content_sha256": content_hash(content), "state": state},
    }
    if station is not None:
        event["data"]["station"] = station
    return Webhook(message_id or f"{content.work_order}/{content.revision}/{state}", canonical_json(event).encode())


def as_outside(message: Webhook) -> dict[str, Any]:
    """The message as content of the outbox to the outside (JSON-ready)."""
    return {"message_id": message.message_id, "body": message.body.decode()}


def from_outside(content: Mapping[str, Any]) -> Webhook:
    return Webhook(content["message_id"], content["body"].encode())


def signed(message: Webhook, secrets: Sequence[bytes], timestamp_s: int) -> dict[str, str]:
    """The headers that go with the body; one signature for each secret, the newest first. ``timestamp_s``: Unix time of this try."""
    signatures = (sign(secret, message.message_id, timestamp_s, message.body) for secret in secrets)
    return {
        "content-type": CONTENT_TYPE,
        "webhook-id": message.message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signatures),
    }


def sign(secret: bytes, message_id: str, timestamp_s: int, body: bytes) -> str:
    """``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``."""
    digest = hmac.digest(secret, b".".join((message_id.encode(), str(timestamp_s).encode(), body)), "sha256")
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def written(secret: bytes) -> str:
    """The secret as people carry it: ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def read_secret(text: str) -> bytes:
    """Raises ValueError for what is no secret."""
    try:
        return base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is whsec_ and base64") from None
