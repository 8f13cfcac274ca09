"""May a webhook go there: over which scheme, to which host, at which addresses?

What an administrator types decides where this installation connects to. Without a rule it could be made to speak with what
only this network reaches (server-side request forgery, CWE-918): so only public addresses over TLS, unless the installation
names the host.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import inet_aton
from urllib.parse import SplitResult, urlsplit

LONGEST = 2000
"""Signs of an address."""
_PORTS = {"http": 80, "https": 443}
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are an IPv4 address."""


class NotADestination(ValueError):
    """``webhooks.wrong.<reason>`` says it in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Destination:
    """``trusted``: the installation names the host, so that any address and plain http will do."""

    url: str
    host: str
    port: int
    trusted: bool


def destination(url: str, allowed: frozenset[str]) -> Destination:
    """Where a webhook goes. ``allowed``: ``host`` or ``host:port``, in lower case. Raises NotADestination."""
    if not 0 < len(url) <= LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise NotADestination("address")
    parts, port = _split(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _PORTS or not host or parts.fragment:
        raise NotADestination("address")
    if parts.username is not None or parts.password is not None:
        raise NotADestination("credentials")
    port = port or _PORTS[parts.scheme]
    trusted = host in allowed or f"{host}:{port}" in allowed
    if parts.scheme == "http" and not trusted:
        raise NotADestination("scheme")
    if not trusted and not _is_public_name(host):
        raise NotADestination("private")
    return Destination(url, host, port, trusted)


def permitted(to: Destination, addresses: Sequence[str]) -> tuple[str, ...]:
    """The addresses to connect to, as the name was resolved once. Raises NotADestination when any of them is none for us."""
    if not to.trusted and not all(is_public(ip_address(address)) for address in addresses):
        raise NotADestination("private")
    return tuple(addresses)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is of the public internet, also where it carries an IPv4 address in it."""
    if isinstance(address, IPv6Address) and (inner := _carried(address)) is not None:
        return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo is not None else None)


def _is_public_name(host: str) -> bool:
    """A name is looked up when something is sent; an address is judged at once, also where it is written as one number or in hex."""
    try:
        return is_public(ip_address(host))
    except ValueError:
        pass
    try:
        return is_public(IPv4Address(inet_aton(host)))
    except OSError:
        return host != "localhost" and not host.endswith(".localhost")


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise NotADestination("address") from None
