"""How the simulated plant tells what happens over MQTT 5; the work it leases, and the clock, it gets over HTTP."""

import json
import ssl
import threading
import time
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import httpx
from paho.mqtt.client import Client as Connection
from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from mes_bridge.simulator.client import Answer, Client, Message, Stopped

USER = "simulator"
"""As whom it reports where the broker's address names nobody: the broker user of the installation's simulator."""
ENTERPRISE = "lotone"
AGAIN_S = 5.0
"""What has no answer by then is told again: it is known by its own identifier."""
CONNECTED_WITHIN_S = 10.0
_LOOK_S = 0.5


class OverMqtt(Client):
    """Each message goes to the plant's own topic, with a response topic and correlation data of its own."""

    def __init__(self, url: str, key: str, stop: threading.Event, broker: str, transport: httpx.BaseTransport | None = None) -> None:
        """``broker``: ``mqtt://user:password@host:1883/enterprise``. Raises OSError when it is away."""
        super().__init__(url, key, stop, transport)
        address = urlsplit(broker)
        user, enterprise = unquote(address.username or USER), address.path.strip("/") or ENTERPRISE
        self._reports = f"{enterprise}/bridge/reports/{user}"
        self._answers = f"{enterprise}/bridge/answers/{user}/{uuid4().hex}"
        self._answered: dict[str, Answer] = {}
        self._news, self._heard = threading.Condition(), threading.Event()
        self._refusal = ""
        self._connection = Connection(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._connection.on_connect, self._connection.on_message = self._on_connect, self._on_message
        self._connection.on_subscribe = lambda *_: self._heard.set()
        if address.username is not None:
            self._connection.username_pw_set(user, unquote(address.password or ""))
        if address.scheme == "mqtts":
            self._connection.tls_set_context(ssl.create_default_context())
        self._connection.connect(address.hostname or "localhost", address.port or (8883 if address.scheme == "mqtts" else 1883))
        self._connection.loop_start()
        if not self._heard.wait(CONNECTED_WITHIN_S):
            self._connection.loop_stop()
            raise OSError(self._refusal or "it did not let us listen for answers in time")

    def close(self) -> None:
        self._connection.disconnect()
        self._connection.loop_stop()
        super().close()

    def tell(self, messages: list[Message]) -> list[Answer]:
        """What happened on the floor, in its order; what each message is answered. Raises Stopped."""
        names = [uuid4().hex for _ in messages]
        while waiting := [number for number, name in enumerate(names) if name not in self._answered]:
            for number in waiting:
                self._send(messages[number], names[number])
            self._wait([names[number] for number in waiting])
        return [self._answered.pop(name) for name in names]

    def _send(self, message: Message, name: str) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        properties.ResponseTopic, properties.CorrelationData = self._answers, name.encode()
        self._connection.publish(self._reports, json.dumps(message), 1, properties=properties)

    def _wait(self, names: list[str]) -> None:
        """Until all of them are answered, or it is time to tell them again."""
        until = time.monotonic() + AGAIN_S
        with self._news:
            while (left := until - time.monotonic()) > 0 and not all(name in self._answered for name in names):
                if self._stop.is_set():
                    raise Stopped
                self._news.wait(min(left, _LOOK_S))

    def _on_connect(self, connection: Connection, _data: Any, _flags: Any, reason: ReasonCode, _properties: Properties | None) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
        else:
            connection.subscribe(self._answers, qos=1)

    def _on_message(self, _connection: Connection, _data: Any, message: MQTTMessage) -> None:
        told = json.loads(message.payload)
        with self._news:
            self._answered[message.properties.CorrelationData.decode()] = Answer(int(told["status"]), told["content"])  # type: ignore[union-attr]
            self._news.notify_all()
