"""Reports over a real RabbitMQ: the same content has the same effect and the same answer as over REST, whatever dies in between."""

import json
import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from kombu import Connection

from contracts.access import SYSTEM
from contracts.problems import Unavailable
from ledger.machine_clients import MachineClients
from ledger.unit_of_work import Ledger
from mes_bridge.answering import BundledAnswer
from mes_bridge.engine.protocols.amqp import REFUSED_REPORTS, REPORTS
from mes_bridge.incoming import Incoming, IncomingMessages
from mes_bridge.transports.amqp.intake import ReportIntake
from tests.unit.mes_bridge.shop import Shop

pytestmark = pytest.mark.rabbitmq

PATIENCE_S = 20.0


class Hall:
    """A manufacturing execution system of somebody else's make: it knows the broker and the page about the messages."""

    def __init__(self, url: str) -> None:
        self.connection: Any = Connection(url)
        self.connection.connect()
        self.user = self.connection.as_uri().split("//")[1].split(":")[0].split("@")[0]
        self.channel: Any = self.connection.channel()
        self.channel.confirm_select()
        self.answers = f"hall.{uuid4().hex}"
        self.channel.queue_declare(self.answers, durable=True, auto_delete=False)

    def tell(self, body: bytes | dict[str, Any], known_as: str = "", **properties: Any) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"user_id": self.user, "reply_to": self.answers, "correlation_id": known_as or uuid4().hex, "delivery_mode": 2}
        message = self.channel.prepare_message(raw, content_type="application/json", properties=given | properties)
        self.channel.basic_publish_confirm(message, exchange=REPORTS, routing_key="hall")

    def heard(self, count: int) -> list[tuple[str, BundledAnswer]]:
        """The next answers: (correlation id, answer)."""
        return [
            (message.properties["correlation_id"], BundledAnswer.model_validate_json(message.body))
            for message in self._next(self.answers, count)
        ]

    def refused(self, count: int) -> list[tuple[dict[str, Any], bytes]]:
        """The next refused messages: (headers, body)."""
        return [(message.properties["application_headers"], as_bytes(message.body)) for message in self._next(REFUSED_REPORTS, count)]

    def _next(self, queue: str, count: int) -> list[Any]:
        found: list[Any] = []
        waiting = threading.Event()
        for _ in range(int(PATIENCE_S / 0.02)):
            while len(found) < count and (message := self.channel.basic_get(queue, no_ack=True)) is not None:
                found.append(message)
            if len(found) == count:
                return found
            waiting.wait(0.02)
        pytest.fail(f"{len(found)} of {count} messages came")


def as_bytes(body: bytes | str) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


@pytest.fixture
def broker_url() -> Iterator[str]:
    """A virtual host cannot be made over AMQP: the queues are thrown away before and after instead."""
    url = os.environ.get("LOTONE_TEST_RABBITMQ_URL")
    if not url:
        if os.environ.get("CI"):
            pytest.fail("LOTONE_TEST_RABBITMQ_URL is not set; continuous integration must test on RabbitMQ")
        pytest.skip("LOTONE_TEST_RABBITMQ_URL is not set")
    forget(url)
    yield url
    forget(url)


def forget(url: str) -> None:
    with Connection(url) as connection, connection.channel() as channel:
        for queue in (REPORTS, REFUSED_REPORTS):
            channel.queue_delete(queue)
        channel.exchange_delete(REPORTS)


@contextmanager
def listening(url: str, messages: IncomingMessages) -> Iterator[ReportIntake]:
    intake, stop = ReportIntake(url, messages), threading.Event()
    thread = threading.Thread(target=intake.run, args=(stop,))
    thread.start()
    try:
        until_it_reads(url)
        yield intake
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def until_it_reads(url: str) -> None:
    waiting = threading.Event()
    with Connection(url) as connection:
        for _ in range(int(PATIENCE_S / 0.05)):
            channel = connection.channel()
            try:
                if channel.queue_declare(REPORTS, passive=True).consumer_count:
                    return
            except connection.channel_errors:
                pass
            waiting.wait(0.05)
    pytest.fail("nobody reads the queue")


@pytest.fixture
def hall(broker_url: str) -> Iterator[Hall]:
    hall = Hall(broker_url)
    yield hall
    hall.connection.release()
    with Connection(broker_url) as connection, connection.channel() as channel:
        channel.queue_delete(hall.answers)


@pytest.fixture
def shop(ledger: Ledger, hall: Hall) -> Shop:
    MachineClients(ledger).create(SYSTEM, "Hall 1", broker_user=hall.user)
    shop = Shop(ledger)
    shop.release()
    return shop


@pytest.fixture
def messages(shop: Shop) -> IncomingMessages:
    return IncomingMessages(shop.service, "en")


def report(work_order: str, kind: str, minute: int, **fields: Any) -> dict[str, Any]:
    content = {"report": f"{kind}-{work_order}", "revision": 1, "kind": kind, "at": f"2026-11-24T08:{minute:02}:00Z"} | fields
    return {"type": "report", "work_order": work_order, "content": content}


def measurement(work_order: str, checkpoint: str, value: str, minute: int, **fields: Any) -> dict[str, Any]:
    content = {
        "measurement": f"{checkpoint}-{work_order}",
        "work_order": work_order,
        "checkpoint": checkpoint,
        "value": value,
        "unit": "mm",
    }
    return {"type": "measurement", "content": content | {"at": f"2026-11-24T08:{minute:02}:00Z", "source": "gauge"} | fields}


def wheel(shop: Shop) -> list[dict[str, Any]]:
    """The whole life of an operation that has checkpoints and nothing before it."""
    true = shop.id_of(40)
    values = [measurement(true, checkpoint, "10.02", 2) for checkpoint in ("runout", "tension")]
    return [report(true, "started", 1), *values, report(true, "completed", 3)]


def test_a_pushed_work_order_is_made_without_a_lease(shop: Shop, messages: IncomingMessages, hall: Hall, broker_url: str) -> None:
    with listening(broker_url, messages):
        for number, message in enumerate(wheel(shop)):
            hall.tell(message, known_as=str(number))
        answers = hall.heard(4)
    assert [known_as for known_as, _ in answers] == ["0", "1", "2", "3"]
    assert [(answer.status, answer.content["state"]) for _, answer in answers] == [
        (200, "in_progress"), (200, "in_progress"), (200, "in_progress"), (200, "closed"),
    ]  # fmt: skip
    assert answers[1][1].content["verdict"] == "in_tolerance"
    assert shop.state(40) == "closed"


def test_repeated_and_shuffled_messages_end_in_the_same_state(shop: Shop, messages: IncomingMessages, hall: Hall, broker_url: str) -> None:
    told = [message for message in wheel(shop) for _ in range(4)]
    random.Random(1).shuffle(told)
    with listening(broker_url, messages):
        for message in told:
            hall.tell(message)
        answers = [answer for _, answer in hall.heard(len(told))]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.model_dump_json() for answer in answers}) == 4, "a repeated message gets the first answer again"
    assert shop.state(40) == "closed"
    assert len(shop.service.measurements()) == 2


def test_what_is_refused_is_answered_and_lies_where_somebody_can_look(
    shop: Shop, messages: IncomingMessages, hall: Hall, broker_url: str
) -> None:
    stale = report(shop.id_of(40), "started", 1, fence=7)
    with listening(broker_url, messages):
        hall.tell(b"{not json", known_as="a")
        hall.tell({"type": "measurement", "content": {"value": "ten"}}, known_as="b")
        hall.tell(stale, known_as="c")
        hall.tell(wheel(shop)[0], known_as="d")
        answers = hall.heard(4)
        refused = hall.refused(3)
    assert [(known_as, answer.status) for known_as, answer in answers] == [("a", 422), ("b", 422), ("c", 409), ("d", 200)]
    assert "/content/value" in {error["pointer"] for error in answers[1][1].content["errors"]}
    assert [headers["type"] for headers, _ in refused] == ["/problems/invalid-input", "/problems/invalid-input", "/problems/stale-fence"]
    assert refused[0][1] == b"{not json"
    assert json.loads(refused[2][1]) == stale
    assert json.loads(refused[2][0]["answer"]) == answers[2][1].content
    assert shop.state(40) == "in_progress"


def test_only_a_client_that_the_broker_vouches_for_is_heard(shop: Shop, messages: IncomingMessages, hall: Hall, broker_url: str) -> None:
    started = wheel(shop)[0]
    with listening(broker_url, messages):
        hall.tell(started, user_id=None)
        ((_, nameless),) = hall.heard(1)
        (client,) = MachineClients(shop.ledger).list()
        MachineClients(shop.ledger).revoke(SYSTEM, client.id)
        hall.tell(started)
        ((_, revoked),) = hall.heard(1)
        assert len(hall.refused(2)) == 2
        with pytest.raises(hall.connection.channel_errors):
            hall.tell(started, user_id="somebody-else")
    assert [nameless.status, revoked.status] == [401, 401]
    assert shop.state(40) == "released"


class Interrupted(IncomingMessages):
    """After the first commit the connection breaks, before anything could be acknowledged."""

    def __init__(self, messages: IncomingMessages, then: Callable[[], None]) -> None:
        self._messages, self._then, self.batches = messages, then, 0

    def take(self, messages: Any) -> list[BundledAnswer]:
        answers = self._messages.take(messages)
        self.batches += 1
        if self.batches == 1:
            self._then()
        return answers


def test_a_batch_whose_acknowledgement_was_lost_has_its_effect_once(
    shop: Shop, messages: IncomingMessages, hall: Hall, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets: list[socket.socket] = []
    opened = ReportIntake._read

    def remembering(intake: ReportIntake, connection: Any, stop: threading.Event) -> None:
        sockets.append(connection.connection.transport.sock)
        opened(intake, connection, stop)

    monkeypatch.setattr(ReportIntake, "_read", remembering)
    interrupted = Interrupted(messages, lambda: sockets[0].shutdown(socket.SHUT_RDWR))
    with listening(broker_url, interrupted):
        for message in wheel(shop):
            hall.tell(message)
        answers = [answer for _, answer in hall.heard(4)]
    assert len(sockets) == 2
    assert interrupted.batches >= 2
    assert [answer.content["state"] for answer in answers] == ["in_progress"] * 3 + ["closed"]
    assert len(shop.service.work_order(shop.id_of(40)).reports) == 2
    assert len(shop.service.measurements()) == 2


class Busy(IncomingMessages):
    """Storage that takes nothing at first."""

    def __init__(self, messages: IncomingMessages) -> None:
        self._messages, self.asked = messages, 0

    def take(self, messages: Any) -> list[BundledAnswer]:
        self.asked += 1
        if self.asked == 1:
            raise Unavailable({"what": "storage"})
        return self._messages.take(messages)


def test_storage_that_is_busy_loses_nothing(shop: Shop, messages: IncomingMessages, hall: Hall, broker_url: str) -> None:
    busy = Busy(messages)
    with listening(broker_url, busy):
        hall.tell(wheel(shop)[0])
        ((_, answer),) = hall.heard(1)
    assert answer.status == 200
    assert busy.asked == 2


def test_a_message_that_breaks_something_stops_none_of_the_others(
    shop: Shop, messages: IncomingMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = shop.service.bundle

    def breaks(given: Any, principal: Any) -> Any:
        if any(one.type == "machine-state" for one in given):
            raise ZeroDivisionError
        return bundle(given, principal)

    monkeypatch.setattr(shop.service, "bundle", breaks)
    first, *rest = wheel(shop)
    bad = {"type": "machine-state", "content": {"machine": "CUT-1", "state": "down", "at": "2026-11-24T08:01:00Z"}}
    (client,) = MachineClients(shop.ledger).list()
    told = [Incoming(client.broker_user or "", json.dumps(one).encode()) for one in (first, bad, *rest)]
    answers = messages.take(told)
    assert [answer.status for answer in answers] == [200, 500, 200, 200, 200]
    assert answers[1].content["reference"]
    assert shop.state(40) == "closed"
