"""Which nodes stand for a machine group, and how do they tell what changed?"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from asyncua import Node, Server, ua
from asyncua.server.event_generator import EventGenerator

from mes_bridge.engine.protocols.opcua import Command, Result, encode, job_state, respond
from mes_bridge.standing import StandingWorkOrder
from mes_bridge.transports.opcua.arguments import checked
from mes_bridge.transports.opcua.model import (
    COMMANDS,
    JOB_ORDER_AND_STATE,
    JOB_RESPONSE,
    PROVIDER,
    RECEIVER,
    REQUESTS,
    STATUS_EVENT,
    UNUSED,
    Model,
    method,
)
from mes_bridge.transports.opcua.structures import job_order, job_order_and_state, job_response, states

NAMESPACE = "urn:lotone:opcua"
ROOT = "LotOne"
_ORDERS, _RESPONSES = "JobOrderList", "JobOrderResponseList"
RESPONSES = 100
"""So many results stand in a machine group's list; older ones are asked for by the work order's identifier."""
_T = ua.VariantType
_MEASURED = (
    ("MeasurementID", _T.String),
    ("JobOrderID", _T.String),
    ("Checkpoint", _T.String),
    ("Value", _T.String),
    ("Unit", _T.String),
    ("Gauge", _T.String),
    ("At", _T.DateTime),
    ("Corrects", _T.String),
)
_MACHINE = (("Machine", _T.String), ("State", _T.String), ("At", _T.DateTime), ("Reason", _T.String))
_ANSWERED = (
    ("ReturnStatus", _T.UInt64),
    ("Reason", _T.String),
    ("State", _T.String),
    ("Verdict", _T.String),
    ("Nonconformance", _T.String),
)
OWN_METHODS = {"Measure": _MEASURED, "ReportMachineState": _MACHINE}
"""What the standard has no method for: values of checkpoints and states of machines."""
Called = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Methods:
    """What is behind the methods of one machine group."""

    commands: Mapping[Command, Called]
    requests: Mapping[str, Called]
    own: Mapping[str, Called]


def path(*names: str) -> str:
    """The identifier of a node: plant, machine group and what is below, each as in an address, so that no name ends another."""
    return "/".join(quote(name, safe="") for name in names)


def owner(node: ua.NodeId, index: int) -> str | None:
    """The machine group that a node of ours stands for; None for what is nobody's."""
    if node.NamespaceIndex != index or not isinstance(node.Identifier, str) or "/" not in node.Identifier:
        return None
    return unquote(node.Identifier.split("/")[1])


class GroupNodes:
    """A machine group: its receiver of job orders, its results, its own methods."""

    def __init__(self, server: Server, model: Model, index: int, plant: str, group: str) -> None:
        self._server, self._model, self._index = server, model, index
        self.plant, self.group = plant, group
        self.orders: dict[str, StandingWorkOrder] = {}
        self._shown: dict[str, Any] = {}
        self._responses: dict[str, Any] = {}
        self._untold: set[str] = set()
        """Which of the two lists are not yet written as they are now."""
        self._event: EventGenerator | None = None

    async def build(self, plant: Node, methods: Methods) -> None:
        """Once, under the plant's folder."""
        group = await plant.add_object(self._id(), ua.QualifiedName(self.group, self._index))
        for name, given in OWN_METHODS.items():
            await self._own_method(group, name, given, methods.own[name])
        receiver = await self._typed(group, "JobOrderControl", RECEIVER)
        model = self._model
        await model.list(receiver, self._id("JobOrderControl", _ORDERS), _ORDERS, JOB_ORDER_AND_STATE)
        for name in UNUSED:
            await model.unused(receiver, self._id("JobOrderControl", name), name)
        most = self._id("JobOrderControl", "MaxDownloadableJobOrders")
        await receiver.add_property(most, model.name("MaxDownloadableJobOrders"), 0, _T.UInt16)
        for command in COMMANDS:
            ids, arguments = self._method_ids("JobOrderControl", command), model.arguments(command)
            await method(receiver, ids, model.name(command), checked(arguments[0], methods.commands[command]), arguments)
        results = await self._typed(group, "JobOrderResults", PROVIDER)
        await model.list(results, self._id("JobOrderResults", _RESPONSES), _RESPONSES, JOB_RESPONSE)
        for name in REQUESTS:
            ids, arguments = self._method_ids("JobOrderResults", name), model.request_arguments(name)
            await method(results, ids, model.name(name), checked(arguments[0], methods.requests[name]), arguments)
        self._event = EventGenerator(self._server.iserver.isession)
        await self._event.init(model.id(STATUS_EVENT), results.nodeid)

    def put(self, order: StandingWorkOrder) -> None:
        """A work order as it is now stands in the list."""
        identifier = order.content.work_order
        self.orders[identifier] = order
        shown = job_order_and_state(encode(order.content, order.state), _state(order))
        if self._shown.get(identifier) != shown:
            self._shown[identifier] = shown
            self._untold.add(_ORDERS)

    def remove(self, work_order: str) -> None:
        """It is nothing to be made here any more."""
        self.orders.pop(work_order, None)
        if self._shown.pop(work_order, None) is not None:
            self._untold.add(_ORDERS)

    def add_result(self, result: Result) -> None:
        """It stands among the results; the oldest ones go."""
        self._untold.add(_RESPONSES)
        self._responses.pop(result.content.work_order, None)
        self._responses[result.content.work_order] = job_response(respond(result))
        while len(self._responses) > RESPONSES:
            del self._responses[next(iter(self._responses))]

    def responses_in(self, state: int) -> list[Any]:
        """Those results of the list whose state has this number."""
        return [one for one in self._responses.values() if one.JobState[0].StateNumber == state]

    async def tell(self, changed: Iterable[tuple[StandingWorkOrder, Result | None]]) -> None:
        """The lists that are other than they were told, then an event for each work order that changed."""
        for name, (under, shown) in {_ORDERS: ("JobOrderControl", self._shown), _RESPONSES: ("JobOrderResults", self._responses)}.items():
            if name in self._untold:
                await self._write(under, name, shown)
        self._untold.clear()
        for order, result in changed:
            await self._tell_status(order, result)

    async def _tell_status(self, order: StandingWorkOrder, result: Result | None) -> None:
        if self._event is None or result is None:
            return
        event = self._event.event
        event.JobOrder = job_order(encode(order.content, order.state))
        event.JobState = states(_state(order))
        event.JobResponse = job_response(respond(result))
        event.Message = ua.LocalizedText(f"{order.content.work_order}: {order.state.value}")
        await self._event.trigger()

    async def _write(self, under: str, name: str, shown: Mapping[str, Any]) -> None:
        value = ua.Variant(list(shown.values()), _T.ExtensionObject, is_array=True)
        await self._server.write_attribute_value(self._id(under, name), ua.DataValue(value))

    async def _typed(self, parent: Node, name: str, kind: int) -> Node:
        """An object of a type of the standard, with nothing in it yet."""
        item = ua.AddNodesItem(
            RequestedNewNodeId=self._id(name),
            ParentNodeId=parent.nodeid,
            ReferenceTypeId=ua.NodeId(ua.ObjectIds.HasComponent),
            BrowseName=self._model.name(name),
            NodeClass=ua.NodeClass.Object,
            TypeDefinition=self._model.id(kind),
            NodeAttributes=ua.ObjectAttributes(DisplayName=ua.LocalizedText(name)),
        )
        (made,) = await self._server.iserver.isession.add_nodes([item])
        made.StatusCode.check()
        return self._server.get_node(made.AddedNodeId)

    async def _own_method(self, group: Node, name: str, given: tuple[tuple[str, ua.VariantType], ...], called: Called) -> None:
        takes, answers = ([self._model.argument(title, kind.value) for title, kind in each] for each in (given, _ANSWERED))
        ids = [self._id(name), self._id(name, "InputArguments"), self._id(name, "OutputArguments")]
        await method(group, ids, ua.QualifiedName(name, self._index), checked(takes, called), (takes, answers))

    def _method_ids(self, under: str, name: str) -> list[ua.NodeId]:
        return [self._id(under, name), self._id(under, name, "InputArguments"), self._id(under, name, "OutputArguments")]

    def _id(self, *rest: str) -> ua.NodeId:
        return ua.NodeId(path(self.plant, self.group, *rest), self._index)


def _state(order: StandingWorkOrder) -> Any:
    return job_state(order.state, order.ready, order.begun)
