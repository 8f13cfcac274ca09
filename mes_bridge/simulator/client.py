"""How the simulated plant speaks to the product: plain HTTP, patient with restarts."""

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from contracts.work_order import LeasedWorkOrder
from mes_bridge.simulator.wire import Kept, Through, Unanswered, Wire

_RETRIED = frozenset({429, 500, 502, 503, 504})
BUNDLE = 50
"""So many messages go in one request."""
_ENDED = ("superseded", "cancelled")
_PATIENCE_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


class Stopped(Exception):
    """The plant was told to end while it waited for an answer."""


class Refused(Exception):
    """The product understood and refused; ``problem`` is the last part of the problem's type."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(f"{status} {problem}")
        self.status = status
        self.problem = problem


class KeyRefused(Exception):
    """The machine key is unknown, expired, or lacks the scope."""


Message = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """To one message of a bundle: a receipt, a lease, or a problem."""

    status: int
    content: dict[str, Any]

    @property
    def problem(self) -> str | None:
        """The last part of the problem's type; None when the message was taken."""
        return str(self.content.get("type", "")).rsplit("/", 1)[-1] if self.status >= 400 else None


@dataclass(frozen=True)
class Clock:
    """Business time. In mode ``stepped`` it stands until somebody advances it."""

    mode: str
    rate: int
    now: datetime


@dataclass(frozen=True)
class Advance:
    now: datetime
    advanced: bool
    idle: bool


@dataclass(frozen=True)
class TakenBack:
    """A revision of a work order that ended: ``superseded`` or ``cancelled``."""

    work_order: str
    revision: int
    to: str


@dataclass(frozen=True)
class News:
    """``since``: the number of the last change; ``released``: a work order may be had since."""

    since: int
    released: bool
    ended: tuple[TakenBack, ...]


class Client:
    """One connection, kept alive."""

    def __init__(self, url: str, key: str, stop: threading.Event, transport: httpx.BaseTransport | None = None) -> None:
        self._wire: Wire = Kept(url) if transport is None else Through(url, transport)
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._stop = stop

    def close(self) -> None:
        self._wire.close()

    def clock(self) -> Clock:
        answer = self._get("/api/v1/clock")
        return Clock(answer["mode"], int(answer["rate"]), _moment(answer["now"]))

    def advance(self, to: datetime | None) -> Advance:
        """Wait until the product has nothing left to do, then let business time go on to ``to`` (None: to whatever is due next)."""
        answer = self._post("/api/v1/clock/advance", {"to": None if to is None else to.isoformat()})
        return Advance(_moment(answer["now"]), bool(answer["advanced"]), bool(answer["idle"]))

    def news(self, since: int, wait_s: int = 0) -> News:
        """What changed since the number ``since``."""
        states = ["released", *_ENDED]
        answer = self._get("/api/v1/mes/work-orders", {"state": states, "since": since, "wait": wait_s, "limit": 200})
        ended = [TakenBack(item["work_order"], int(item["revision"]), item["state"]) for item in answer["items"] if item["state"] in _ENDED]
        return News(int(answer["since"]), len(answer["items"]) > len(ended), tuple(ended))

    def answer(self, taken_back: TakenBack, progress: int | None, *, too_late: bool) -> None:
        """Whether what was taken back could still be stopped. Raises Refused."""
        body = {
            "revision": taken_back.revision,
            "to": taken_back.to,
            "answer": "too_late" if too_late else "accepted",
            "progress": progress,
        }
        self._post(f"/api/v1/mes/work-orders/{taken_back.work_order}/answer", body)

    def mine(self) -> list[tuple[str, LeasedWorkOrder]]:
        """State and document of every unfinished work order that this key holds."""
        found: list[tuple[str, LeasedWorkOrder]] = []
        since = 0
        states = ["leased", "acknowledged", "in_progress", "paused", "completed"]
        while True:
            answer = self._get("/api/v1/mes/work-orders", {"state": states, "since": since, "limit": 200})
            for item in answer["items"]:
                if item["fence"] is not None:
                    item["lease_until"] = item["lease_until"] or item["operation"]["planned_end"]
                    found.append((item["state"], _document(item)))
            if not answer["items"]:
                return found
            since = answer["since"]

    def lease(self, count: int, seconds: int) -> list[LeasedWorkOrder]:
        answer = self._post("/api/v1/mes/work-orders/lease", {"count": count, "seconds": seconds}, uuid4().hex)
        return [_document(item) for item in answer["items"]]

    def extend(self, item: LeasedWorkOrder, seconds: int) -> None:
        reference = {"revision": item.revision, "fence": item.fence, "seconds": seconds}
        self._post(f"/api/v1/mes/work-orders/{item.work_order}/extend", reference)

    def tell(self, messages: list[Message]) -> list[Answer]:
        """What happened on the floor, in its order; what each message is answered."""
        told: list[Answer] = []
        for start in range(0, len(messages), BUNDLE):
            answer = self._post("/api/v1/mes/bundle", {"messages": messages[start : start + BUNDLE]})
            told += [Answer(int(one["status"]), one["content"]) for one in answer["answers"]]
        return told

    def _get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        target = path if query is None else f"{path}?{urlencode(query, doseq=True)}"
        return self._patiently("GET", target, self._headers, None)

    def _post(self, path: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self._patiently("POST", path, headers, json.dumps(body).encode())

    def _patiently(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
        """Ask until there is an answer. Raises Refused, KeyRefused, Stopped."""
        failures = 0
        while True:
            try:
                status, answer = self._wire.ask(method, target, headers, body)
            except Unanswered:
                status, answer = 503, b""
            if status not in _RETRIED and not _in_flight(status, answer):
                return _content(status, answer, target)
            if self._stop.wait(_PATIENCE_S[min(failures, len(_PATIENCE_S) - 1)]):
                raise Stopped
            failures += 1


def _content(status: int, answer: bytes, target: str) -> dict[str, Any]:
    if status in {401, 403}:
        raise KeyRefused(f"{status} {target}")
    content: dict[str, Any] = json.loads(answer)
    if status >= 400:
        problem = str(content.get("type", "")).rsplit("/", 1)[-1]
        raise Refused(status, problem)
    return content


def _in_flight(status: int, answer: bytes) -> bool:
    """The first request with our key, whose answer we lost, is still being answered."""
    return status == 409 and b"idempotency-in-flight" in answer


def _document(item: dict[str, Any]) -> LeasedWorkOrder:
    return LeasedWorkOrder.model_validate({name: item[name] for name in LeasedWorkOrder.model_fields if name in item})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
