"""Who signs in to the OPC UA server, and what may they see and call?"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession

from contracts.access import Permission, Principal
from contracts.problems import TooManyRequests
from ledger.log import logger
from ledger.machine_clients import MachineClients
from mes_bridge.transports.opcua.certificate import known_user

CALLER: ContextVar[Principal] = ContextVar("caller")
"""Who calls the method that runs."""
_WEAK = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
_OAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep"
Owner = Callable[[ua.NodeId], str | None]
"""The machine group that a node belongs to; None for what everybody may see."""


@dataclass
class Client(User):  # type: ignore[misc]
    """A machine client that has signed in."""

    principal: Principal | None = None


class SignIn:
    """By a client's name or identifier with its key, or by a certificate that lies in ``folder`` under the client's identifier."""

    def __init__(self, clients: MachineClients, folder: Path) -> None:
        self._clients = clients
        self._folder = folder

    def get_user(
        self, iserver: InternalServer, username: str | None = None, password: str | None = None, certificate: bytes | None = None
    ) -> Client | None:
        """Whoever it is; None for nobody. (The library's name for it.)"""
        if username is not None:
            principal = self._clients.principal(password) if password else None
            if principal is not None and username not in {principal.id, principal.name}:
                principal = None
        else:
            named = known_user(self._folder, certificate, datetime.now(UTC)) if certificate else None
            principal = self._clients.of_id(named) if named else None
        if principal is None or not principal.may(Permission.EXCHANGE_WORK_ORDERS):
            logger("mes_bridge").warning("opcua.refused", by="key" if username is not None else "certificate")
            return None
        return Client(UserRole.User, principal.id, principal)


class ScopedServer(InternalServer):  # type: ignore[misc]
    """The library's server, whose sessions see what their client's key may see."""

    def __init__(self, clients: MachineClients, users: Path, owner: Owner, count_sign_in: Callable[[str], None]) -> None:
        """``count_sign_in``: an attempt from a network address; raises TooManyRequests."""
        super().__init__(user_manager=SignIn(clients, users))
        self.clients, self.owner, self.count_sign_in = clients, owner, count_sign_in
        self.open: set[ScopedSession] = set()
        """Those that somebody signed in to."""
        self.owners: dict[int, str] = {}
        """Which client made a subscription."""
        self._closing: set[asyncio.Task[None]] = set()

    def create_session(self, name: str, user: User = User(role=UserRole.Anonymous), external: bool = False) -> InternalSession:  # noqa: B008
        """(The library's name for it.)"""
        return ScopedSession(self, name, user) if external else super().create_session(name, user, external)

    def register_server(self, server: Any, conf: Any = None) -> None:
        """No other server is announced here."""
        raise ServiceError(ua.StatusCodes.BadServiceUnsupported)

    def decrypt_user_token(self, isession: Any, token: ua.UserNameIdentityToken) -> tuple[str, str]:
        """The key comes encrypted, or over an encrypted channel."""
        if token.EncryptionAlgorithm and token.EncryptionAlgorithm != _OAEP:
            raise ServiceError(ua.StatusCodes.BadSecurityPolicyRejected)
        name, password = super().decrypt_user_token(isession, token)
        return str(name), str(password)

    def verify_x509_token(self, isession: Any, token: ua.X509IdentityToken, signature: ua.SignatureData) -> bytes:
        """The holder of the certificate signed, and not by SHA-1."""
        if signature.Algorithm == _WEAK:
            raise ServiceError(ua.StatusCodes.BadSecurityPolicyRejected)
        return bytes(super().verify_x509_token(isession, token, signature))

    async def part_with_the_revoked(self) -> None:
        """Sessions of clients whose key is over or revoked are closed, and what they have subscribed to with them."""
        signed_in = {session: session.client.id for session in self.open if session.client is not None}
        if not signed_in:
            return
        standing = await asyncio.to_thread(self.clients.standing, set(signed_in.values()))
        for session, client in signed_in.items():
            if client not in standing:
                await session.close_session(True)

    def end(self, session: "ScopedSession") -> None:
        """Soon; the loop keeps a task only while somebody else does."""
        closing = asyncio.get_running_loop().create_task(session.close_session(True))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


class ScopedSession(InternalSession):  # type: ignore[misc]
    """A session of one client: nodes of other machine groups are not there for it."""

    def __init__(self, server: ScopedServer, name: str, user: User) -> None:
        super().__init__(server, server.aspace, server.subscription_service, name, user)
        self.user: User
        self._server = server
        self._ends = False
        self.external = True
        # The library counts its tokens up; whoever guesses one could take the session over.
        self.auth_token = ua.NodeId(secrets.token_bytes(32), 0, ua.NodeIdType.ByteString)

    @property
    def client(self) -> Principal | None:
        """Who has signed in."""
        return self.user.principal if isinstance(self.user, Client) else None

    def is_activated(self) -> bool:
        """Nothing is answered any more from when it ends. (The library's name for it.)"""
        return super().is_activated() and not self._ends

    async def close_session(self, delete_subs: bool = True) -> None:
        self._server.open.discard(self)
        await super().close_session(delete_subs)

    def activate_session(self, params: ua.ActivateSessionParameters, peer_certificate: bytes | None) -> ua.ActivateSessionResult:
        """Only over a signed channel, and by one client for the session's whole life.

        Known to the server from now on: sessions that nobody signs in to cannot pile up there.
        """
        if peer_certificate is None:
            raise ServiceError(ua.StatusCodes.BadSecurityModeInsufficient)
        if self._ends:
            raise ServiceError(ua.StatusCodes.BadSessionIdInvalid)
        self._count()
        before = self.user
        result = super().activate_session(params, peer_certificate)
        if isinstance(before, Client) and (self.client is None or self.client.id != before.name):
            # What it has subscribed to is the first one's, and ends with it.
            self.user, self._ends = before, True
            self._server.end(self)
            raise ServiceError(ua.StatusCodes.BadUserAccessDenied)
        self._server.register_external_session(self)
        self._server.open.add(self)
        return result

    def _count(self) -> None:
        """The library names a session by the address that it was made from: host and port."""
        host = self.name[0] if isinstance(self.name, tuple) else str(self.name)
        try:
            self._server.count_sign_in(host)
        except TooManyRequests:
            logger("mes_bridge").warning("opcua.refused", by="rate")
            raise ServiceError(ua.StatusCodes.BadServerTooBusy) from None

    async def call(self, params: list[ua.CallMethodRequest]) -> list[ua.CallMethodResult]:
        client = self.client
        standing = None if client is None else await asyncio.to_thread(self._server.clients.of_id, client.id)
        if standing is None:
            raise ServiceError(ua.StatusCodes.BadUserAccessDenied)
        CALLER.set(standing)
        refused = ua.CallMethodResult(StatusCode=ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown))
        return [
            (await self.iserver.method_service.call([one]))[0] if self._sees(one.ObjectId) and self._sees(one.MethodId) else refused
            for one in params
        ]

    async def read(self, params: ua.ReadParameters) -> list[ua.DataValue]:
        hidden = [not self._sees(one.NodeId) for one in params.NodesToRead]
        found = await super().read(params)
        unknown = ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown)
        return [ua.DataValue(StatusCode=unknown) if hide else one for hide, one in zip(hidden, found, strict=True)]

    async def write(self, params: ua.WriteParameters) -> list[ua.StatusCode]:
        """Nothing is written: what is told comes by methods."""
        return [ua.StatusCode(ua.StatusCodes.BadNotWritable)] * len(params.NodesToWrite)

    async def browse(self, params: ua.BrowseParameters) -> list[ua.BrowseResult]:
        found: list[ua.BrowseResult] = await super().browse(params)
        for asked, result in zip(params.NodesToBrowse, found, strict=True):
            if not self._sees(asked.NodeId):
                result.StatusCode = ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown)
                result.References = []
            result.References = [one for one in result.References or [] if self._sees(one.NodeId)]
        return found

    async def translate_browsepaths_to_nodeids(self, params: list[ua.BrowsePath]) -> list[ua.BrowsePathResult]:
        found: list[ua.BrowsePathResult] = await super().translate_browsepaths_to_nodeids(params)
        for asked, result in zip(params, found, strict=True):
            targets = [one for one in result.Targets or [] if self._sees(one.TargetId)]
            if not self._sees(asked.StartingNode) or len(targets) < len(result.Targets or []):
                result.StatusCode = ua.StatusCode(ua.StatusCodes.BadNoMatch)
                targets = []
            result.Targets = targets
        return found

    async def create_monitored_items(self, params: ua.CreateMonitoredItemsParameters) -> list[ua.MonitoredItemCreateResult]:
        self._own([params.SubscriptionId])
        asked = params.ItemsToCreate
        seen = [one for one in asked if self._sees(one.ItemToMonitor.NodeId)]
        params.ItemsToCreate = seen
        made = iter(await super().create_monitored_items(params)) if seen else iter(())
        unknown = ua.MonitoredItemCreateResult(StatusCode=ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown))
        return [next(made) if self._sees(one.ItemToMonitor.NodeId) else unknown for one in asked]

    async def modify_monitored_items(self, params: ua.ModifyMonitoredItemsParameters) -> list[ua.MonitoredItemModifyResult]:
        self._own([params.SubscriptionId])
        modified: list[ua.MonitoredItemModifyResult] = await super().modify_monitored_items(params)
        return modified

    async def delete_monitored_items(self, params: ua.DeleteMonitoredItemsParameters) -> list[ua.StatusCode]:
        self._own([params.SubscriptionId])
        deleted: list[ua.StatusCode] = await super().delete_monitored_items(params)
        return deleted

    async def set_monitoring_mode(self, params: ua.SetMonitoringModeParameters) -> list[ua.StatusCode]:
        self._own([params.SubscriptionId])
        changed: list[ua.StatusCode] = await super().set_monitoring_mode(params)
        return changed

    async def set_publishing_mode(self, params: ua.SetPublishingModeParameters) -> list[ua.StatusCode]:
        self._own(params.SubscriptionIds)
        changed: list[ua.StatusCode] = await super().set_publishing_mode(params)
        return changed

    def modify_subscription(self, params: ua.ModifySubscriptionParameters) -> ua.ModifySubscriptionResult:
        self._own([params.SubscriptionId])
        return super().modify_subscription(params)

    async def create_subscription(
        self, params: ua.CreateSubscriptionParameters, callback: Callable[..., Any], request_callback: Callable[..., Any] | None = None
    ) -> ua.CreateSubscriptionResult:
        made = await super().create_subscription(params, callback, request_callback)
        if self.client is not None:
            self._server.owners[int(made.SubscriptionId)] = self.client.id
        return made

    async def transfer_subscriptions(
        self, params: ua.TransferSubscriptionsParameters, callback: Callable[..., Any]
    ) -> list[ua.TransferResult]:
        self._own(params.SubscriptionIds)
        moved: list[ua.TransferResult] = await super().transfer_subscriptions(params, callback)
        return moved

    def republish(self, params: ua.RepublishParameters) -> ua.NotificationMessage:
        self._own([params.SubscriptionId])
        return super().republish(params)

    async def delete_subscriptions(self, ids: list[int]) -> list[ua.StatusCode]:
        self._own(ids)
        for one in ids:
            self._server.owners.pop(int(one), None)
        deleted: list[ua.StatusCode] = await super().delete_subscriptions(ids)
        return deleted

    def _own(self, subscriptions: Sequence[int]) -> None:
        """Nobody reads along, or has another hear nothing, by naming another's subscription."""
        mine = None if self.client is None else self.client.id
        if any(self._server.owners.get(int(one)) != mine for one in subscriptions):
            raise ServiceError(ua.StatusCodes.BadSubscriptionIdInvalid)

    def _sees(self, node: ua.NodeId) -> bool:
        group = self._server.owner(node)
        if group is None:
            return True
        client = self.client
        return client is not None and (client.machine_groups is None or group in client.machine_groups)
