"""A web application that is watched: each request goes into the record, and the script may step in."""

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

from mes_bridge.conformance.script import Script
from mes_bridge.engine.conformance.rest_reading import answered, read_request

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
WATCHED = "/api/v1/mes/"
_AWAY = json.dumps({"type": "/problems/unavailable", "title": "Not available", "status": 503, "detail": "Try again."}).encode()
_MORE = {"conformance_extra": {"since_version": "9.9", "values": [1, 2, 3]}}
_LONGEST = 10_000_000


class Watched:
    """WSGI. What is not addressed to the shop floor's side passes unseen."""

    def __init__(self, application: Application, script: Script) -> None:
        self._application = application
        self._script = script

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(WATCHED):
            return self._application(environ, start_response)
        body = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), _LONGEST))
        environ["wsgi.input"] = io.BytesIO(body)
        number, now = self._script.number()
        headers = {"Idempotency-Key": key} if (key := environ.get("HTTP_IDEMPOTENCY_KEY")) else {}
        query = str(environ.get("QUERY_STRING", ""))
        acts = read_request(number, now, str(environ["REQUEST_METHOD"]), path, query, headers, body)
        outage = self._script.outage(acts)
        if outage == "away":
            self._script.heard(answered(acts, 503, _AWAY, outage))
            return _unavailable(start_response)
        status, answer_headers, content = self._answer(environ)
        more = status == 200 and self._script.more_members(acts)
        self._script.heard(answered(acts, status, content, outage))
        if outage == "lost":
            return _unavailable(start_response)
        content = _with_more(content) if more else content
        kept = [(name, value) for name, value in answer_headers if name.lower() != "content-length"]
        start_response(environ["conformance.status"], [*kept, ("Content-Length", str(len(content)))])
        return [content]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        started: list[Any] = []
        chunks = self._application(environ, lambda status, headers, *_: started.extend((status, headers)))
        try:
            content = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        environ["conformance.status"] = started[0]
        return int(started[0].split()[0]), started[1], content


def _unavailable(start_response: Callable[..., Any]) -> list[bytes]:
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(_AWAY))), ("Retry-After", "1")]
    start_response("503 Service Unavailable", headers)
    return [_AWAY]


def _with_more(content: bytes) -> bytes:
    """As a later version of the contract may answer: fields are only ever added."""
    answer = json.loads(content)
    if isinstance(answer, dict):
        answer |= _MORE
        answer["items"] = [item | _MORE for item in answer.get("items", [])]
    return json.dumps(answer).encode()
