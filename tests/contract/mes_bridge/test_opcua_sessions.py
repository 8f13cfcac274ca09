"""Who is signed in to the OPC UA server, how often may they try, and what is left of a session that ended?"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.internal_session import InternalSession
from sqlalchemy import event

from contracts.access import SYSTEM
from ledger.machine_clients import MachineClients
from ledger.unit_of_work import Ledger
from mes_bridge.transports.opcua.sessions import ScopedServer
from presentation.rates import RateLimits, Rates

PATIENCE_S = 30.0


@pytest.fixture
def keys(ledger: Ledger) -> dict[str, str]:
    return {name: MachineClients(ledger).create(SYSTEM, name)[1] for name in ("hall", "other")}


def serving(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, most: int = 99) -> ScopedServer:
    """A server that nobody is connected to; keys come to it in the clear. ``most`` attempts to sign in from an address."""
    rates = RateLimits(Rates(sign_in=f"{most} per hour"))
    clients = MachineClients(ledger)
    server = ScopedServer(clients, Path("users"), lambda node: None, lambda address: rates.count("sign_in", address))
    monkeypatch.setattr(server, "decrypt_user_token", lambda _, token: (token.UserName, token.Password.decode()))
    return server


def activate(session: Any, user: str, key: str) -> None:
    asked = ua.ActivateSessionParameters()
    asked.UserIdentityToken = ua.UserNameIdentityToken()
    asked.UserIdentityToken.UserName, asked.UserIdentityToken.Password = user, key.encode()
    session.activate_session(asked, b"a certificate")


def test_sessions_that_nobody_signs_in_to_do_not_pile_up(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serving(ledger, monkeypatch)
    for _ in range(3):
        session = server.create_session("stranger", external=True)
        assert server.lookup_external_session(session.auth_token) is None
    assert server.open == set()


def test_a_session_that_another_signs_in_to_ends_with_all_that_is_its(
    ledger: Ledger, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dialogue() -> None:
        server = serving(ledger, monkeypatch)
        session = server.create_session("hall's", external=True)
        activate(session, "hall", keys["hall"])
        connections = InternalSession._current_connections
        asked = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=60_000.0, RequestedLifetimeCount=9, RequestedMaxKeepAliveCount=3
        )
        await session.create_subscription(asked, lambda _: None)
        with pytest.raises(ServiceError) as refused:
            activate(session, "other", keys["other"])
        assert refused.value.code == ua.StatusCodes.BadUserAccessDenied
        assert not session.is_activated(), "at once: what comes next on the channel is not answered"
        with pytest.raises(ServiceError):
            activate(session, "hall", keys["hall"])
        async with asyncio.timeout(PATIENCE_S):
            while server.open or server.owners or server.subscription_service.subscriptions:
                await asyncio.sleep(0.01)
        assert server.lookup_external_session(session.auth_token) is None
        assert InternalSession._current_connections == connections - 1

    asyncio.run(dialogue())


def test_who_tries_keys_too_often_is_told_that_the_server_is_busy(
    ledger: Ledger, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serving(ledger, monkeypatch, most=3)
    for number in range(4):
        session = server.create_session(("192.0.2.1", 4000 + number), external=True)
        with pytest.raises(ServiceError) as refused:
            activate(session, "hall", "wrong")
    assert refused.value.code == ua.StatusCodes.BadServerTooBusy

    async def from_elsewhere() -> None:
        activate(server.create_session(("192.0.2.2", 4000), external=True), "hall", keys["hall"])

    asyncio.run(from_elsewhere())


def test_one_query_tells_whose_keys_still_stand(ledger: Ledger, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    async def dialogue() -> None:
        server = serving(ledger, monkeypatch)
        for name in ("hall", "hall", "other"):
            activate(server.create_session(name, external=True), name, keys[name])
        event.listen(ledger.engine, "before_cursor_execute", lambda *told: said.append(told[2]))
        await server.part_with_the_revoked()
        assert len(server.open) == 3

    asyncio.run(dialogue())
    assert len([one for one in said if "ledger_machine_client" in one]) == 1
