"""Job orders and responses of OPC UA say what the contracts say, and states and commands are the standard's."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from contracts.work_order import WorkOrderState
from ledger.unit_of_work import Ledger
from mes_bridge.engine.protocols.opcua import Command, JobState, Parameter, allows, decode, encode, job_state, named_hash, respond
from mes_bridge.transports.opcua.address import Endpoint, could_serve
from tests.unit.mes_bridge.shop import Shop

S = WorkOrderState
_UA = "{http://opcfoundation.org/UA/2011/03/UANodeSet.xsd}"


@pytest.fixture
def shop(ledger: Ledger) -> Shop:
    shop = Shop(ledger)
    shop.release()
    return shop


def test_a_job_order_carries_the_whole_content_with_its_hash(shop: Shop) -> None:
    for order in shop.service.live_work_orders():
        job = encode(order.content, order.state)
        assert decode(job) == order.content
        assert named_hash(job) in {one.content_sha256 for one in shop.listed()}


@pytest.mark.parametrize("changed", ["piece", "parameter.length", "checkpoint.runout"])
def test_content_that_was_changed_on_the_way_is_refused(shop: Shop, changed: str) -> None:
    order = shop.service.standing_work_order(shop.id_of(40))
    assert order is not None
    job = encode(order.content, order.state)
    others = tuple(one for one in job.parameters if one.id != changed)
    assert len(others) == len(job.parameters) - 1
    with pytest.raises(ValueError, match=r"missing|does not fit"):
        decode(replace(job, parameters=others))
    with pytest.raises(ValueError, match=r"validation error|does not fit"):
        decode(replace(job, parameters=(*others, Parameter(changed, "x", None, ()))))


def test_a_response_tells_every_value_and_which_of_them_count(shop: Shop) -> None:
    work_order = shop.id_of(40)
    shop.report(work_order, "started", minutes=1)
    shop.measure(work_order, "runout", "10.05", measurement="first")
    shop.measure(work_order, "runout", "10.01", measurement="second", corrects="first")
    shop.measure(work_order, "tension", "10")
    shop.report(work_order, "completed", minutes=9)
    response = respond(shop.service.results([work_order])[work_order])
    assert (response.job_order, response.state, response.equipment) == (work_order, JobState.ENDED, ("TRUE-1",))
    assert response.start_time is not None
    assert response.end_time is not None
    values = [one for one in response.data if one.id == "measurement.runout"]
    assert [(one.value, one.unit) for one in values] == [(10_050, "um"), (10_010, "um")]
    told = [{inner.id: inner.value for inner in one.subparameters} for one in values]
    assert [(one["measurement"], one["verdict"], one["counts"]) for one in told] == [
        ("first", "in_tolerance", "false"),
        ("second", "in_tolerance", "true"),
    ]


def test_every_state_has_one_in_the_standard() -> None:
    expected = {
        S.RELEASED: (1, 2),
        S.LEASED: (1, 2),
        S.ACKNOWLEDGED: (1, 2),
        S.IN_PROGRESS: (3, 3),
        S.PAUSED: (4, 4),
        S.COMPLETED: (5, 5),
        S.CLOSED: (5, 5),
        S.HELD: (4, 4),
        S.SCRAPPED: (6, 6),
        S.SUPERSEDED: (6, 6),
        S.CANCELLED: (6, 6),
    }
    assert {state: (job_state(state, False, True).value, job_state(state, True, True).value) for state in S} == expected
    assert job_state(S.HELD, True, begun=False) is JobState.NOT_ALLOWED_TO_START
    assert [state.text for state in JobState] == ["NotAllowedToStart", "AllowedToStart", "Running", "Interrupted", "Ended", "Aborted"]


def test_a_command_is_allowed_where_the_standard_has_its_transition() -> None:
    allowed = {command: {state for state in S if allows(command, state, ready=True)} for command in Command}
    waiting, work = {S.RELEASED, S.LEASED, S.ACKNOWLEDGED}, {S.IN_PROGRESS, S.PAUSED}
    assert allowed == {
        Command.STORE: waiting,
        Command.STORE_AND_START: waiting,
        Command.START: waiting,
        Command.UPDATE: waiting,
        Command.PAUSE: {S.IN_PROGRESS},
        Command.RESUME: {S.PAUSED},
        Command.STOP: work,
        Command.ABORT: work | {S.HELD},
        Command.REVOKE_START: waiting,
        Command.CANCEL: waiting | {S.CANCELLED},
        Command.CLEAR: {S.CLOSED, S.SCRAPPED, S.CANCELLED},
    }
    assert not any(allows(command, S.RELEASED, ready=False) for command in (Command.STORE, Command.START, Command.STORE_AND_START))


@pytest.mark.parametrize("url", ["http://host:4840", "opc.tcp://", "opc.tcp://user@host", "host:4840", "opc.tcp://host:99999"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"an address like|Port"):
        Endpoint.read(url)


def test_an_address_has_the_registered_port_without_one() -> None:
    assert Endpoint.read("opc.tcp://0.0.0.0/lotone") == Endpoint("0.0.0.0", 4840, "opc.tcp://0.0.0.0:4840/lotone")
    assert Endpoint.read("opc.tcp://[::1]:5000").url == "opc.tcp://[::1]:5000/"
    assert not could_serve(Endpoint.read("opc.tcp://192.0.2.1:4840")), "an interface of nobody's"


def _nodes() -> dict[str, etree._Element]:
    folder = os.environ.get("LOTONE_TEST_STANDARDS")
    if not folder:
        pytest.skip("LOTONE_TEST_STANDARDS is not set")
    file = Path(folder) / "opcua" / "ISA95-JOBCONTROL" / "opc.ua.isa95-jobcontrol.nodeset2.xml"
    return {str(node.get("NodeId")): node for node in etree.parse(file).getroot() if node.get("NodeId")}


def test_the_types_are_those_of_the_published_nodeset() -> None:
    """Numbers, names, fields, encodings and arguments; read here, not needed by the product."""
    from mes_bridge.transports.opcua import model

    nodes = _nodes()
    aliases = {"String": 12, "LocalizedText": 21, "DateTime": 13, "UInt32": 7, "Int16": 4, "RelativePath": 540, "DecimalString": 12878}
    aliases |= {"EUInformation": 887, None: 24} | {structure.name: structure.number for structure in model.STRUCTURES}
    for structure in model.STRUCTURES:
        node = nodes[f"ns=1;i={structure.number}"]
        assert node.get("BrowseName") == f"1:{structure.name}"
        encodings = [str(one.text) for one in node.iter(f"{_UA}Reference") if one.get("ReferenceType") == "HasEncoding"]
        binary = [one for one in encodings if nodes[one].get("SymbolicName") == "DefaultBinary"]
        assert binary == [f"ns=1;i={structure.encoding}"]
        fields = [
            (one.get("Name"), aliases[one.get("DataType")], one.get("ValueRank") == "1", one.get("IsOptional") == "true")
            for one in node.iter(f"{_UA}Field")
        ]
        assert [(one.name, one.type, one.many, one.optional) for one in structure.fields] == fields, structure.name
    methods = {str(command): numbers for command, numbers in model.COMMANDS.items()} | model.REQUESTS
    for name, numbers in methods.items():
        titles = [nodes[f"ns=1;i={number}"].get("BrowseName") for number in numbers]
        assert titles == [f"1:{name}", "InputArguments", "OutputArguments"]
        assert nodes[f"ns=1;i={numbers[1]}"].get("ParentNodeId") == f"ns=1;i={numbers[0]}"
    named = {model.RECEIVER: "ISA95JobOrderReceiverObjectType", model.PROVIDER: "ISA95JobResponseProviderObjectType"}
    named |= {model.STATUS_EVENT: "ISA95JobOrderStatusEventType"}
    named |= {model.ORDER_LIST: "JobOrderList", model.RESPONSE_LIST: "JobOrderResponseList"}
    for number, name in named.items():
        assert nodes[f"ns=1;i={number}"].get("BrowseName") == f"1:{name}"
