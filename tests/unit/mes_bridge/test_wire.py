"""How the simulated plant's questions reach the product over the network."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mes_bridge.simulator.wire import Kept, Unanswered


class Works(BaseHTTPRequestHandler):
    """Tells back what it was asked, and from where; breaks off at ``/broken``."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/broken"):
            self.close_connection = True
            return
        told = f"{self.path} {self.headers['Idempotency-Key']} {body.decode()} {self.client_address[1]}".encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is its own."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Works) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/plant/"
        server.shutdown()


def test_questions_go_over_one_connection_with_their_headers(address: str) -> None:
    wire = Kept(address)
    status, first = wire.ask("POST", "/reports", {"Idempotency-Key": "k1"}, b"{}")
    _, second = wire.ask("POST", "/reports", {"Idempotency-Key": "k1"}, b"{}")
    wire.close()
    assert status == 202
    assert first.startswith(b"/plant/reports k1 {} ")
    assert second == first


def test_after_a_broken_connection_the_next_question_is_answered(address: str) -> None:
    wire = Kept(address)
    with pytest.raises(Unanswered):
        wire.ask("POST", "/broken", {}, b"{}")
    status, _ = wire.ask("POST", "/reports", {}, b"{}")
    wire.close()
    assert status == 202


def test_a_product_that_is_not_there_answers_nothing(address: str) -> None:
    wire = Kept("http://127.0.0.1:1")
    with pytest.raises(Unanswered):
        wire.ask("POST", "/reports", {}, b"{}")
    wire.close()
