"""The conformance plant at an MQTT broker: the bridge of the product, overheard."""

import json
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from paho.mqtt.client import MQTTMessage

from mes_bridge.answering import BundledAnswer
from mes_bridge.conformance.script import Script
from mes_bridge.engine.conformance.record import Outage
from mes_bridge.engine.conformance.rest_reading import read_message
from mes_bridge.engine.protocols.mqtt import ENTERPRISE, MqttMessage, Namespace
from mes_bridge.incoming import Incoming, IncomingMessages
from mes_bridge.transports.mqtt.bridge import MqttBridge
from mes_bridge.transports.mqtt.session import Address, Session

APART = "conformance"
"""Goes into the name of the enterprise: the plant never stands in the namespace of an installation."""
_UNANSWERED = BundledAnswer(status=0, content={})
_GATHERED = 10_000


class Overheard(IncomingMessages):
    """Each message goes into the record, and the script may leave it without an answer."""

    def __init__(self, script: Script, topic: str) -> None:
        super().__init__(script.plant.service, "en")
        self._script = script
        self._topic = topic

    def take(self, messages: Sequence[Incoming]) -> list[BundledAnswer]:
        return [self._one(message) for message in messages]

    def _one(self, message: Incoming) -> BundledAnswer:
        number, now = self._script.number()
        act = replace(read_message(number, now, f"MQTT {self._topic}", _json(message.body)), pushed=True)
        outage: Outage | None = self._script.outage((act,))
        if outage == "away":
            self._script.heard((replace(act, status=503, outage=outage),))
            return _UNANSWERED
        (answer,) = super().take([message])
        self._script.heard((replace(act, status=answer.status, answer=answer.content, outage=outage),))
        return answer if outage is None else _UNANSWERED


class ForgetfulBridge(MqttBridge):
    """Says nothing where the script wants an answer lost."""

    def _answer(self, session: Session, batch: Sequence[MQTTMessage], answers: Sequence[BundledAnswer]) -> None:
        told = [(message, answer) for message, answer in zip(batch, answers, strict=True) if answer is not _UNANSWERED]
        super()._answer(session, [message for message, _ in told], [answer for _, answer in told])


@contextmanager
def at_the_broker(script: Script, url: str, user: str) -> Iterator[str]:
    """The plant's namespace at the broker, removed at the end; its address for a client that sends as ``user``.

    Raises OSError when the broker is away, ValueError for an address of another kind.
    """
    parts = urlsplit(url)
    ours = urlunsplit(parts._replace(path=f"/{parts.path.strip('/') or ENTERPRISE}-{APART}"))
    address = Address.read(ours)
    Session(address, "").close()
    overheard = Overheard(script, Namespace(address.enterprise).reports_of(user))
    bridge = ForgetfulBridge(ours, script.plant.service, overheard, secrets.token_hex(8))
    stop = threading.Event()
    thread = threading.Thread(target=bridge.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield f"{parts.scheme}://{user}@{address.host}:{address.port}/{address.enterprise}"
    finally:
        stop.set()
        thread.join()
        _clear(address)


def _clear(address: Address) -> None:
    """Nothing of the play stays with the broker."""
    session = Session(address, "")
    session.subscribe(f"{address.enterprise}/#", with_retained=True)
    session.gather(1.0, _GATHERED)
    session.publish([MqttMessage(message.topic, b"", {}) for message in session.arrived])
    session.close()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
