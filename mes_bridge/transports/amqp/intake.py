"""How reports, measurements and machine states come in from RabbitMQ: taken in batches, acknowledged when they are durable."""

import json
import threading
import time
from collections.abc import Sequence
from typing import Any

from kombu.connection import Connection

from contracts.problems import Unavailable
from ledger.log import logger
from mes_bridge.answering import BundledAnswer
from mes_bridge.engine.protocols.amqp import CONTENT_TYPE, REFUSED_REPORTS, REPORTS
from mes_bridge.incoming import Incoming, IncomingMessages
from mes_bridge.transports.amqp.confirmations import Confirmations

BATCH = 200
GATHERING_S = 0.02
"""As long as another message follows within so much, it goes into the same commit."""
LOOK_S = 0.5
"""How often the intake looks whether it is to end."""
LONGEST_REST_S = 30.0
_PERSISTENT = 2


class ReportIntake:
    """Reads the queue ``lotone.reports``; of several intakes one reads at a time, so that the order is kept.

    A message is acknowledged after its effect is committed and its answer confirmed. When either side dies in between, the
    broker delivers it again and its own identifier tells that it is known.
    """

    def __init__(self, url: str, messages: IncomingMessages) -> None:
        self._url = url
        self._messages = messages

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set; a broker that is away is looked for again, at longer and longer intervals."""
        rest_s = 1.0
        while not stop.is_set():
            connection: Any = Connection(self._url, connect_timeout=5)  # type: ignore[no-untyped-call]
            try:
                connection.connect()
                rest_s = 1.0
                self._read(connection, stop)
            except (OSError, *connection.connection_errors, *connection.channel_errors) as error:
                logger("mes_bridge").warning("amqp.intake_interrupted", error=type(error).__name__)
                stop.wait(rest_s)
                rest_s = min(2 * rest_s, LONGEST_REST_S)
            finally:
                connection.release()

    def _read(self, connection: Any, stop: threading.Event) -> None:
        arrived: list[Any] = []
        channel = connection.channel()
        channel.confirm_select()
        channel.exchange_declare(REPORTS, "topic", durable=True, auto_delete=False)
        quorum = {"x-queue-type": "quorum"}
        channel.queue_declare(REPORTS, durable=True, auto_delete=False, arguments={**quorum, "x-single-active-consumer": True})
        channel.queue_declare(REFUSED_REPORTS, durable=True, auto_delete=False, arguments=quorum)
        channel.queue_bind(REPORTS, REPORTS, "#")
        channel.basic_qos(0, BATCH, False)
        channel.basic_consume(REPORTS, callback=arrived.append)
        answers = _Answers(channel)
        while not stop.is_set():
            _gather(connection, arrived)
            if arrived:
                batch, arrived[:] = arrived[:BATCH], arrived[BATCH:]
                answers.send(connection, batch, self._taken(batch, stop))

    def _taken(self, batch: Sequence[Any], stop: threading.Event) -> list[BundledAnswer]:
        """Storage that is busy is asked again: the broker keeps the messages meanwhile."""
        incoming = [Incoming(str(message.properties.get("user_id") or ""), _as_bytes(message.body)) for message in batch]
        while True:
            try:
                return self._messages.take(incoming)
            except Unavailable:
                if stop.wait(1.0):
                    raise OSError("storage is not available, and the intake ends") from None


class _Answers:
    """Tells each sender who wants to know, sets aside what was refused, then lets go of the batch."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._published = 0

    def send(self, connection: Any, batch: Sequence[Any], answers: Sequence[BundledAnswer]) -> None:
        """Raises OSError when the broker does not keep what it is given: then it delivers the batch again."""
        confirmations = Confirmations()
        confirmations.listen(self._channel)
        try:
            awaited = [
                number
                for number, (message, answer) in enumerate(zip(batch, answers, strict=True))
                for number in self._told(message, answer, confirmations)
            ]
            confirmations.wait(connection)
        finally:
            confirmations.leave()
        missing = [number for number in awaited if not confirmations.confirmed(number)]
        if missing:
            raise OSError(confirmations.reason(missing[0], "the broker did not keep an answer"))
        self._channel.basic_ack(batch[-1].delivery_tag, multiple=True)

    def _told(self, message: Any, answer: BundledAnswer, confirmations: Confirmations) -> list[int]:
        """The broker's numbers of what was published about the message."""
        sent = []
        known_as = str(message.properties.get("correlation_id") or message.properties.get("message_id") or "")
        if answer.status >= 400:
            why = {name: str(answer.content.get(name, "")) for name in ("type", "title", "detail")}
            headers = {
                "sender": str(message.properties.get("user_id") or ""),
                "status": answer.status,
                "answer": json.dumps(answer.content),
                **why,
            }
            sent.append(self._publish(REFUSED_REPORTS, _as_bytes(message.body), known_as, headers, confirmations))
        if (reader := message.properties.get("reply_to")) is not None:
            sent.append(self._publish(reader, answer.model_dump_json().encode(), known_as, {}, confirmations))
        return sent

    def _publish(self, queue: str, body: bytes, known_as: str, headers: dict[str, Any], confirmations: Confirmations) -> int:
        self._published += 1
        message_id = f"answer-{self._published}"
        properties = {"correlation_id": known_as, "message_id": message_id, "delivery_mode": _PERSISTENT}
        prepared = self._channel.prepare_message(
            body, content_type=CONTENT_TYPE, content_encoding="utf-8", headers=headers, properties=properties
        )
        self._channel.basic_publish(prepared, exchange="", routing_key=queue)
        confirmations.expect(self._published, self._published, message_id)
        return self._published


def _gather(connection: Any, arrived: list[Any]) -> None:
    """Wait for a message, then for those that follow closely."""
    timeout_s = LOOK_S
    until = time.monotonic() + LOOK_S
    while len(arrived) < BATCH and time.monotonic() < until:
        try:
            connection.drain_events(timeout=timeout_s)
        except TimeoutError:
            return
        timeout_s = GATHERING_S


def _as_bytes(body: bytes | str) -> bytes:
    return body if isinstance(body, bytes) else body.encode()
