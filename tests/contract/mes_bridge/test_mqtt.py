"""Work orders and reports over a real Mosquitto: the namespace stands as the ledger does, and what comes in has its effect once."""

import json
import os
import queue
import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contracts.access import SYSTEM
from contracts.events import PieceCompleted
from contracts.problems import Unavailable
from contracts.work_order import MachineStateReport
from ledger.machine_clients import MachineClients
from ledger.settings import Settings
from ledger.unit_of_work import Ledger
from lotone.doctor import examine
from mes_bridge.answering import BundledAnswer
from mes_bridge.engine.protocols.mqtt import MqttMessage, decode
from mes_bridge.incoming import IncomingMessages
from mes_bridge.simulator.over_mqtt import OverMqtt
from mes_bridge.simulator.plant import Plant
from mes_bridge.transports.mqtt.bridge import MqttBridge
from mes_bridge.transports.mqtt.session import Address, Session
from tests.contract.mes_bridge.test_amqp_reports import report, wheel
from tests.contract.mes_bridge.test_simulator import HABITS, Works, release
from tests.unit.mes_bridge.shop import MES, Shop

pytestmark = pytest.mark.mqtt

PATIENCE_S = 20.0
HALL = "hall/1"
"""A sender whose name needs to be written otherwise in a topic."""


@pytest.fixture
def url(mqtt_broker: str) -> Iterator[str]:
    """An enterprise of its own for each test, which leaves nothing to the broker."""
    url = f"{mqtt_broker}/e{uuid4().hex}"
    yield url
    ended = Session(Address.read(url), Address.read(url).enterprise)
    ended.subscribe(f"{Address.read(url).enterprise}/#", with_retained=True)
    ended.gather(1.0, 10_000)
    ended.publish([MqttMessage(message.topic, b"", {}) for message in ended.arrived])
    ended.close()


@pytest.fixture
def shop(ledger: Ledger) -> Shop:
    MachineClients(ledger).create(SYSTEM, "Hall 1", broker_user=HALL)
    shop = Shop(ledger)
    shop.release()
    return shop


@pytest.fixture
def messages(shop: Shop) -> IncomingMessages:
    return IncomingMessages(shop.service, "en")


class Hall:
    """A manufacturing execution system of somebody else's make: it knows the broker and the page about the messages."""

    def __init__(self, url: str) -> None:
        address = Address.read(url)
        self.root, self.heard_of = address.enterprise, queue.Queue[MQTTMessage]()
        self.floor: dict[str, MQTTMessage] = {}
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._on_message
        if address.user is not None:
            self._client.username_pw_set(address.user, address.password)
        self._client.connect(address.host, address.port)
        self._client.loop_start()
        self._client.subscribe(f"{self.root}/#", qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def tell(self, body: bytes | dict[str, Any], known_as: str = "", to: str = "answers/hall%2F1/1", by: str = "hall%2F1") -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic, properties.CorrelationData = f"{self.root}/bridge/{to}", known_as.encode()
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._client.publish(f"{self.root}/bridge/reports/{by}", raw, 1, properties=properties).wait_for_publish(PATIENCE_S)

    def answers(self, count: int) -> list[tuple[str, BundledAnswer]]:
        """The next answers: (correlation, answer)."""
        return [
            (found.properties.CorrelationData.decode(), BundledAnswer.model_validate_json(found.payload))  # type: ignore[union-attr]
            for found in self._next("bridge/answers/hall%2F1/", count)
        ]

    def refused(self, count: int) -> list[MQTTMessage]:
        return self._next("bridge/refused/", count)

    def until(self, holds: Callable[[], Any]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < until, {topic: (one.payload[:80], properties(one)) for topic, one in self.floor.items()}
            time.sleep(0.02)

    def standing(self) -> dict[str, str]:
        """The state of the work orders that stand there, by topic below the enterprise."""
        there = {topic: one for topic, one in dict(self.floor).items() if "/work-orders/" in topic and one.payload}
        return {topic: properties(one).get("state", "") for topic, one in there.items()}

    def _next(self, below: str, count: int) -> list[MQTTMessage]:
        found: list[MQTTMessage] = []
        while len(found) < count:
            message = self.heard_of.get(timeout=PATIENCE_S)
            if message.topic.startswith(f"{self.root}/{below}"):
                found.append(message)
        return found

    def _on_message(self, _client: Any, _data: Any, message: MQTTMessage) -> None:
        self.floor[message.topic.removeprefix(f"{self.root}/")] = message
        if "/bridge/" in message.topic:
            self.heard_of.put(message)


def properties(message: MQTTMessage) -> dict[str, str]:
    return dict(getattr(message.properties, "UserProperty", []))


@pytest.fixture
def hall(url: str) -> Iterator[Hall]:
    hall = Hall(url)
    yield hall
    hall.close()


@contextmanager
def bridged(url: str, shop: Shop, messages: IncomingMessages) -> Iterator[MqttBridge]:
    bridge, stop = MqttBridge(url, shop.service, messages, Address.read(url).enterprise), threading.Event()
    running = threading.Thread(target=bridge.run, args=(stop,))
    running.start()
    try:
        yield bridge
    finally:
        stop.set()
        running.join(PATIENCE_S)
    assert not running.is_alive()


def topic_of(shop: Shop, sequence: int, machine: str) -> str:
    return f"riverside/{machine.rpartition('-')[0]}/{machine}/work-orders/{shop.id_of(sequence)}"


def test_released_work_orders_stand_in_the_namespace_with_the_content_of_rest(
    shop: Shop, messages: IncomingMessages, hall: Hall, url: str
) -> None:
    with bridged(url, shop, messages):
        hall.until(lambda: len(hall.standing()) == 6)
    assert set(hall.standing().values()) == {"released"}
    by_rest = {one.work_order: one.content_sha256 for one in shop.listed()}
    for topic, message in hall.floor.items():
        if "/work-orders/" not in topic:
            continue
        document = decode(message.payload, properties(message))
        assert topic == topic_of(shop, document.operation.sequence, document.operation.machine)
        assert properties(message)["content_sha256"] == by_rest[document.work_order]
        assert properties(message)["ready"] == ("true" if document.operation.sequence in {10, 40} else "false")
    late = Hall(url)
    late.until(lambda: late.standing() == hall.standing())
    assert json.loads(late.floor["bridge/status"].payload)["status"] == "offline"
    late.close()


def test_the_namespace_follows_revisions_machines_and_ends(shop: Shop, messages: IncomingMessages, hall: Hall, url: str) -> None:
    first = topic_of(shop, 10, "CUT-1")
    with bridged(url, shop, messages):
        hall.until(lambda: first in hall.standing())
        shop.release(sequences=(10,), revision=2, machine="CUT-2")
        second = topic_of(shop, 10, "CUT-2")
        hall.until(lambda: second in hall.standing() and first not in hall.standing())
        assert properties(hall.floor[first]) | {"state": "superseded", "revision": "1"} == properties(hall.floor[first])
        assert decode(hall.floor[second].payload, properties(hall.floor[second])).revision == 2
        shop.report(shop.id_of(10), "started", by=MES)
        hall.until(lambda: hall.standing().get(second) == "in_progress")
        shop.withdraw(shop.operation("piece_1", 40).key)
        hall.until(lambda: topic_of(shop, 50, "ASSY-1") in hall.standing() and len(hall.standing()) == 5)
        shop.service.machine_state(MachineStateReport(machine="CUT-2", state="down", at=shop.ledger.clock.now(), reason="blade"), MES)
        hall.until(lambda: "riverside/CUT/CUT-2/state" in hall.floor)
        assert json.loads(hall.floor["riverside/CUT/CUT-2/state"].payload)["reason"] == "blade"


def test_a_bridge_goes_on_where_the_one_before_it_ended(shop: Shop, messages: IncomingMessages, hall: Hall, url: str) -> None:
    with bridged(url, shop, messages):
        hall.until(lambda: len(hall.standing()) == 6)
    told = hall.floor["bridge/told"].payload
    hall.floor.clear()
    shop.report(shop.id_of(40), "started", by=MES)
    with bridged(url, shop, messages):
        hall.until(lambda: hall.floor.get("bridge/told") is not None)
    assert json.loads(hall.floor["bridge/told"].payload)["change"] > json.loads(told)["change"]
    assert list(hall.standing().values()) == ["in_progress"], "only what changed is told again"


def test_a_namespace_that_is_told_further_than_the_ledger_is_told_anew(
    shop: Shop, messages: IncomingMessages, hall: Hall, url: str
) -> None:
    hall._client.publish(f"{hall.root}/bridge/told", b'{"change": 9999}', 1, retain=True).wait_for_publish(PATIENCE_S)
    with bridged(url, shop, messages):
        hall.until(lambda: len(hall.standing()) == 6)


def test_a_work_order_that_stands_there_is_made_without_a_lease(shop: Shop, messages: IncomingMessages, hall: Hall, url: str) -> None:
    with bridged(url, shop, messages):
        hall.until(lambda: "bridge/status" in hall.floor)
        for number, message in enumerate(wheel(shop)):
            hall.tell(message, known_as=str(number))
        answers = hall.answers(4)
        hall.until(lambda: topic_of(shop, 40, "TRUE-1") not in hall.standing())
    assert [known_as for known_as, _ in answers] == ["0", "1", "2", "3"]
    assert [answer.content["state"] for _, answer in answers] == ["in_progress", "in_progress", "in_progress", "closed"]
    assert properties(hall.floor[topic_of(shop, 40, "TRUE-1")])["state"] == "closed"


def test_repeated_and_shuffled_messages_end_in_the_same_state(shop: Shop, messages: IncomingMessages, hall: Hall, url: str) -> None:
    told = [message for message in wheel(shop) for _ in range(4)]
    random.Random(1).shuffle(told)
    with bridged(url, shop, messages):
        hall.until(lambda: "bridge/status" in hall.floor)
        for message in told:
            hall.tell(message)
        answers = [answer for _, answer in hall.answers(len(told))]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.model_dump_json() for answer in answers}) == 4, "a repeated message gets the first answer again"
    assert shop.state(40) == "closed"
    assert len(shop.service.measurements()) == 2


def test_what_comes_while_the_bridge_is_away_is_taken_when_it_is_back(shop: Shop, messages: IncomingMessages, hall: Hall, url: str) -> None:
    with bridged(url, shop, messages):
        hall.until(lambda: "bridge/status" in hall.floor)
    for message in wheel(shop):
        hall.tell(message)
    assert shop.state(40) == "released"
    with bridged(url, shop, messages):
        assert len(hall.answers(4)) == 4
    assert shop.state(40) == "closed"


def test_what_is_refused_is_told_whether_or_not_somebody_asked(shop: Shop, messages: IncomingMessages, hall: Hall, url: str) -> None:
    with bridged(url, shop, messages):
        hall.until(lambda: "bridge/status" in hall.floor)
        hall.tell(b"{not json", known_as="a")
        hall.tell(report(shop.id_of(40), "started", 1, fence=7), known_as="b")
        hall.tell(wheel(shop)[0], known_as="c", to="answers/somebody-else/1")
        hall.tell(wheel(shop)[0], by="nobody", known_as="d")
        refused = hall.refused(3)
    assert [BundledAnswer.model_validate_json(one.payload).status for one in refused] == [422, 409, 401]
    assert [one.topic.rpartition("/")[2] for one in refused] == ["hall%2F1", "hall%2F1", "nobody"]
    assert properties(refused[0])["message"] == "{not json"
    assert not any("/somebody-else/" in topic for topic in hall.floor), "nobody has us write where they may not write themselves"
    assert shop.state(40) == "in_progress"


class Interrupted(IncomingMessages):
    """The first batch is committed, and the bridge dies before it can let go of it; then storage is busy for once."""

    def __init__(self, messages: IncomingMessages) -> None:
        self._messages, self.batches = messages, 0

    def take(self, messages: Any) -> list[BundledAnswer]:
        self.batches += 1
        if self.batches == 2:
            raise Unavailable
        answers = self._messages.take(messages)
        if self.batches == 1:
            raise OSError("cut off")
        return answers


def test_a_batch_that_was_not_let_go_of_comes_again_and_has_its_effect_once(
    shop: Shop, messages: IncomingMessages, hall: Hall, url: str
) -> None:
    interrupted = Interrupted(messages)
    with bridged(url, shop, interrupted):
        hall.until(lambda: "bridge/status" in hall.floor)
        for message in wheel(shop):
            hall.tell(message)
        answers = [answer for _, answer in hall.answers(4)]
    assert interrupted.batches >= 3
    assert [answer.content["state"] for answer in answers][-1] == "closed"
    assert len(shop.service.work_order(shop.id_of(40)).reports) == 2
    assert len(shop.service.measurements()) == 2


def test_a_second_relay_takes_the_session_over_and_the_first_leaves_it_to_it(
    shop: Shop, messages: IncomingMessages, hall: Hall, url: str
) -> None:
    with bridged(url, shop, messages) as first:
        hall.until(lambda: len(hall.standing()) == 6)
        with bridged(url, shop, messages):
            hall.until(lambda: first.standing_by)
            for message in wheel(shop):
                hall.tell(message)
            assert [answer.content["state"] for _, answer in hall.answers(4)][-1] == "closed"
            hall.until(lambda: len(hall.standing()) == 5)
            assert first.standing_by


def listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """A broker with the rules that the page shows; its address for the bridge."""
    if shutil.which("mosquitto") is None or shutil.which("mosquitto_passwd") is None:
        if os.environ.get("CI"):
            pytest.fail("mosquitto is not installed; continuous integration must test its access rules")
        pytest.skip("mosquitto is not installed")
    page = (Path(__file__).parents[3] / "docs" / "mes.md").read_text()
    (tmp_path / "acl").write_text(page.partition("<!-- over MQTT: rules -->\n```\n")[2].partition("```")[0])
    (tmp_path / "users").write_text("lotone:ours\nhall1:theirs\nhall2:others\n")
    subprocess.run(["mosquitto_passwd", "-U", str(tmp_path / "users")], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rules = f"listener {port} 127.0.0.1\nuser root\nallow_anonymous false\nacl_file {tmp_path}/acl\npassword_file {tmp_path}/users\n"
    (tmp_path / "conf").write_text(rules)
    broker = subprocess.Popen(["mosquitto", "-c", str(tmp_path / "conf")], stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE_S
    while not listens(port):
        assert broker.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    yield f"mqtt://lotone:ours@127.0.0.1:{port}/acme"
    broker.terminate()
    broker.wait()


def test_by_the_rules_of_the_page_nobody_reports_as_somebody_else(shop: Shop, messages: IncomingMessages, guarded: str) -> None:
    MachineClients(shop.ledger).create(SYSTEM, "Guarded hall", broker_user="hall1")
    ours, theirs, others = (Hall(guarded.replace("lotone:ours", user)) for user in ("lotone:ours", "hall1:theirs", "hall2:others"))
    with bridged(guarded, shop, messages):
        theirs.until(lambda: set(theirs.standing()) == {topic_of(shop, 40, "TRUE-1")})
        ours.until(lambda: len(ours.standing()) == 6)
        others.tell(wheel(shop)[0], by="hall1", to="answers/hall1/1")
        theirs.tell(wheel(shop)[0], by="hall1", to="answers/hall1/1", known_as="17")
        theirs.until(lambda: "bridge/answers/hall1/1" in theirs.floor)
    assert len(shop.service.work_order(shop.id_of(40)).reports) == 1
    assert not any("answers" in topic or "work-orders" in topic for topic in others.floor)
    for each in (ours, theirs, others):
        each.close()


def test_the_stock_clients_read_and_report(shop: Shop, messages: IncomingMessages, hall: Hall, url: str) -> None:
    publish, subscribe = (shutil.which(f"mosquitto_{name}") for name in ("pub", "sub"))
    if publish is None or subscribe is None:
        pytest.skip("mosquitto_pub and mosquitto_sub are not installed (mosquitto-clients)")
    address = Address.read(url)
    broker = ["-h", address.host, "-p", str(address.port), "-V", "5", "-q", "1"]
    with bridged(url, shop, messages):
        hall.until(lambda: len(hall.standing()) == 6)
        topic = f"{address.enterprise}/riverside/TRUE/+/work-orders/+"
        read = subprocess.run(
            [subscribe, *broker, "-t", topic, "-C", "1", "-W", "10", "-F", "%P|%p"], capture_output=True, text=True, check=True
        )
        told, _, body = read.stdout.strip().partition("|")
        given = dict(pair.split(":", 1) for pair in told.split(" "))
        assert decode(body.encode(), given).work_order == shop.id_of(40)
        started = json.dumps(report(given["work_order"], "started", 1))
        subprocess.run([publish, *broker, "-t", f"{address.enterprise}/bridge/reports/hall%2F1", "-m", started], check=True)
        hall.until(lambda: hall.standing().get(topic_of(shop, 40, "TRUE-1")) == "in_progress")


def test_a_simulated_plant_that_tells_everything_over_mqtt_makes_every_piece_once(ledger: Ledger, url: str) -> None:
    clients = MachineClients(ledger)
    clients.create(SYSTEM, "Simulated plant", broker_user="simulator")
    principal = clients.of_broker_user("simulator")
    assert principal is not None
    shop, stop = Shop(ledger), threading.Event()
    release(shop, 3)
    with bridged(url, shop, IncomingMessages(shop.service, "en")):
        client = OverMqtt("http://works", "key", stop, url, httpx.WSGITransport(app=Works(shop, stop, principal)))
        plant = Plant(client, 1, HABITS, stop)
        plant.run()
        client.close()
    assert sorted(event.piece for event in shop.events(PieceCompleted)) == ["piece_1", "piece_2", "piece_3"]
    assert plant.told["told twice"] + plant.told["late"] + plant.told["wrong unit"] > 0
    assert [one.reason for one in shop.service.quarantined()] == []


def test_the_doctor_reaches_the_broker(url: str, tmp_path: Path) -> None:
    found = {finding.name: finding.ok for finding in examine(Settings(home=tmp_path, mqtt_url=url))}
    assert found["mqtt"]


def test_an_address_of_another_kind_is_refused() -> None:
    for wrong in ("amqp://host", "mqtt://", "host:1883"):
        with pytest.raises(ValueError, match="mqtt://user:password@host"):
            Address.read(wrong)
    found = Address.read("mqtts://hall:s%40cret@broker.example/acme")
    assert (found.host, found.port, found.user, found.password, found.tls) == ("broker.example", 8883, "hall", "s@cret", True)
    assert found.enterprise == "acme"
