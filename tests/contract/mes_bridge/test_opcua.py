"""Job control over OPC UA with the stock client: what stands there is the ledger, what is called goes into it."""

import asyncio
import shutil
import socket
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256

from contracts.access import SYSTEM
from contracts.work_order import WorkOrderState
from ledger.database import engine_for
from ledger.machine_clients import MachineClients
from ledger.settings import Settings
from lotone.doctor import examine
from mes_bridge.engine.protocols.opcua import ReturnStatus as Is
from mes_bridge.engine.protocols.opcua import decode
from mes_bridge.engine.work_order_document import content_hash
from mes_bridge.transports.opcua.certificate import own_certificate
from mes_bridge.transports.opcua.nodes import GroupNodes
from mes_bridge.transports.opcua.server import OpcUaServer
from mes_bridge.transports.opcua.structures import read_job_order
from tests.conftest import create_tables, new_ledger
from tests.unit.mes_bridge.shop import Shop

PATIENCE_S = 30.0
AT = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
GOOD = (True, Is.NO_ERROR)
SIGN, ENCRYPT = ua.MessageSecurityMode.Sign, ua.MessageSecurityMode.SignAndEncrypt


@contextmanager
def serving(url: str, shop: Shop, home: Path) -> Iterator[None]:
    server, stop = OpcUaServer(url, shop.service, home, lambda address: None), threading.Event()
    running = threading.Thread(target=server.run, args=(stop,), daemon=True)
    running.start()
    try:
        assert server.serves.wait(PATIENCE_S)
        yield
    finally:
        stop.set()
        running.join(PATIENCE_S)
    assert not running.is_alive()


@dataclass(frozen=True)
class Plant:
    """A plant with its server; keys and identifiers by the clients' names."""

    shop: Shop
    url: str
    folder: Path
    keys: dict[str, tuple[str, str]]

    def piece(self, name: str, *sequences: int) -> str:
        """The work order of the first of the operations of a new piece."""
        self.shop.release(piece=f"piece_{name}", sequences=sequences)
        return self.shop.id_of(sequences[0], piece=f"piece_{name}")


def free_url() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"opc.tcp://127.0.0.1:{free.getsockname()[1]}/lotone"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """One server for all: it takes longer to start than everything that it is asked."""
    folder = tmp_path_factory.mktemp("opcua")
    engine = engine_for(f"sqlite:///{folder / 'lotone.db'}")
    create_tables(engine)
    shop = Shop(new_ledger(engine, folder))
    shop.release(piece="piece_first")
    clients = MachineClients(shop.ledger)
    scopes = {"hall": None, "other": None, "welder": ["WELD"], "leaver": None, "holder": None}
    keys = {name: clients.create(SYSTEM, name, groups) for name, groups in scopes.items()}
    plant = Plant(shop, free_url(), folder / "opcua", keys)
    with serving(plant.url, shop, plant.folder):
        yield plant
    shop.ledger.close()


class Group:
    """A machine group as a client sees it."""

    def __init__(self, client: Client, group: str) -> None:
        self._client, self._group = client, group

    def node(self, *rest: str) -> Any:
        return self._client.get_node(ua.NodeId("/".join(("riverside", self._group, *rest)), 3))

    async def orders(self) -> dict[str, tuple[Any, int]]:
        listed = await self.node("JobOrderControl", "JobOrderList").read_value()
        return {one.JobOrder.JobOrderID: (one.JobOrder, one.State[0].StateNumber) for one in listed}

    async def state(self, work_order: str, wanted: int | None) -> Any:
        """The job order, once it stands there in that state (None: once it is gone)."""
        async with asyncio.timeout(PATIENCE_S):
            while (found := (await self.orders()).get(work_order, (None, None)))[1] != wanted:
                await asyncio.sleep(0.02)
        return found[0]

    async def call(self, method: str, subject: Any, comment: str = "") -> tuple[bool, int]:
        """Whether the call was good, and the bits of its status."""
        told = ua.Variant([ua.LocalizedText(comment)], ua.VariantType.LocalizedText, is_array=True)
        status, answers = await self._called(("JobOrderControl",), method, ua.Variant(subject), told)
        return status, answers[0]

    async def tell(self, method: str, *given: Any) -> list[Any]:
        return (await self._called((), method, *(ua.Variant(one) for one in given)))[1]

    async def ask(self, method: str, given: Any) -> tuple[Any, int]:
        response, status = (await self._called(("JobOrderResults",), method, given))[1]
        return response, status

    async def _called(self, under: tuple[str, ...], method: str, *given: Any) -> tuple[bool, list[Any]]:
        request = ua.CallMethodRequest(
            ObjectId=self.node(*under).nodeid, MethodId=self.node(*under, method).nodeid, InputArguments=list(given)
        )
        (result,) = await self._client.uaclient.call([request])
        if not result.OutputArguments:
            result.StatusCode.check()
        return result.StatusCode.is_good(), [one.Value for one in result.OutputArguments]


@asynccontextmanager
async def signed_in(plant: Plant, name: str, key: str | None = None, mode: Any = ENCRYPT, url: str = "") -> AsyncIterator[Client]:
    client = await connecting(plant, mode, url)
    client.set_user(name)
    client.set_password(plant.keys[name][1] if key is None else key)
    async with client:
        yield client


async def connecting(plant: Plant, mode: Any = ENCRYPT, url: str = "") -> Client:
    certificate, private = own_certificate(plant.folder.parent / "client", "urn:test:client")
    client = Client(url or plant.url, timeout=PATIENCE_S)
    client.application_uri = "urn:test:client"
    client.session_timeout = 60_000
    await client.set_security(SecurityPolicyBasic256Sha256, str(certificate), str(private), mode=mode)
    return client


class Listening:
    """Status events, as a subscription hears them."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Any] = asyncio.Queue()

    def event_notification(self, event: Any) -> None:
        self.events.put_nowait(event)


async def ever(asked: Callable[[], Awaitable[Any]]) -> None:
    while True:
        await asked()


def alone(dialogue: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(dialogue())  # type: ignore[arg-type]


def test_the_whole_way_of_a_work_order(plant: Plant) -> None:
    shop, work_order = plant.shop, plant.piece("whole", 40)

    async def dialogue() -> None:
        async with signed_in(plant, "hall") as client:
            await client.load_data_type_definitions()
            wheel, heard = Group(client, "TRUE"), Listening()
            read = read_job_order(await wheel.state(work_order, 2))
            assert read is not None
            by_rest = {one.work_order: one.content_sha256 for one in shop.listed()}
            assert content_hash(decode(read)) == by_rest[work_order]
            subscription = await client.create_subscription(20, heard)
            await subscription.subscribe_events(wheel.node("JobOrderResults"), client.get_node(ua.NodeId(1006, 2)))
            assert await wheel.call("Start", work_order) == GOOD
            event = await asyncio.wait_for(heard.events.get(), PATIENCE_S)
            assert (event.JobOrder.JobOrderID, event.JobState[0].StateNumber) == (work_order, 3)
            assert await wheel.call("Pause", work_order, "tea") == GOOD
            await wheel.state(work_order, 4)
            assert await wheel.call("Resume", work_order) == GOOD
            first = ("opc-1", work_order, "runout", "10.02", "mm", "caliper", AT, "")
            assert (await wheel.tell("Measure", *first))[:4] == [Is.NO_ERROR, "", "in_progress", "in_tolerance"]
            assert (await wheel.tell("Measure", *first))[:4] == [Is.NO_ERROR, "", "in_progress", "in_tolerance"]
            assert await wheel.call("Stop", work_order) == GOOD
            await wheel.state(work_order, 5)
            assert (await wheel.tell("Measure", "opc-2", work_order, "tension", "10", "mm", "", AT, ""))[2] == "closed"
            await wheel.state(work_order, None)
            (response,) = [
                one for one in await wheel.node("JobOrderResults", "JobOrderResponseList").read_value() if one.JobOrderID == work_order
            ]
            values = {
                one.ID: (one.Value.Value, one.EngineeringUnits and one.EngineeringUnits.DisplayName.Text)
                for one in response.JobResponseData
            }
            assert values["measurement.runout"] == (10_020, "um")
            assert values["state"] == ("closed", None)
            asked, status = await wheel.ask("RequestJobResponseByJobOrderID", ua.Variant(work_order))
            assert (asked, status) == (response, Is.NO_ERROR)
            ended = ua.Variant(response.JobState, ua.VariantType.ExtensionObject, is_array=True)
            assert response in (await wheel.ask("RequestJobResponseByJobOrderState", ended))[0]

    alone(dialogue)
    assert [one.reason for one in shop.service.work_order(work_order).reports] == [None, "tea", None, None]
    assert len([one for one in shop.service.measurements() if one.key.piece == "piece_whole"]) == 2


def test_what_cannot_be_is_answered_with_the_status_of_the_standard(plant: Plant) -> None:
    shop, wheel_order = plant.shop, plant.piece("status", 40)
    cut, weld = (shop.id_of(sequence, piece="piece_first") for sequence in (10, 20))

    async def dialogue() -> None:
        async with signed_in(plant, "hall") as client, signed_in(plant, "other", mode=SIGN) as other:
            wheel, mine, theirs = Group(client, "TRUE"), Group(client, "CUT"), Group(other, "CUT")
            job = await wheel.state(wheel_order, 2)
            for unknown in ("work_order_unknown", cut):
                assert await wheel.call("Start", unknown) == (False, Is.UNKNOWN_JOB_ORDER)
                assert (await wheel.ask("RequestJobResponseByJobOrderID", ua.Variant(unknown)))[1] == Is.UNKNOWN_JOB_ORDER
            for method in ("Pause", "Resume", "Stop", "Abort", "Clear"):
                assert await wheel.call(method, wheel_order) == (False, Is.INVALID_STATUS), method
            assert await Group(client, "WELD").call("Start", weld) == (False, Is.INVALID_STATUS), "what comes before is not closed"
            assert await wheel.call("Store", ua.ISA95JobOrderDataType()) == (False, Is.INVALID_REQUEST)
            for method in ("Store", "StoreAndStart"):
                assert await wheel.call(method, ua.ISA95JobOrderDataType(JobOrderID="theirs")) == (False, Is.UNABLE_TO_ACCEPT)
            assert await wheel.call("Update", ua.ISA95JobOrderDataType(JobOrderID="theirs")) == (False, Is.UNKNOWN_JOB_ORDER)
            next(one for one in job.JobOrderParameters if one.ID == "content_sha256").Value = ua.Variant("0" * 64)
            assert await wheel.call("StoreAndStart", job) == (False, Is.UNABLE_TO_ACCEPT)
            assert await mine.call("Start", cut) == GOOD
            assert await theirs.call("Stop", cut) == (False, Is.UNABLE_TO_ACCEPT | Is.HELD_BY_ANOTHER)
            assert await mine.call("Start", cut) == (False, Is.INVALID_STATUS), "a repeated call has no second effect"
            wrong = [
                (("opc-3", wheel_order, "runout", "10", "kg", "", AT, ""), Is.INVALID_REQUEST, "unit-mismatch"),
                (("opc-3", wheel_order, "runout", "much", "mm", "", AT, ""), Is.INVALID_REQUEST, "invalid-input: value"),
                (("opc-3", wheel_order, "hue", "10", "mm", "", AT, ""), Is.INVALID_REQUEST | Is.SET_ASIDE, "unknown-checkpoint"),
                (("opc-4", "nothing", "hue", "10", "mm", "", AT, ""), Is.UNKNOWN_JOB_ORDER | Is.SET_ASIDE, "unknown-work-order"),
            ]
            for given, status, reason in wrong:
                assert (await wheel.tell("Measure", *given))[:2] == [status, reason]
            assert (await wheel.tell("ReportMachineState", "TRUE-1", "down", AT, "spindle"))[0] == Is.NO_ERROR
            assert (await wheel.tell("ReportMachineState", "TRUE-1", "asleep", AT, ""))[:2] == [Is.INVALID_REQUEST, "invalid-input: state"]

    alone(dialogue)
    assert len(shop.service.work_order(cut).reports) == 1
    assert next(one for one in shop.service.stations() if one.machine == "TRUE-1").state == "down"


def test_an_order_is_stored_given_back_and_taken_under_its_new_revision(plant: Plant) -> None:
    shop, work_order = plant.shop, plant.piece("revised", 10)
    key = shop.operation("piece_revised", 10).key

    def standing() -> tuple[str, str | None]:
        item = shop.service.work_order(work_order).item
        return item.state.value, item.holder

    async def dialogue() -> None:
        holder = plant.keys["holder"][0]
        async with signed_in(plant, "holder") as client, signed_in(plant, "other") as other:
            mine, theirs = Group(client, "CUT"), Group(other, "CUT")
            job = await mine.state(work_order, 2)
            assert await mine.call("Store", job) == GOOD
            assert await mine.call("Store", job) == GOOD
            assert standing() == ("acknowledged", holder)
            assert await theirs.call("Store", job) == (False, Is.UNABLE_TO_ACCEPT | Is.HELD_BY_ANOTHER)
            assert await theirs.call("RevokeStart", work_order) == (False, Is.INVALID_STATUS)
            assert await mine.call("RevokeStart", work_order) == GOOD
            assert standing() == ("released", None)
            assert await mine.call("Store", job) == GOOD
            await asyncio.to_thread(shop.release, "piece_revised", (10,), revision=2)
            assert await mine.call("Store", job) == (False, Is.UNABLE_TO_ACCEPT), "that is the old paper"
            while (job := await mine.state(work_order, 2)).JobOrderParameters[0].Value.Value != 2:
                await asyncio.sleep(0.02)
            assert await mine.call("Update", job) == GOOD
            assert standing() == ("acknowledged", holder)
            assert await mine.call("StoreAndStart", job) == GOOD
            await mine.state(work_order, 3)
            assert await mine.call("Cancel", work_order) == (False, Is.INVALID_STATUS), "work that has begun is not given back"
            assert await mine.call("Abort", work_order, "torn") == GOOD
            await mine.state(work_order, None)
            assert await mine.call("Clear", work_order) == GOOD

    alone(dialogue)
    assert shop.service.unanswered(work_order, "superseded", principal(plant, "holder")) is None
    assert shop.service.work_order(work_order).reports[-1].reason == "torn"
    assert key.piece == "piece_revised"


def principal(plant: Plant, name: str) -> Any:
    return MachineClients(plant.shop.ledger).of_id(plant.keys[name][0])


def test_a_cancellation_is_answered_by_cancel(plant: Plant) -> None:
    shop, work_order = plant.shop, plant.piece("cancelled", 10)

    async def dialogue() -> None:
        async with signed_in(plant, "holder") as client:
            mine = Group(client, "CUT")
            assert await mine.call("Store", await mine.state(work_order, 2)) == GOOD
            await asyncio.to_thread(shop.withdraw, shop.operation("piece_cancelled", 10).key)
            await mine.state(work_order, None)
            assert shop.service.unanswered(work_order, "cancelled", principal(plant, "holder")) == 1
            assert await mine.call("Start", work_order) == (False, Is.INVALID_STATUS)
            assert await mine.call("Cancel", work_order) == GOOD
            assert await mine.call("Cancel", work_order) == GOOD
            assert (await mine.ask("RequestJobResponseByJobOrderID", ua.Variant(work_order)))[0].JobState[0].StateNumber == 6

    alone(dialogue)
    assert shop.service.unanswered(work_order, "cancelled", principal(plant, "holder")) is None


def test_nobody_gets_in_without_a_valid_key_of_their_own(plant: Plant) -> None:
    clients = MachineClients(plant.shop.ledger)

    async def refused(client: Client, with_code: int) -> None:
        with pytest.raises(ua.UaStatusCodeError) as refusal:
            async with client:
                pass
        assert refusal.value.code == with_code

    async def dialogue() -> None:
        codes = ua.StatusCodes
        for user, key in (("hall", "wrong"), ("hall", plant.keys["other"][1]), ("hall", ""), ("nobody", plant.keys["hall"][1])):
            client = await connecting(plant)
            client.set_user(user)
            client.set_password(key)
            await refused(client, codes.BadUserAccessDenied)
        await refused(await connecting(plant), codes.BadIdentityTokenRejected)
        plain = Client(plant.url, timeout=PATIENCE_S)
        plain.set_user("hall")
        plain.set_password(plant.keys["hall"][1])
        with pytest.raises(ua.UaError):
            await plain.connect()
        async with signed_in(plant, "leaver", mode=SIGN) as client:
            wheel = Group(client, "TRUE")
            await wheel.orders()
            await asyncio.to_thread(clients.revoke, SYSTEM, plant.keys["leaver"][0])
            with pytest.raises(ua.UaStatusCodeError):
                await wheel.call("Start", "work_order_1")
            with pytest.raises(ua.UaStatusCodeError):
                await asyncio.wait_for(ever(wheel.orders), PATIENCE_S)

    alone(dialogue)


def test_only_the_list_that_changed_is_written(plant: Plant) -> None:
    written: list[str] = []

    class Written:
        async def write_attribute_value(self, node: ua.NodeId, _: ua.DataValue) -> None:
            written.append(node.Identifier.rsplit("/", 1)[-1])

    async def dialogue() -> None:
        work_order = plant.piece("listed", 40)
        order = plant.shop.service.standing_work_order(work_order)
        assert order is not None
        group = GroupNodes(Written(), None, 3, "riverside", "TRUE")  # type: ignore[arg-type]
        expected: list[str] = []
        group.put(order)
        for change, lists in (
            (lambda: None, ["JobOrderList"]),
            (lambda: group.put(order), []),
            (lambda: group.put(replace(order, begun=True, state=WorkOrderState.IN_PROGRESS)), ["JobOrderList"]),
            (lambda: group.add_result(plant.shop.service.results([work_order])[work_order]), ["JobOrderResponseList"]),
            (lambda: group.remove(work_order), ["JobOrderList"]),
            (lambda: group.remove(work_order), []),
        ):
            change()
            await group.tell(())
            expected += lists
            assert written == expected

    alone(dialogue)


def test_arguments_that_do_not_fit_are_answered_with_their_status(plant: Plant) -> None:
    codes = ua.StatusCodes
    good, other, wrong = codes.Good, codes.BadTypeMismatch, codes.BadInvalidArgument
    text, none = ua.Variant([ua.LocalizedText("")], ua.VariantType.LocalizedText, is_array=True), ua.Variant(None)
    order, state = ua.ISA95JobOrderDataType(JobOrderID="x"), ua.ISA95StateDataType()
    cases: list[tuple[tuple[str, ...], str, list[ua.Variant], int, list[int]]] = [
        (("JobOrderControl",), "Start", [ua.Variant(17), text], wrong, [other, good]),
        (("JobOrderControl",), "Start", [ua.Variant("x"), ua.Variant(5)], wrong, [good, other]),
        (("JobOrderControl",), "Pause", [ua.Variant("x"), ua.Variant("tea")], wrong, [good, other]),
        (("JobOrderControl",), "Store", [ua.Variant("x"), text], wrong, [other, good]),
        (("JobOrderControl",), "Store", [ua.Variant(state), text], wrong, [other, good]),
        (("JobOrderControl",), "Store", [ua.Variant([order]), text], wrong, [other, good]),
        (("JobOrderControl",), "Start", [], codes.BadArgumentsMissing, []),
        (("JobOrderControl",), "Start", [ua.Variant("x"), text, text], codes.BadTooManyArguments, []),
        (("JobOrderControl",), "Start", [none, text], codes.Uncertain, [good, good]),
        (("JobOrderResults",), "RequestJobResponseByJobOrderState", [ua.Variant(5)], wrong, [other]),
        (("JobOrderResults",), "RequestJobResponseByJobOrderState", [ua.Variant([order])], wrong, [other]),
        (("JobOrderResults",), "RequestJobResponseByJobOrderID", [ua.Variant(["x"])], wrong, [other]),
        ((), "Measure", [ua.Variant("m"), ua.Variant(4)], wrong, [good, other]),
        ((), "ReportMachineState", [ua.Variant("TRUE-1"), ua.Variant("down"), ua.Variant("now")], wrong,
         [good, good, other]),
    ]  # fmt: skip

    async def dialogue() -> None:
        async with signed_in(plant, "hall") as client:
            wheel = Group(client, "TRUE")
            for under, method, given, status, results in cases:
                asked = ua.CallMethodRequest(
                    ObjectId=wheel.node(*under).nodeid, MethodId=wheel.node(*under, method).nodeid, InputArguments=given
                )
                (told,) = await client.uaclient.call([asked])
                assert told.StatusCode.value == status, (method, given, told)
                assert [one.value for one in told.InputArgumentResults[: len(results)]] == results, (method, given)

    alone(dialogue)


def test_a_client_signs_in_by_a_certificate_that_lies_under_its_name(plant: Plant) -> None:
    certificate, private = own_certificate(plant.folder.parent / "welder", "urn:test:welder")

    async def dialogue() -> None:
        for known in (False, True):
            client = await connecting(plant)
            await client.load_client_certificate(str(certificate))
            await client.load_private_key(str(private))
            if not known:
                with pytest.raises(ua.UaStatusCodeError):
                    await client.connect()
                users = plant.folder / "users"
                users.mkdir()
                shutil.copy(certificate, users / f"{plant.keys['welder'][0]}.der")
                continue
            async with client:
                assert await Group(client, "WELD").orders()
                with pytest.raises(ua.UaStatusCodeError):
                    await Group(client, "TRUE").orders()

    alone(dialogue)


def test_a_key_sees_and_calls_its_machine_groups_alone(plant: Plant) -> None:
    async def dialogue() -> None:
        async with signed_in(plant, "welder") as client, signed_in(plant, "hall") as hall:
            own, other = Group(client, "WELD"), Group(client, "TRUE")
            assert await own.orders()
            plant_node = client.get_node(ua.NodeId("riverside", 3))
            assert [(await one.read_browse_name()).Name for one in await plant_node.get_children()] == ["WELD"]
            assert len(await hall.get_node(ua.NodeId("riverside", 3)).get_children()) == 6
            for refused in (
                other.orders(),
                other.call("Start", "work_order_1"),
                plant_node.get_child(["3:TRUE"]),
                own.node("JobOrderControl", "JobOrderList").write_value([]),
                (await client.create_subscription(500, Listening())).subscribe_data_change(other.node("JobOrderControl", "JobOrderList")),
                (await client.create_subscription(500, Listening())).subscribe_events(other.node("JobOrderResults")),
            ):
                with pytest.raises(ua.UaError):
                    await refused
            assert await other.node().get_children() == []
            theirs = (await hall.create_subscription(500, Listening())).subscription_id
            asked = client.uaclient
            for refused in (
                asked.transfer_subscriptions(ua.TransferSubscriptionsParameters([theirs])),
                asked.delete_subscriptions([theirs]),
                asked.delete_monitored_items(ua.DeleteMonitoredItemsParameters(theirs, [1])),
                asked.set_publishing_mode(ua.SetPublishingModeParameters(False, [theirs])),
                asked.set_monitoring_mode(ua.SetMonitoringModeParameters(theirs, ua.MonitoringMode.Disabled, [1])),
                asked.modify_monitored_items(ua.ModifyMonitoredItemsParameters(theirs)),
                asked.update_subscription(ua.ModifySubscriptionParameters(theirs, RequestedPublishingInterval=60_000)),
            ):
                with pytest.raises(ua.UaError):
                    await refused

    alone(dialogue)


def test_the_client_of_the_page_makes_a_work_order(plant: Plant) -> None:
    page = (Path(__file__).parents[3] / "docs" / "mes.md").read_text()
    shown = page.partition("<!-- over OPC UA: client -->\n```python\n")[2].partition("```")[0].replace("datetime.now(UTC)", "AT")
    work_order = plant.piece("shown", 40)

    async def dialogue() -> None:
        async with signed_in(plant, "hall") as client:
            for other in await Group(client, "TRUE").orders():
                if other != work_order:
                    await Group(client, "TRUE").call("Start", other)
            await Group(client, "TRUE").state(work_order, 2)
        given: dict[str, Any] = {"ua": ua, "AT": AT, "client": await connecting(plant)}
        given["client"].set_user("hall")
        given["client"].set_password(plant.keys["hall"][1])
        exec(f"async def page():\n{textwrap.indent(shown, '    ')}    return work_order, state, verdict", given)
        assert await given["page"]() == (work_order, "in_progress", "in_tolerance")

    alone(dialogue)
    assert plant.shop.service.work_order(work_order).item.state.value == "completed"


def test_a_server_that_starts_again_tells_the_same_under_the_same_certificate(plant: Plant) -> None:
    url = free_url()

    async def standing(of: str) -> Any:
        async with signed_in(plant, "hall", url=of) as client:
            (endpoint, *_) = await client.get_endpoints()
            groups = [Group(client, group) for group in ("CUT", "TRUE")]
            responses = await groups[0].node("JobOrderResults", "JobOrderResponseList").read_value()
            orders = [{name: state for name, (_, state) in (await group.orders()).items()} for group in groups]
            return endpoint.ServerCertificate, orders, [one.JobResponseID for one in responses]

    with serving(url, plant.shop, plant.folder):
        again = asyncio.run(standing(url))
    # The first server follows what was told last a moment later; the second one reads it when it starts.
    until = time.monotonic() + PATIENCE_S
    while (before := asyncio.run(standing(plant.url))) != again and time.monotonic() < until:
        time.sleep(0.1)
    assert before == again


def test_the_doctor_says_whether_opc_ua_is_or_could_be_served(plant: Plant, tmp_path: Path) -> None:
    def found(url: str) -> Any:
        (finding,) = [one for one in examine(Settings(home=tmp_path, opcua_endpoint=url)) if one.name == "opcua"]
        return finding

    assert found(plant.url).ok
    assert found(free_url()).ok
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        for url in (f"opc.tcp://127.0.0.1:{other.getsockname()[1]}/", "http://127.0.0.1"):
            assert not found(url).ok
            assert "check LOTONE_OPCUA_ENDPOINT" in found(url).advice
