"""How often may one caller ask?"""

import math
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, request

from contracts.access import Role
from contracts.problems import TooManyRequests
from presentation.capacity import PROBES
from presentation.errors import SIGN_IN
from presentation.guard import current_principal

_HOST_BITS = 64
"""Of an IPv6 address: whoever has one has that many."""


@dataclass(frozen=True)
class Rates:
    """Most requests of one caller, as ``1000 per 10 seconds``; empty: as many as there are. Every process counts for itself."""

    visitor: str = ""
    """Of a network address from which nobody is signed in. A session is no caller: anybody can have a thousand."""
    signed_in: str = ""
    machine_client: str = ""
    sign_in: str = ""
    """Of a network address: attempts to sign in, whoever's name is tried."""


class RateLimits:
    """What each caller has asked within the window that runs."""

    def __init__(self, rates: Rates) -> None:
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import FixedWindowRateLimiter

        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._most = {name: parse(rate) for name, rate in vars(rates).items() if rate}
        self.refused = 0

    def count(self, kind: str, caller: str) -> None:
        """Raises TooManyRequests, which says when the window ends."""
        most = self._most.get(kind)
        if most is None or self._limiter.hit(most, kind, caller):
            return
        self.refused += 1
        ends_at = self._limiter.get_window_stats(most, kind, caller).reset_time
        raise TooManyRequests(extra={"retry_after_s": max(1, math.ceil(ends_at - time.time()))})

    def count_visitor(self) -> None:
        """The network address of the request. Raises TooManyRequests."""
        self.count("visitor", network_of(request.remote_addr))


def init_rates(app: Flask, rate_limits: RateLimits) -> None:
    """Register this when the caller is known, and before anything is written for a request."""

    @app.before_request
    def count() -> None:
        if request.path in PROBES:
            return
        principal = current_principal()
        if request.method == "POST" and request.path.startswith(SIGN_IN):
            rate_limits.count("sign_in", network_of(request.remote_addr))
        if principal.role in {Role.ANONYMOUS, Role.CONSUMER}:
            rate_limits.count_visitor()
        else:
            rate_limits.count("machine_client" if principal.role is Role.MACHINE_CLIENT else "signed_in", principal.id)


def network_of(address: str | None) -> str:
    """What counts as one caller: an IPv4 address, the network of an IPv6 address; a text that is no address as it is.

    A server that listens for both kinds sees IPv4 callers at IPv6 addresses that all lie in one network (RFC 4291, 2.5.5.2).
    """
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ip_network((parsed, _HOST_BITS), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)
