"""Where does the OPC UA server listen?"""

import socket
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

PORT = 4840
"""Registered for OPC UA."""
WITHIN_S = 1.0


@dataclass(frozen=True)
class Endpoint:
    """``opc.tcp://0.0.0.0:4840/lotone``: the interface, the port and the name under which it listens."""

    host: str
    port: int
    url: str

    @classmethod
    def read(cls, url: str) -> "Endpoint":
        """Raises ValueError for another scheme or an address that cannot be."""
        parts = urlsplit(url)
        if parts.scheme != "opc.tcp" or not parts.hostname or parts.username is not None:
            raise ValueError("an address like opc.tcp://0.0.0.0:4840/lotone")
        port = parts.port or PORT
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(parts.hostname, port, f"opc.tcp://{host}:{port}/{parts.path.strip('/')}")


def could_serve(endpoint: Endpoint) -> bool:
    """Whether somebody answers there as OPC UA servers do, or nobody listens and one could."""
    here = "127.0.0.1" if endpoint.host in {"0.0.0.0", "::"} else endpoint.host  # noqa: S104 - the setting's own words
    try:
        with socket.create_connection((here, endpoint.port), WITHIN_S) as asked:
            asked.sendall(_hello(endpoint.url.encode()))
            return asked.recv(3) == b"ACK"
    except ConnectionRefusedError:
        return _is_free(endpoint)
    except OSError:
        return False


def _hello(url: bytes) -> bytes:
    """The first message of a connection (OPC 10000-6, 7.1.2.3): version, sizes of buffers, no limits, the endpoint."""
    body = struct.pack("<IIIIIi", 0, 65_535, 65_535, 0, 0, len(url)) + url
    return b"HELF" + struct.pack("<I", 8 + len(body)) + body


def _is_free(endpoint: Endpoint) -> bool:
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((endpoint.host, endpoint.port))
    except OSError:
        return False
    return True
