"""Which messages does a request over HTTP hold, and what was each answered?"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from mes_bridge.engine.conformance.record import Act, Kind, Outage

_WORK_ORDER = re.compile(r"/api/v1/mes/work-orders/([^/]+)/(acknowledge|extend|release|answer|reports|files)(?:/[^/]+)?")
_VERBS: dict[str, Kind] = {
    "acknowledge": "acknowledge",
    "extend": "extend",
    "release": "release",
    "answer": "answer",
    "reports": "report",
    "files": "file",
}
_PATHS: dict[tuple[str, str], Kind] = {
    ("POST", "/api/v1/mes/work-orders/lease"): "lease",
    ("GET", "/api/v1/mes/work-orders"): "list",
    ("GET", "/api/v1/mes/b2mml/work-schedule"): "list",
    ("POST", "/api/v1/mes/measurements"): "measurement",
    ("POST", "/api/v1/mes/machine-states"): "machine-state",
}
_BUNDLE = ("POST", "/api/v1/mes/bundle")
_BUNDLED: dict[str, Kind] = {
    "acknowledgement": "acknowledge",
    "report": "report",
    "measurement": "measurement",
    "machine-state": "machine-state",
}


def read_request(
    request: int, now: datetime, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> tuple[Act, ...]:
    """The messages of a request, not answered yet."""
    key = headers.get("Idempotency-Key")
    content = _object(body) if method != "GET" else dict(parse_qsl(query))
    address = f"{method} {path}"
    if (method, path) == _BUNDLE:
        messages = content.get("messages")
        found = messages if isinstance(messages, list) else []
        return tuple(read_message(request, now, address, message, key) for message in found) or (
            Act(request, "other", address, content, now, key=key),
        )
    addressed = _WORK_ORDER.fullmatch(path)
    if addressed is not None:
        kind = _VERBS[addressed[2]]
        return (Act(request, kind, address, content, now, addressed[1], key),)
    kind = _PATHS.get((method, path), "other")
    work_order = content.get("work_order") if kind == "measurement" else None
    return (Act(request, kind, address, content, now, work_order if isinstance(work_order, str) else None, key),)


def read_message(request: int, now: datetime, address: str, message: Any, key: str | None = None) -> Act:
    """One message of a bundle, or one that came over a broker."""
    if not isinstance(message, Mapping) or message.get("type") not in _BUNDLED:
        return Act(request, "other", address, message if isinstance(message, Mapping) else {}, now, key=key, alone=False)
    content = message.get("content")
    inner = content if isinstance(content, Mapping) else {}
    work_order = message.get("work_order", inner.get("work_order"))
    kind = _BUNDLED[str(message["type"])]
    return Act(request, kind, address, inner, now, work_order if isinstance(work_order, str) else None, key, alone=False)


def answered(acts: tuple[Act, ...], status: int, body: bytes, outage: Outage | None = None) -> tuple[Act, ...]:
    """The same messages with what each was answered: in a bundle each with its own status."""
    content = _object(body)
    answers = content.get("answers")
    if isinstance(answers, list) and len(answers) == len(acts):
        return tuple(
            replace(act, status=int(each["status"]), answer=each["content"], outage=outage) for act, each in zip(acts, answers, strict=True)
        )
    return tuple(replace(act, status=status, answer=content, outage=outage) for act in acts)


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body or b"{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
