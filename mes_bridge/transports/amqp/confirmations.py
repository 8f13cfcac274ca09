"""What the broker said of each message of a batch: kept, refused, or wanted by no queue."""

import time
from typing import Any

CONFIRM_WITHIN_S = 10.0


class Confirmations:
    """Of the messages published on one channel between ``listen`` and ``leave``; a message is known by a number of the caller's."""

    def __init__(self) -> None:
        self._channel: Any = None
        self._pending: dict[int, int] = {}
        """The broker's number of a message → the caller's."""
        self._confirmed: set[int] = set()
        self._reasons: dict[int, str] = {}
        self._by_message_id: dict[str, int] = {}

    def listen(self, channel: Any) -> None:
        self._channel = channel
        channel.events["basic_ack"].add(self._acked)
        channel.events["basic_nack"].add(self._nacked)
        channel.events["basic_return"].add(self._returned)

    def leave(self) -> None:
        if self._channel is not None:
            for event, callback in (("basic_ack", self._acked), ("basic_nack", self._nacked), ("basic_return", self._returned)):
                self._channel.events[event].discard(callback)

    def expect(self, delivery_tag: int, number: int, message_id: str) -> None:
        self._pending[delivery_tag] = number
        self._by_message_id[message_id] = number

    def wait(self, connection: Any) -> None:
        """Until each message is confirmed, refused or returned, or the time is up."""
        until = time.monotonic() + CONFIRM_WITHIN_S
        while self._pending and (left := until - time.monotonic()) > 0:
            try:
                connection.drain_events(timeout=left)
            except TimeoutError:
                break
        for number in self._pending.values():
            self._reasons[number] = f"not confirmed within {CONFIRM_WITHIN_S:.0f} s"

    def confirmed(self, number: int) -> bool:
        return number in self._confirmed

    def reason(self, number: int, otherwise: str) -> str:
        return self._reasons.get(number, otherwise)

    def _acked(self, delivery_tag: int, multiple: bool) -> None:
        for number in self._settled(delivery_tag, multiple):
            if number not in self._reasons:
                self._confirmed.add(number)

    def _nacked(self, delivery_tag: int, multiple: bool) -> None:
        for number in self._settled(delivery_tag, multiple):
            self._reasons[number] = "refused by the broker"

    def _returned(self, error: Exception, _exchange: str, routing_key: str, message: Any) -> None:
        """Comes before the broker's acknowledgement of the same message, which then counts for nothing."""
        number = self._by_message_id.get(str(message.properties.get("message_id")))
        if number is not None:
            self._reasons[number] = f"no queue is bound for {routing_key}"

    def _settled(self, delivery_tag: int, multiple: bool) -> list[int]:
        tags = [tag for tag in self._pending if tag <= delivery_tag] if multiple else [delivery_tag]
        return [self._pending.pop(tag) for tag in tags if tag in self._pending]
