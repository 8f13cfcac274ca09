"""A work order as a signed message: the specification's own example, one content over every way, a secret as it is written."""

import json
from datetime import UTC, datetime

import pytest

from contracts.work_order import WorkOrderDocument
from mes_bridge.engine.protocols import amqp, rest
from mes_bridge.engine.protocols.webhook import as_outside, encode, from_outside, read_secret, sign, signed, written
from tests.unit.mes_bridge.shop import Shop

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def content(shop: Shop) -> WorkOrderDocument:
    shop.release(sequences=(40,))
    return shop.service.work_order(shop.id_of(40)).document


def test_the_published_example_has_the_published_signature() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, libraries/python/tests/test_webhooks.py"""
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(read_secret(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


def test_the_content_is_that_of_the_other_ways(content: WorkOrderDocument) -> None:
    message = encode(content, "riverside", "TRUE", "superseded", AT)
    over_amqp = amqp.encode(content, "riverside", "TRUE", "superseded")
    event = json.loads(message.body)
    assert message.message_id == over_amqp.message_id
    assert event["data"]["content_sha256"] == over_amqp.headers["content_sha256"]
    assert rest.decode(event["data"]) == content
    assert (event["type"], event["timestamp"]) == ("work_order.superseded", "2026-11-24T08:00:00Z")


def test_a_queued_message_is_what_it_was(content: WorkOrderDocument) -> None:
    message = encode(content, "riverside", "TRUE", "released", AT)
    assert from_outside(json.loads(json.dumps(as_outside(message)))) == message


def test_each_secret_signs_the_newest_first(content: WorkOrderDocument) -> None:
    message, secrets = encode(content, "riverside", "TRUE", "released", AT), [b"n" * 32, b"o" * 32]
    headers = signed(message, secrets, 1795505400)
    assert headers["webhook-signature"].split(" ") == [sign(secret, message.message_id, 1795505400, message.body) for secret in secrets]


def test_a_secret_is_read_as_it_is_written() -> None:
    assert read_secret(written(b"s" * 32)) == b"s" * 32
    with pytest.raises(ValueError, match="whsec_"):
        read_secret("whsec_???")
