"""How is a receiver reached: its name resolved once, one of those addresses connected to, all of it within a time?"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import httpcore

from mes_bridge.engine.destinations import Destination, NotADestination, permitted

CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 10.0
"""From the first byte that is sent to the last one that is read."""
MOST_READ = 65_536
"""Bytes of an answer's body; nothing of it is kept."""

Resolve = Callable[[str, int], Sequence[str]]


class NobodyThere(Exception):
    """No connection: whatever else waits for this receiver need not be tried now."""


class NoAnswer(Exception):
    """The receiver was connected to and did not answer this message in time, or not in HTTP."""


def resolved(host: str, port: int) -> tuple[str, ...]:
    """Every address of the name, in the resolver's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


class Reach:
    """Connections to one receiver, kept while a batch is sent.

    The name is resolved at the first message of the batch and never again: between the look at the addresses and the connection
    nobody can put another one in their place (DNS rebinding). Redirects are answers like others.
    """

    def __init__(
        self, to: Destination, trust: ssl.SSLContext | None = None, resolve: Resolve = resolved, within_s: float = ANSWER_WITHIN_S
    ) -> None:
        self._to = to
        self._within_s = within_s
        self._resolve = resolve
        self._trust = trust
        self._limit = _Limit()
        self._pool: httpcore.ConnectionPool | None = None

    def post(self, headers: Mapping[str, str], body: bytes) -> int:
        """The status. Raises NobodyThere, NoAnswer."""
        pool = self._open()
        self._limit.begin(self._within_s)
        sent = [("host", urlsplit(self._to.url).netloc), *headers.items()]
        try:
            with pool.stream("POST", self._to.url, headers=sent, content=body) as answer:
                read = 0
                for part in answer.iter_stream():
                    read += len(part)
                    if read > MOST_READ:
                        break
                return int(answer.status)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise NobodyThere(_told(error, "nobody answers there")) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise NoAnswer(_told(error, f"no answer within {self._within_s:.0f} s")) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.close()

    def _open(self) -> httpcore.ConnectionPool:
        if self._pool is None:
            try:
                addresses = permitted(self._to, self._resolve(self._to.host, self._to.port))
            except NotADestination:
                raise NobodyThere("the name leads to an address that is not public; see LOTONE_WEBHOOK_HOSTS") from None
            except (OSError, UnicodeError) as error:
                raise NobodyThere(f"the name is not known: {error}") from error
            trust = self._trust or ssl.create_default_context()
            self._pool = httpcore.ConnectionPool(ssl_context=trust, max_connections=1, network_backend=_Pinned(addresses, self._limit))
        return self._pool


@dataclass
class _Limit:
    """Until when the exchange of one message may last: a receiver that sends a byte now and then holds nobody up."""

    until: float = field(default=0.0)

    def begin(self, within_s: float) -> None:
        self.until = time.monotonic() + within_s

    def left_s(self, otherwise: type[Exception]) -> float:
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            raise otherwise
        return left_s


class _Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that were looked at, whatever the host is called."""

    def __init__(self, addresses: Sequence[str], limit: _Limit) -> None:
        self._addresses = addresses
        self._limit = limit
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses:
            within_s = min(CONNECT_WITHIN_S, self._limit.left_s(httpcore.ConnectTimeout))
            try:
                return _Limited(self._sockets.connect_tcp(address, port, within_s, local_address, socket_options), self._limit)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


class _Limited(httpcore.NetworkStream):
    """A connection of which every step ends with the exchange."""

    def __init__(self, stream: httpcore.NetworkStream, limit: _Limit) -> None:
        self._stream = stream
        self._limit = limit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._limit.left_s(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._limit.left_s(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> "_Limited":
        within_s = self._limit.left_s(httpcore.ConnectTimeout)
        return _Limited(self._stream.start_tls(ssl_context, server_hostname, within_s), self._limit)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _told(error: Exception, otherwise: str) -> str:
    return str(error).strip() or otherwise
