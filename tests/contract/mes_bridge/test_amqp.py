"""Work orders over a real RabbitMQ: everything confirmed arrives, what nobody can get is told, a known message is recognised."""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from kombu import Connection

from contracts.access import SYSTEM
from ledger import outside
from ledger.outside import OutsideMessage
from ledger.unit_of_work import Ledger
from mes_bridge.engine.protocols import amqp
from mes_bridge.transports.amqp.publisher import QUEUE, WorkOrderPublisher
from tests.unit.mes_bridge.shop import Shop

pytestmark = pytest.mark.rabbitmq


def emptied(url: str) -> None:
    with Connection(url) as connection, connection.channel() as channel:
        channel.queue_delete(QUEUE)
        channel.exchange_delete(amqp.EXCHANGE)


@pytest.fixture
def broker_url() -> Iterator[str]:
    """A virtual host cannot be made over AMQP: the queue is emptied of this test's messages instead."""
    url = os.environ.get("LOTONE_TEST_RABBITMQ_URL")
    if not url:
        if os.environ.get("CI"):
            pytest.fail("LOTONE_TEST_RABBITMQ_URL is not set; continuous integration must test on RabbitMQ")
        pytest.skip("LOTONE_TEST_RABBITMQ_URL is not set")
    emptied(url)
    yield url
    emptied(url)


def claimed(ledger: Ledger, count: int = 500) -> list[OutsideMessage]:
    with ledger.transaction(SYSTEM) as transaction:
        return outside.claim(transaction.session.connection(), "amqp", count, timedelta(seconds=60), transaction.real_now)


def received(url: str) -> list[tuple[str, str, bytes, dict[str, object]]]:
    """(routing key, message id, body, headers) of everything in the queue."""
    found = []
    with Connection(url) as connection, connection.channel() as channel:
        while (message := channel.basic_get(QUEUE, no_ack=True)) is not None:
            headers = message.properties["application_headers"]
            found.append((message.delivery_info["routing_key"], message.properties["message_id"], message.body, headers))
    return found


def as_bytes(body: bytes | str) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


def test_released_work_orders_arrive_with_the_content_of_rest(ledger: Ledger, broker_url: str) -> None:
    shop = Shop(ledger, publish_amqp=True)
    shop.release()
    publisher = WorkOrderPublisher(broker_url)
    assert publisher(claimed(ledger)) == {}
    publisher.close()
    messages = received(broker_url)
    assert [key for key, *_ in messages] == [
        f"work-order.riverside.{group}.released" for group in ("CUT", "WELD", "ALIGN", "TRUE", "ASSY", "INSP")
    ]
    by_rest = {one.work_order: one.content_sha256 for one in shop.listed()}
    for _, message_id, body, headers in messages:
        document = amqp.decode(as_bytes(body), headers)
        assert headers["content_sha256"] == by_rest[document.work_order]
        assert message_id == f"{document.work_order}/1/released"


def test_superseded_and_cancelled_revisions_are_told_in_order(ledger: Ledger, broker_url: str) -> None:
    shop = Shop(ledger, publish_amqp=True)
    shop.release(sequences=(10,))
    shop.release(sequences=(10,), revision=2)
    shop.withdraw(shop.operation("piece_1", 10).key)
    publisher = WorkOrderPublisher(broker_url)
    while batch := claimed(ledger):
        assert len(batch) == 1, "what follows of a work order waits for what came before"
        assert publisher(batch) == {}
        with ledger.transaction(SYSTEM) as transaction:
            outside.sent(transaction.connection, batch, transaction.real_now)
    publisher.close()
    assert [message_id.split("/", 1)[1] for _, message_id, *_ in received(broker_url)] == [
        "1/released", "1/superseded", "2/released", "2/cancelled",
    ]  # fmt: skip


def test_a_batch_of_hundreds_is_confirmed_and_complete(ledger: Ledger, broker_url: str) -> None:
    shop = Shop(ledger, publish_amqp=True)
    for number in range(60):
        shop.release(f"piece_{number}")
    batch = claimed(ledger)
    publisher = WorkOrderPublisher(broker_url)
    assert publisher(batch[:200]) == {}
    assert publisher(batch[200:]) == {}
    publisher.close()
    assert {message_id for _, message_id, *_ in received(broker_url)} == {message.key for message in batch}


def test_what_no_queue_takes_is_not_counted_as_sent(ledger: Ledger, broker_url: str) -> None:
    shop = Shop(ledger, publish_amqp=True)
    shop.release(sequences=(10, 20))
    first, second = claimed(ledger)
    publisher = WorkOrderPublisher(broker_url)
    assert publisher([first]) == {}
    lost = second.model_copy(update={"content": second.content | {"routing_key": f"nobody.{uuid4().hex}"}})
    failures = publisher([first, lost])
    publisher.close()
    assert list(failures) == [second.seq]
    assert "no queue is bound" in failures[second.seq]


def test_a_connection_that_died_is_replaced_at_once(ledger: Ledger, broker_url: str) -> None:
    shop = Shop(ledger, publish_amqp=True)
    shop.release(sequences=(10, 20))
    first, second = claimed(ledger)
    publisher = WorkOrderPublisher(broker_url)
    assert publisher([first]) == {}
    publisher._connection.connection.transport.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    assert publisher([second]) == {}
    publisher.close()
    assert {message_id for _, message_id, *_ in received(broker_url)} == {first.key, second.key}


def test_a_broker_that_is_away_fails_every_message_with_the_reason(ledger: Ledger) -> None:
    shop = Shop(ledger, publish_amqp=True)
    shop.release(sequences=(10,))
    (message,) = claimed(ledger)
    failures = WorkOrderPublisher("amqp://guest:guest@127.0.0.1:1//")([message])
    assert "refused" in failures[message.seq].lower()
