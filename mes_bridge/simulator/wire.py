"""How a request of the simulated plant reaches the product: over one connection that is kept, or through a transport in this process."""

import http.client
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

import httpx

TIMEOUT_S = 150


class Unanswered(Exception):
    """The connection broke before the answer was there; whether the product did what it was asked is not known."""


class Wire(Protocol):
    """Status and body of the answer. Raises Unanswered."""

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]: ...

    def close(self) -> None: ...


class Kept:
    """The standard library's connection: a simulated floor asks thousands of small questions, one after the other."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(address.netloc, timeout=TIMEOUT_S)
        self._path = address.path.rstrip("/")

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        try:
            self._connection.request(method, self._path + target, body, dict(headers))
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as lost:
            self._connection.close()
            raise Unanswered from lost

    def close(self) -> None:
        self._connection.close()


class Through:
    """A transport of httpx, such as one that calls an application in this process."""

    def __init__(self, url: str, transport: httpx.BaseTransport) -> None:
        self._client = httpx.Client(base_url=url, transport=transport, timeout=TIMEOUT_S)

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        try:
            response = self._client.request(method, target, headers=dict(headers), content=body)
        except httpx.TransportError as lost:
            raise Unanswered from lost
        return response.status_code, response.content

    def close(self) -> None:
        self._client.close()
