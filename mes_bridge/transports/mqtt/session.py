"""One connection to an MQTT 5 broker: what is published counts when the broker has it, what arrives is let go of when we have it."""

import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from mes_bridge.engine.protocols.mqtt import CONTENT_TYPE, ENTERPRISE, MqttMessage

CONNECT_WITHIN_S = 5.0
CONFIRM_WITHIN_S = 10.0
RETAINED_WITHIN_S = 1.0
"""So long after the subscription a retained message is awaited."""
KEEPALIVE_S = 30
SESSION_KEPT_S = 7 * 86_400
"""So long the broker keeps what comes for us while we are away."""
GATHERING_S = 0.02
RECEIVE = 200
"""So many messages we take before we have confirmed the first."""
IN_FLIGHT = 20
"""So many published messages wait for their confirmation at most; fewer where the broker says so."""
_UTF8 = 1


class BrokerLost(OSError):
    """The connection is gone, or the broker did not do its part in time."""


@dataclass(frozen=True)
class Address:
    """``mqtt://user:password@host:1883/enterprise``; ``mqtts`` for TLS with the system's certificates."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    enterprise: str

    @classmethod
    def read(cls, url: str) -> "Address":
        """Raises ValueError for another scheme."""
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise ValueError("an address like mqtt://user:password@host:1883/enterprise")
        tls = parts.scheme == "mqtts"
        user, password = (None if each is None else unquote(each) for each in (parts.username, parts.password))
        return cls(parts.hostname, parts.port or (8883 if tls else 1883), user, password, tls, parts.path.strip("/") or ENTERPRISE)


class Session:
    """Raises BrokerLost from every call once the connection is gone; then a new one is made."""

    def __init__(self, address: Address, client_id: str, *, kept: bool = False, will: MqttMessage | None = None) -> None:
        """``kept``: the broker keeps the session, and what comes for it, over connections. ``will``: published when we are lost."""
        self.arrived: list[MQTTMessage] = []
        self._pending: set[int] = set()
        self._refused: dict[int, str] = {}
        self._connected = self._subscribed = False
        self._at_once = IN_FLIGHT
        self._lost: BrokerLost | None = None
        self._client = client = Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False, manual_ack=True
        )
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish, client.on_subscribe, client.on_message = self._on_publish, self._on_subscribe, self._on_message
        client.max_queued_messages_set(0)
        if address.user is not None:
            client.username_pw_set(address.user, address.password)
        if address.tls:
            client.tls_set_context(ssl.create_default_context())
        if will is not None:
            client.will_set(will.topic, will.body, qos=1, retain=will.retain)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = RECEIVE
        if kept:
            properties.SessionExpiryInterval = SESSION_KEPT_S
        client.connect_timeout = CONNECT_WITHIN_S
        client.connect(address.host, address.port, KEEPALIVE_S, clean_start=not kept, properties=properties)
        self._until(lambda: self._connected, "the broker did not greet", CONNECT_WITHIN_S)

    def close(self) -> None:
        """The broker keeps a kept session."""
        self._client.disconnect()
        self._client.loop(0.05)
        if (socket := self._client.socket()) is not None:
            socket.close()

    def subscribe(self, topic: str, *, with_retained: bool = False) -> None:
        retained = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if with_retained else SubscribeOptions.RETAIN_DO_NOT_SEND
        options = SubscribeOptions(qos=1, retainHandling=retained)
        self._subscribed = False
        self._client.subscribe(topic, options=options)
        self._until(lambda: self._subscribed, f"the broker did not let us listen to {topic}", CONFIRM_WITHIN_S)

    def retained(self, topic: str) -> bytes | None:
        """What stands at the topic; None for nothing."""
        self.subscribe(topic, with_retained=True)
        until = time.monotonic() + RETAINED_WITHIN_S
        while not (found := [message for message in self.arrived if message.topic == topic]) and time.monotonic() < until:
            self.listen(0.1)
        self._client.unsubscribe(topic)
        self.arrived[:] = [message for message in self.arrived if message not in found]
        self.let_go(found)
        return bytes(found[-1].payload) if found and found[-1].payload else None

    def publish(self, messages: Sequence[MqttMessage], correlation: Sequence[bytes | None] = ()) -> None:
        """All of them are with the broker afterwards."""
        for message, correlated in zip(messages, correlation or [None] * len(messages), strict=True):
            self._until(lambda: len(self._pending) < self._at_once, f"not confirmed within {CONFIRM_WITHIN_S:.0f} s", CONFIRM_WITHIN_S)
            properties = _properties(message, correlated)
            self._pending.add(self._client.publish(message.topic, message.body, 1, message.retain, properties).mid)
        self._until(lambda: not self._pending, f"not confirmed within {CONFIRM_WITHIN_S:.0f} s", CONFIRM_WITHIN_S)
        if self._refused:
            reason = next(iter(self._refused.values()))
            self._refused.clear()
            raise BrokerLost(reason)

    def listen(self, seconds: float) -> None:
        """Let arrive what arrives."""
        if self._client.loop(seconds) is not MQTTErrorCode.MQTT_ERR_SUCCESS and self._lost is None:
            self._lost = BrokerLost("the connection broke")
        if self._lost is not None:
            raise self._lost

    def gather(self, seconds: float, most: int) -> None:
        """Wait for a message, then for those that follow closely: they go into the same commit."""
        self.listen(seconds)
        known = 0
        while known < len(self.arrived) < most:
            known = len(self.arrived)
            self.listen(GATHERING_S)

    def let_go(self, messages: Iterable[MQTTMessage]) -> None:
        """What the messages said is durable with us."""
        for message in messages:
            self._client.ack(message.mid, message.qos)
        self.listen(0)

    def _until(self, done: Any, reason: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not done():
            if (left := until - time.monotonic()) <= 0:
                raise BrokerLost(reason)
            self.listen(min(left, 0.5))

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self._lost = BrokerLost(f"the broker refused us: {reason}")
            return
        self._at_once = min(IN_FLIGHT, getattr(properties, "ReceiveMaximum", IN_FLIGHT))
        self._connected = True

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Properties | None) -> None:
        """The broker's word comes before the end of its connection, which says nothing."""
        if self._lost is None:
            self._lost = BrokerLost(f"the connection ended: {reason}")

    def _on_publish(self, _client: Client, _data: Any, mid: int, reason: ReasonCode, _properties: Properties) -> None:
        self._pending.discard(mid)
        if reason.is_failure:
            self._refused[mid] = f"the broker refused a message: {reason}"

    def _on_subscribe(self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None) -> None:
        if any(reason.is_failure for reason in reasons):
            self._lost = BrokerLost(f"the broker does not let us listen: {reasons[0]}")
        self._subscribed = True

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.arrived.append(message)


def _properties(message: MqttMessage, correlation: bytes | None) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if message.body:
        properties.PayloadFormatIndicator = _UTF8
        properties.ContentType = CONTENT_TYPE
    for name, value in message.properties.items():
        properties.UserProperty = (name, value)
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties
