"""A receiver of webhooks that is not ours: it reads the specification's headers and checks the signature by itself."""

import base64
import hashlib
import hmac
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler, "Delivery"], None]


@dataclass(frozen=True)
class Delivery:
    """One POST as it came; ``signatures`` without their version."""

    path: str
    id: str
    timestamp_s: int
    signatures: tuple[str, ...]
    body: bytes
    host: str

    def is_signed_with(self, secret: str) -> bool:
        key = base64.b64decode(secret[len("whsec_") :])
        digest = hmac.new(key, f"{self.id}.{self.timestamp_s}.".encode() + self.body, hashlib.sha256).digest()
        return base64.b64encode(digest).decode() in self.signatures


def status(code: int) -> Answer:
    def answer(request: BaseHTTPRequestHandler, _: Delivery) -> None:
        request.send_response(code)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


@dataclass
class Receiver:
    """``answer`` is what it says to a delivery; ``taken`` are those that it said 2xx to."""

    url: str
    port: int
    answer: Answer = field(default_factory=lambda: status(204))
    came: list[Delivery] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.came]


@contextmanager
def receiving(trust: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            versions = [each.split(",", 1) for each in self.headers["webhook-signature"].split(" ")]
            delivery = Delivery(
                path=self.path,
                id=self.headers["webhook-id"],
                timestamp_s=int(self.headers["webhook-timestamp"]),
                signatures=tuple(signature for version, signature in versions if version == "v1"),
                body=self.rfile.read(int(self.headers["content-length"])),
                host=self.headers["host"],
            )
            receiver.came.append(delivery)
            receiver.answer(self, delivery)

        def do_GET(self) -> None:
            raise AssertionError("a redirect was followed")

        def log_message(self, *_: Any) -> None:
            """Nothing on the tests' output."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A connection that the sender gave up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Requests)
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    receiver = Receiver(f"{'http' if trust is None else 'https'}://127.0.0.1:{port}/lotone", port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
