"""How work orders reach a RabbitMQ exchange: published in batches, each confirmed before it counts as sent."""

from collections.abc import Sequence
from typing import Any

from kombu.connection import Connection

from ledger.outside import OutsideMessage
from mes_bridge.engine.protocols.amqp import CONTENT_TYPE, EXCHANGE, AmqpMessage, from_outside
from mes_bridge.transports.amqp.confirmations import Confirmations

QUEUE = "lotone.work-orders"
"""A quorum queue bound to everything, so that nothing is unroutable before the first integrator binds an own queue."""
_PERSISTENT = 2


class WorkOrderPublisher:
    """Sends a batch of the relay's channel ``amqp``; for each message that the broker did not confirm its ``seq`` and the reason.

    The broker may get a message twice (a lost confirmation): receivers drop a known ``message_id``.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None
        self._channel: Any = None
        self._published = 0
        """On this channel; the broker numbers from 1."""

    def __call__(self, batch: Sequence[OutsideMessage]) -> dict[int, str]:
        fresh = self._channel is None
        failures = self._publish(batch)
        if self._channel is None and not fresh:
            failures = self._publish([message for message in batch if message.seq in failures])
        return failures

    def close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            connection.release()

    def _publish(self, batch: Sequence[OutsideMessage]) -> dict[int, str]:
        """A broken connection fails what is not confirmed yet and is given up."""
        confirmations = Confirmations()
        waiting = {message.seq: "the connection broke before the confirmation" for message in batch}
        errors: tuple[type[Exception], ...] = (OSError,)
        try:
            channel, connection = self._open()
            errors = (OSError, *connection.connection_errors, *connection.channel_errors)
            confirmations.listen(channel)
            for message in batch:
                self._published += 1
                confirmations.expect(self._published, message.seq, str(message.content["message_id"]))
                _send(channel, from_outside(message.content))
            confirmations.wait(connection)
        except errors as error:
            reason = f"{type(error).__name__}: {error}"
            waiting = dict.fromkeys(waiting, reason)
            self.close()
        finally:
            confirmations.leave()
        return {seq: confirmations.reason(seq, otherwise) for seq, otherwise in waiting.items() if not confirmations.confirmed(seq)}

    def _open(self) -> tuple[Any, Any]:
        if self._channel is None or self._connection is None:
            self.close()
            self._connection = Connection(self._url, connect_timeout=5)  # type: ignore[no-untyped-call]
            self._connection.connect()
            self._channel = self._connection.channel()
            self._channel.confirm_select()
            self._channel.exchange_declare(EXCHANGE, "topic", durable=True, auto_delete=False)
            self._channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
            self._channel.queue_bind(QUEUE, EXCHANGE, "work-order.#")
            self._published = 0
        return self._channel, self._connection


def _send(channel: Any, message: AmqpMessage) -> None:
    prepared = channel.prepare_message(
        message.body,
        content_type=CONTENT_TYPE,
        content_encoding="utf-8",
        headers=message.headers,
        properties={"message_id": message.message_id, "delivery_mode": _PERSISTENT},
    )
    channel.basic_publish(prepared, exchange=EXCHANGE, routing_key=message.routing_key, mandatory=True)
