"""A host is asked what the dialogues ask, over HTTP."""

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any

import httpx

from mes_bridge.engine.conformance.host import Answered, Ask, Known, Untried
from mes_bridge.engine.conformance.host_checks import HOST_CHECKS
from mes_bridge.engine.conformance.judge import Judged, Judging
from mes_bridge.engine.conformance.record import Act

TIMEOUT_S = 30


class Host:
    """Asks, and counts what it asked. Raises httpx.TransportError when nobody answers."""

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=url, transport=transport, timeout=TIMEOUT_S, headers={"Accept": "application/json"})
        self._key = key
        self.asked = 0

    def close(self) -> None:
        self._http.close()

    def ask(self, ask: Ask) -> Answered:
        self.asked += 1
        headers = {"Authorization": f"Bearer {self._key}"} if ask.signed else {}
        headers |= {"Idempotency-Key": ask.key} if ask.key is not None else {}
        response = self._http.request(ask.method, ask.path, json=None if ask.body is None else dict(ask.body), headers=headers)
        act = Act(
            request=self.asked,
            kind="other",
            address=f"{ask.method} {ask.path}",
            content=ask.body or {},
            now=datetime.now(UTC),
            key=ask.key,
            status=response.status_code,
            answer=_object(response.content),
        )
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
        return Answered(act, media_type, hashlib.sha256(response.content).hexdigest())


def check_host(host: Host, machine_group: str | None, *, make: bool) -> tuple[Judged, ...]:
    """Every dialogue in the order of the table; one whose ground is red is not begun."""
    known = Known(f"conformance-{secrets.token_hex(6)}", datetime.now(UTC), machine_group)
    judging = Judging()
    for check in HOST_CHECKS:
        skipped = check.effects and not make
        cause = judging.cause(check.needs)
        if skipped or cause is not None:
            judging.skip(check.id, "host", cause)
            continue
        if (why := judging.why_untried(check.needs)) is not None:
            judging.leave(check.id, "host", why)
            continue
        dialogue = check.dialogue(known)
        try:
            ask = next(dialogue)
            while True:
                ask = dialogue.send(host.ask(ask))
        except StopIteration as over:
            if isinstance(over.value, Untried):
                judging.leave(check.id, "host", over.value.why)
            else:
                judging.add(check.id, "host", check.needs, tuple(over.value), shown=True)
    return tuple(judging.judged)


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
