"""The types of ISA-95 job control (OPC 10031-4, version 2.0), under the numbers that the standard gives them.

Only what the server uses is there: structures, receiver, response provider, event; state objects and substates are left out.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from asyncua import Node, Server, ua
from asyncua.common.manage_nodes import create_data_type, create_encoding
from asyncua.common.structures104 import load_custom_struct

from mes_bridge.engine.protocols.opcua import Command

NAMESPACE = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/"
PROPERTY, PARAMETER, EQUIPMENT, STATE, WORK_MASTER, JOB_ORDER = 3002, 3003, 3005, 3006, 3007, 3008
MATERIAL, PERSONNEL, PHYSICAL_ASSET, JOB_RESPONSE, JOB_ORDER_AND_STATE = 3010, 3011, 3012, 3013, 3015
RECEIVER, PROVIDER, STATUS_EVENT = 1002, 1003, 1006
ORDER_LIST, RESPONSE_LIST, DOWNLOADABLE = 6033, 6050, 6088
_O = ua.ObjectIds
STRING, TEXT, TIME, UINT64 = _O.String, _O.LocalizedText, _O.DateTime, _O.UInt64


@dataclass(frozen=True)
class Field:
    """``own``: the type is one of the standard's; otherwise of the base namespace."""

    name: str
    type: int
    many: bool = False
    optional: bool = True
    own: bool = False


@dataclass(frozen=True)
class Structure:
    number: int
    name: str
    encoding: int
    fields: tuple[Field, ...]


def _resource(number: int, name: str, encoding: int) -> Structure:
    """Equipment, personnel and physical assets have the same fields."""
    fields = (
        Field("ID", STRING, optional=False),
        Field("Description", TEXT, many=True),
        Field(f"{name}Use", STRING),
        *_QUANTITY,
    )
    return Structure(number, f"ISA95{name}DataType", encoding, fields)


def _named_value(number: int, name: str, encoding: int, inner: str) -> Structure:
    fields = (
        Field("ID", STRING, optional=False),
        Field("Value", _O.BaseDataType, optional=False),
        Field("Description", TEXT, many=True),
        Field("EngineeringUnits", _O.EUInformation),
        Field(inner, number, many=True, own=True),
    )
    return Structure(number, name, encoding, fields)


_QUANTITY = (
    Field("Quantity", _O.DecimalString),
    Field("EngineeringUnits", _O.EUInformation),
    Field("Properties", PROPERTY, many=True, own=True),
)
_ACTUALS = (("Personnel", PERSONNEL), ("Equipment", EQUIPMENT), ("PhysicalAsset", PHYSICAL_ASSET), ("Material", MATERIAL))
STRUCTURES = (
    _named_value(PROPERTY, "ISA95PropertyDataType", 5002, "Subproperties"),
    _named_value(PARAMETER, "ISA95ParameterDataType", 5005, "Subparameters"),
    _resource(EQUIPMENT, "Equipment", 5008),
    _resource(PERSONNEL, "Personnel", 5020),
    _resource(PHYSICAL_ASSET, "PhysicalAsset", 5023),
    Structure(
        STATE,
        "ISA95StateDataType",
        5029,
        (
            Field("BrowsePath", _O.RelativePath, optional=False),
            Field("StateText", TEXT, optional=False),
            Field("StateNumber", _O.UInt32, optional=False),
        ),
    ),
    Structure(
        WORK_MASTER,
        "ISA95WorkMasterDataType",
        5011,
        (
            Field("ID", STRING, optional=False),
            Field("Description", TEXT),
            Field("Parameters", PARAMETER, many=True, own=True),
        ),
    ),
    Structure(
        MATERIAL,
        "ISA95MaterialDataType",
        5017,
        (
            Field("MaterialClassID", STRING),
            Field("MaterialDefinitionID", STRING),
            Field("MaterialLotID", STRING),
            Field("MaterialSublotID", STRING),
            Field("Description", TEXT, many=True),
            Field("MaterialUse", STRING),
            *_QUANTITY,
        ),
    ),
    Structure(
        JOB_ORDER,
        "ISA95JobOrderDataType",
        5014,
        (
            Field("JobOrderID", STRING, optional=False),
            Field("Description", TEXT, many=True),
            Field("WorkMasterID", WORK_MASTER, many=True, own=True),
            Field("StartTime", TIME),
            Field("EndTime", TIME),
            Field("Priority", _O.Int16),
            Field("JobOrderParameters", PARAMETER, many=True, own=True),
            *(Field(f"{name}Requirements", number, many=True, own=True) for name, number in _ACTUALS),
        ),
    ),
    Structure(
        JOB_RESPONSE,
        "ISA95JobResponseDataType",
        5026,
        (
            Field("JobResponseID", STRING, optional=False),
            Field("Description", TEXT),
            Field("JobOrderID", STRING, optional=False),
            Field("StartTime", TIME),
            Field("EndTime", TIME),
            Field("JobState", STATE, many=True, optional=False, own=True),
            Field("JobResponseData", PARAMETER, many=True, own=True),
            *(Field(f"{name}Actuals", number, many=True, own=True) for name, number in _ACTUALS),
        ),
    ),
    Structure(
        JOB_ORDER_AND_STATE,
        "ISA95JobOrderAndStateDataType",
        5032,
        (
            Field("JobOrder", JOB_ORDER, optional=False, own=True),
            Field("State", STATE, many=True, optional=False, own=True),
        ),
    ),
)
COMMANDS = {
    Command.STORE: (7001, 6040, 6041),
    Command.STORE_AND_START: (7004, 6051, 6052),
    Command.START: (7005, 6053, 6054),
    Command.STOP: (7006, 6055, 6056),
    Command.PAUSE: (7007, 6057, 6058),
    Command.RESUME: (7008, 6059, 6060),
    Command.UPDATE: (7009, 6061, 6062),
    Command.ABORT: (7010, 6063, 6064),
    Command.CANCEL: (7011, 6065, 6066),
    Command.CLEAR: (7012, 6067, 6068),
    Command.REVOKE_START: (7013, 6069, 6070),
}
"""The method in the type, what it is given, what it answers."""
REQUESTS = {"RequestJobResponseByJobOrderID": (7002, 6042, 6043), "RequestJobResponseByJobOrderState": (7014, 6016, 6017)}
WITH_AN_ORDER = frozenset({Command.STORE, Command.STORE_AND_START, Command.UPDATE})
"""They are given a job order; the others the identifier of one."""
UNUSED = ("WorkMaster", "MaterialClassID", "MaterialDefinitionID", "EquipmentID", "PhysicalAssetID", "PersonnelID")
"""Mandatory lists of what orders may name; empty: whatever LotOne gave out."""
_UNUSED_NUMBERS = (6034, 6035, 6036, 6037, 6038, 6039)


class Model:
    """The types in a server's address space. ``index``: of the standard's namespace there."""

    def __init__(self, server: Server, index: int) -> None:
        self._server = server
        self.index = index

    def id(self, number: int) -> ua.NodeId:
        """One of the standard's nodes."""
        return ua.NodeId(number, self.index)

    def name(self, name: str) -> ua.QualifiedName:
        return ua.QualifiedName(name, self.index)

    async def build(self) -> None:
        """Once in a server; the structures are known to the process afterwards."""
        for structure in STRUCTURES:
            await self._structure(structure)
        await self._receiver()
        await self._provider()
        event = await self._type(_O.BaseEventType, STATUS_EVENT, "ISA95JobOrderStatusEventType")
        for number, name, of, many in (
            (6047, "JobOrder", JOB_ORDER, False),
            (6048, "JobState", STATE, True),
            (6049, "JobResponse", JOB_RESPONSE, False),
        ):
            made = await event.add_property(self.id(number), self.name(name), None, ua.VariantType.ExtensionObject, self.id(of))
            await self._rank(made, many)

    def arguments(self, command: Command) -> tuple[list[ua.Argument], list[ua.Argument]]:
        """What the method is given and answers."""
        given = self.argument("JobOrder", self.id(JOB_ORDER)) if command in WITH_AN_ORDER else self.argument("JobOrderID", STRING)
        return [given, self.argument("Comment", TEXT, many=True)], [self.argument("ReturnStatus", UINT64)]

    def request_arguments(self, name: str) -> tuple[list[ua.Argument], list[ua.Argument]]:
        """What a method of the response provider is given and answers."""
        status, response = self.argument("ReturnStatus", UINT64), self.id(JOB_RESPONSE)
        if name == "RequestJobResponseByJobOrderID":
            return [self.argument("JobOrderID", STRING)], [self.argument("JobResponse", response), status]
        asked = self.argument("JobOrderState", self.id(STATE), many=True)
        return [asked], [self.argument("JobResponses", response, many=True), status]

    def argument(self, name: str, of: ua.NodeId | int, many: bool = False) -> ua.Argument:
        rank = ua.ValueRank.OneDimension if many else ua.ValueRank.Scalar
        return ua.Argument(
            Name=name,
            DataType=of if isinstance(of, ua.NodeId) else ua.NodeId(of),
            ValueRank=ua.Int32(rank),
            ArrayDimensions=[ua.UInt32(0)] if many else [],
        )

    async def _structure(self, structure: Structure) -> None:
        base = self._server.nodes.base_structure_type
        node = await create_data_type(base, self.id(structure.number), self.name(structure.name))
        encoding = await create_encoding(node, self.id(structure.encoding), ua.QualifiedName("Default Binary", 0))
        optional = any(field.optional for field in structure.fields)
        definition = ua.StructureDefinition(
            DefaultEncodingId=encoding.nodeid,
            BaseDataType=base.nodeid,
            StructureType=ua.StructureType.StructureWithOptionalFields if optional else ua.StructureType.Structure,
            Fields=[self._field(field) for field in structure.fields],
        )
        await node.write_data_type_definition(definition)
        await load_custom_struct(node)

    def _field(self, field: Field) -> ua.StructureField:
        return ua.StructureField(
            Name=field.name,
            DataType=self.id(field.type) if field.own else ua.NodeId(field.type),
            ValueRank=ua.Int32(ua.ValueRank.OneDimension if field.many else ua.ValueRank.Scalar),
            ArrayDimensions=[ua.UInt32(0)] if field.many else [],
            IsOptional=field.optional,
        )

    async def _receiver(self) -> None:
        kind = await self._type(_O.FiniteStateMachineType, RECEIVER, "ISA95JobOrderReceiverObjectType")
        orders = await self._list(kind, ORDER_LIST, "JobOrderList", JOB_ORDER_AND_STATE)
        await orders.set_modelling_rule(True)
        for number, name in zip(_UNUSED_NUMBERS, UNUSED, strict=True):
            made = await self.unused(kind, self.id(number), name)
            await made.set_modelling_rule(True)
        most = await kind.add_property(self.id(DOWNLOADABLE), self.name("MaxDownloadableJobOrders"), 0, ua.VariantType.UInt16)
        await most.set_modelling_rule(True)
        for command, numbers in COMMANDS.items():
            made = await method(kind, [self.id(number) for number in numbers], self.name(command), None, self.arguments(command))
            await made.set_modelling_rule(False)

    async def _provider(self) -> None:
        kind = await self._type(_O.BaseObjectType, PROVIDER, "ISA95JobResponseProviderObjectType")
        responses = await self._list(kind, RESPONSE_LIST, "JobOrderResponseList", JOB_RESPONSE)
        await responses.set_modelling_rule(False)
        for name, numbers in REQUESTS.items():
            made = await method(kind, [self.id(number) for number in numbers], self.name(name), None, self.request_arguments(name))
            await made.set_modelling_rule(True)

    async def unused(self, parent: Node, node_id: ua.NodeId, name: str) -> Node:
        """One of the lists that say what may be named, empty."""
        of, kind = (
            (self.id(WORK_MASTER), ua.VariantType.ExtensionObject) if name == "WorkMaster" else (ua.NodeId(STRING), ua.VariantType.String)
        )
        made = await parent.add_variable(node_id, self.name(name), ua.Variant([], kind, is_array=True), kind, of)
        await self._rank(made, True)
        return made

    async def _list(self, parent: Node, number: int, name: str, of: int) -> Node:
        return await self.list(parent, self.id(number), name, of)

    async def list(self, parent: Node, node_id: ua.NodeId, name: str, of: int) -> Node:
        """A variable that holds many of a structure."""
        empty = ua.Variant([], ua.VariantType.ExtensionObject, is_array=True)
        made = await parent.add_variable(node_id, self.name(name), empty, ua.VariantType.ExtensionObject, self.id(of))
        await self._rank(made, True)
        return made

    async def _rank(self, node: Node, many: bool) -> None:
        await node.write_value_rank(ua.ValueRank.OneDimension if many else ua.ValueRank.Scalar)
        if many:
            await node.write_array_dimensions([0])

    async def _type(self, parent: int, number: int, name: str) -> Node:
        return await self._server.get_node(ua.NodeId(parent)).add_object_type(self.id(number), self.name(name))


async def method(
    parent: Node,
    ids: Sequence[ua.NodeId],
    name: ua.QualifiedName,
    called: Callable[..., Awaitable[Any]] | None,
    arguments: tuple[list[ua.Argument], list[ua.Argument]],
) -> Node:
    """A method under ``parent``; ``ids``: its own, and those of what it is given and answers."""
    made = await parent.add_method(ids[0], name, called)
    for node_id, title, told in zip(ids[1:], ("InputArguments", "OutputArguments"), arguments, strict=True):
        told_of = ua.QualifiedName(title, 0)
        await made.add_property(node_id, told_of, told, ua.VariantType.ExtensionObject, ua.NodeId(_O.Argument))
    return made
