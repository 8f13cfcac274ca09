"""How does the OPC UA server live, and how does what stands there follow the ledger?"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from asyncua import Node, Server, ua

from ledger.log import logger
from ledger.machine_clients import MachineClients
from mes_bridge.engine.protocols.opcua import Result
from mes_bridge.engine.work_orders import FINISHED
from mes_bridge.job_control import JobControl
from mes_bridge.service import Service
from mes_bridge.standing import StandingWorkOrder
from mes_bridge.transports.opcua import model, nodes
from mes_bridge.transports.opcua.address import Endpoint
from mes_bridge.transports.opcua.calls import methods_of
from mes_bridge.transports.opcua.certificate import own_certificate
from mes_bridge.transports.opcua.model import Model
from mes_bridge.transports.opcua.nodes import GroupNodes
from mes_bridge.transports.opcua.sessions import ScopedServer

APPLICATION = "urn:lotone:server"
PAGE = 200
TOLD_AT_START = 500
"""So many of the last results are looked up when the server starts."""
LISTEN_S = 0.05
LOOK_S = 5.0
"""Real time after which the ledger is looked at although no bell rang."""
LONGEST_REST_S = 30.0
LONGEST_MESSAGE = 16 * 1024 * 1024
"""Octets of one message, before anybody has signed in too; a list of thousands of job orders has less."""
_SECURE = [ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt, ua.SecurityPolicyType.Basic256Sha256_Sign]


class OpcUaServer:
    """Job orders, results and methods for each machine group. Nothing is kept here: a server that starts again tells the same."""

    def __init__(self, url: str, service: Service, home: Path, count_sign_in: Callable[[str], None]) -> None:
        """``home``: certificate and key of the server, and the certificates of users under ``users/``. ``count_sign_in``: an
        attempt from a network address; raises TooManyRequests.

        Raises ValueError for an address of another kind.
        """
        self._endpoint = Endpoint.read(url)
        self._service = service
        self._home = home
        self._count_sign_in = count_sign_in
        self._since = 0
        self._groups: dict[tuple[str, str], GroupNodes] = {}
        self.serves = threading.Event()
        """Clients are let in, and everything stands there."""

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set; what goes wrong is reported, and the server starts again."""
        rest_s = 1.0
        while not stop.is_set():
            try:
                asyncio.run(self._live(stop))
            except Exception as fault:  # noqa: BLE001 - outermost edge of the thread, reported; what was not told is told again
                logger("mes_bridge").error("opcua.failed", endpoint=self._endpoint.url, exc_info=fault)
                stop.wait(rest_s)
                rest_s = min(2 * rest_s, LONGEST_REST_S)
            finally:
                self.serves.clear()

    async def _live(self, stop: threading.Event) -> None:
        clients, users = MachineClients(self._service.ledger), self._home / "users"
        internal = ScopedServer(clients, users, lambda node: nodes.owner(node, self._own_index), self._count_sign_in)
        server = Server(iserver=internal)
        self._groups.clear()
        await self._prepare(server)
        async with server:
            self.serves.set()
            logger("mes_bridge").info("opcua.serves", endpoint=self._endpoint.url)
            await self._follow(internal, stop)

    async def _prepare(self, server: Server) -> None:
        """Everything stands there before the first client is let in."""
        await server.init()
        server.set_endpoint(self._endpoint.url)
        server.set_server_name("LotOne")
        await server.set_application_uri(APPLICATION)
        server.limits.max_message_size = LONGEST_MESSAGE
        server.limits.max_chunk_count = LONGEST_MESSAGE // server.limits.max_recv_buffer
        server.set_security_policy(_SECURE)
        server.set_identity_tokens([ua.UserNameIdentityToken, ua.X509IdentityToken])
        certificate, key = await asyncio.to_thread(own_certificate, self._home, APPLICATION)
        await server.load_certificate(certificate)
        await server.load_private_key(key)
        self._server = server
        self._model = Model(server, await server.register_namespace(model.NAMESPACE))
        self._own_index = await server.register_namespace(nodes.NAMESPACE)
        await self._model.build()
        self._control = JobControl(self._service)
        root = ua.NodeId(1, self._own_index)
        self._root = await server.nodes.objects.add_folder(root, ua.QualifiedName(nodes.ROOT, self._own_index))
        self._plants: dict[str, ua.NodeId] = {}
        await self._begin()

    async def _begin(self) -> None:
        """What is live, and the last results; changes after that are followed."""
        self._since = await asyncio.to_thread(self._service.last_change)
        for plant, group in await asyncio.to_thread(self._service.machine_groups):
            await self._group(plant, group)
        for order in await asyncio.to_thread(self._service.live_work_orders):
            (await self._group(order.plant, order.machine_group)).put(order)
        await self._add_results(await asyncio.to_thread(self._service.last_finished, TOLD_AT_START))
        for group_nodes in self._groups.values():
            await group_nodes.tell(())

    async def _add_results(self, finished: list[str]) -> None:
        results = await asyncio.to_thread(self._service.results, finished)
        groups = await asyncio.to_thread(self._service.groups_of, finished)
        for identifier in finished:
            (await self._group(*groups[identifier])).add_result(results[identifier])

    async def _follow(self, internal: ScopedServer, stop: threading.Event) -> None:
        doorbell = self._service.ledger.doorbell
        rung, looked_at = -1, 0.0
        while not stop.is_set():
            if doorbell.rings != rung or time.monotonic() - looked_at > LOOK_S:
                rung, looked_at = doorbell.rings, time.monotonic()
                await internal.part_with_the_revoked()
                await self._tell_changes()
            await asyncio.sleep(LISTEN_S)

    async def _tell_changes(self) -> None:
        """A ledger that is behind what was told is another one: a backup was restored, and everything is told anew."""
        last = await asyncio.to_thread(self._service.last_change)
        if self._since > last:
            raise RuntimeError("the ledger is behind what was told")
        while self._since < last and (page := await asyncio.to_thread(self._service.work_orders_since, self._since, PAGE)):
            await self._tell(page)
            self._since = page[-1].change

    async def _tell(self, page: list[StandingWorkOrder]) -> None:
        """The last of each work order is how it stands; a revision that ended is not, unless the work order ended with it."""
        present = {order.content.work_order: order for order in page}
        results = await asyncio.to_thread(self._service.results, list(present))
        touched: dict[tuple[str, str], list[StandingWorkOrder]] = {}
        for identifier, order in present.items():
            key = (order.plant, order.machine_group)
            here = await self._group(*key)
            for other, group_nodes in self._groups.items():
                if identifier in group_nodes.orders and (other != key or order.state in FINISHED):
                    group_nodes.remove(identifier)
                    touched.setdefault(other, [])
            if order.state in FINISHED:
                here.add_result(results[identifier])
            else:
                here.put(order)
            touched.setdefault(key, []).append(order)
        await self._tell_groups(touched.items(), results)

    async def _tell_groups(self, touched: Iterable[tuple[tuple[str, str], list[StandingWorkOrder]]], results: dict[str, Result]) -> None:
        for key, orders in touched:
            await self._groups[key].tell([(order, results.get(order.content.work_order)) for order in orders])

    async def _group(self, plant: str, group: str) -> GroupNodes:
        """A machine group that is new gets its nodes while clients are there."""
        if (plant, group) not in self._groups:
            made = GroupNodes(self._server, self._model, self._own_index, plant, group)
            await made.build(await self._plant(plant), methods_of(made, self._control))
            self._groups[plant, group] = made
        return self._groups[plant, group]

    async def _plant(self, plant: str) -> Node:
        node_id = ua.NodeId(nodes.path(plant), self._own_index)
        if plant not in self._plants:
            self._plants[plant] = node_id
            await self._root.add_folder(node_id, ua.QualifiedName(plant, self._own_index))
        return self._server.get_node(node_id)
