"""Which ports of this machine are free, and does the product answer at one?"""

import socket

import httpx


def port_is_taken(port: int) -> bool:
    """True while somebody listens on the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def lotone_answers(port: int) -> bool:
    """Whether a web process of LotOne answers there."""
    try:
        return bool(httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).json() == {"status": "alive"})
    except (httpx.HTTPError, ValueError):
        return False


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
