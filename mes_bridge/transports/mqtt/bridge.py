"""How does the namespace follow the ledger, and how do reports come in from it?"""

import json
import secrets
import threading
import time
from collections.abc import Sequence

from paho.mqtt.client import MQTTMessage

from contracts.problems import Unavailable
from ledger.log import logger
from mes_bridge.answering import BundledAnswer
from mes_bridge.engine.protocols.mqtt import MqttMessage, Namespace, encode, encode_machine, latest
from mes_bridge.incoming import Incoming, IncomingMessages
from mes_bridge.service import Service
from mes_bridge.transports.mqtt.session import Address, BrokerLost, Session

PAGE = 200
"""So many work orders are told between two entries of how far the namespace is told."""
LISTEN_S = 0.1
LOOK_S = 5.0
"""Real time after which the ledger is looked at although no bell rang."""
LONGEST_REST_S = 30.0
STAND_BY_S = 60.0
"""After another relay has taken the session over: it is left to it for so long."""
BATCH = 200
LONGEST_QUOTED = 4000
"""Signs of a refused message that go along with its answer."""


class MqttBridge:
    """Publishes how everything stands, and takes what is reported, over one session.

    Of several relays one holds the session, and the broker lets go of the other: so nothing older is ever published over something newer.
    """

    def __init__(self, url: str, service: Service, messages: IncomingMessages, session: str) -> None:
        """``session``: its name, the same for all relays of the installation and known to nobody else, who could take it over.

        Raises ValueError for an address of another kind.
        """
        self._session, self._relay = session, secrets.token_hex(8)
        self._address = Address.read(url)
        self._names = Namespace(self._address.enterprise)
        self._service = service
        self._messages = messages
        self.standing_by = False
        """Another relay holds the session."""
        self._machines: dict[str, MqttMessage] = {}
        self._since = 0

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set; a broker that is away is looked for again, at longer and longer intervals."""
        rest_s = 1.0
        while not stop.is_set():
            try:
                session = self._opened()
                rest_s = 1.0
                try:
                    self._work(session, stop)
                    session.publish([self._status("offline")])
                finally:
                    session.close()
            except OSError as error:
                reason = str(error) if isinstance(error, BrokerLost) else type(error).__name__
                logger("mes_bridge").warning("mqtt.interrupted", reason=reason)
                stop.wait(rest_s)
                self._stand_by(stop)
            except Exception as fault:  # noqa: BLE001 - outermost edge of the thread, reported; what was not told is told again
                logger("mes_bridge").error("mqtt.failed", exc_info=fault)
                stop.wait(rest_s)
            rest_s = min(2 * rest_s, LONGEST_REST_S)

    def _stand_by(self, stop: threading.Event) -> None:
        """A while, when another relay holds the session now."""
        self.standing_by = self._held_by_another()
        if self.standing_by:
            logger("mes_bridge").info("mqtt.standing_by")
            stop.wait(STAND_BY_S)
            self.standing_by = False

    def _held_by_another(self) -> bool:
        """Whether another relay says that it is there: not every broker tells whom it lets go of why."""
        try:
            observer = Session(self._address, "")
            try:
                standing = observer.retained(self._names.status)
            finally:
                observer.close()
            said = json.loads(standing) if standing else {}
        except (OSError, ValueError):
            return False
        return isinstance(said, dict) and said.get("status") == "online" and said.get("relay") != self._relay

    def _opened(self) -> Session:
        session = Session(self._address, self._session, kept=True, will=self._status("offline"))
        try:
            session.subscribe(self._names.reports)
            session.publish([self._status("online")])
            self._machines.clear()
            told = session.retained(self._names.told)
            self._since = int(json.loads(told)["change"]) if told else 0
        except BaseException:
            session.close()
            raise
        return session

    def _work(self, session: Session, stop: threading.Event) -> None:
        doorbell = self._service.ledger.doorbell
        rung, looked_at = -1, 0.0
        while not stop.is_set():
            if doorbell.rings != rung or time.monotonic() - looked_at > LOOK_S:
                rung, looked_at = doorbell.rings, time.monotonic()
                self._tell_work_orders(session)
                self._tell_machines(session)
            session.gather(LISTEN_S, BATCH)
            if session.arrived:
                batch, session.arrived[:] = session.arrived[:BATCH], session.arrived[BATCH:]
                reports = [message for message in batch if self._names.is_report(message.topic)]
                if reports:
                    self._answer(session, reports, self._taken(reports, stop))
                session.let_go(batch)

    def _tell_work_orders(self, session: Session) -> None:
        """What changed since; then how far it is told. Dying in between, the same is told once more.

        What is over is taken away also where nothing is known to stand: whether it does, only the broker knows. A namespace that is
        told further than the ledger goes is told anew: that is a backup.
        """
        if self._since > self._service.last_change():
            self._since = 0
        while page := self._service.work_orders_since(self._since, PAGE):
            session.publish(
                latest(encode(self._names, each.plant, each.machine_group, each.content, each.state, each.ready) for each in page)
            )
            self._since = page[-1].change
            session.publish([MqttMessage(self._names.told, json.dumps({"change": self._since}).encode(), {})])

    def _tell_machines(self, session: Session) -> None:
        now = [encode_machine(self._names, each.plant, each.machine_group, each.said) for each in self._service.standing_machines()]
        changed = [message for message in now if self._machines.get(message.topic) != message]
        if changed:
            session.publish(changed)
            self._machines |= {message.topic: message for message in changed}

    def _taken(self, batch: Sequence[MQTTMessage], stop: threading.Event) -> list[BundledAnswer]:
        """Storage that is busy is asked again: the broker keeps the messages meanwhile."""
        incoming = [Incoming(self._names.sender(message.topic), bytes(message.payload)) for message in batch]
        while True:
            try:
                return self._messages.take(incoming)
            except Unavailable:
                if stop.wait(1.0):
                    raise BrokerLost("storage is not available, and the bridge ends") from None

    def _answer(self, session: Session, batch: Sequence[MQTTMessage], answers: Sequence[BundledAnswer]) -> None:
        """Each sender who wants to know is told, and of what was refused wherever that is listened to."""
        told: list[MqttMessage] = []
        correlation: list[bytes | None] = []
        for message, answer in zip(batch, answers, strict=True):
            sender, body = self._names.sender(message.topic), answer.model_dump_json().encode()
            asked = getattr(message.properties, "ResponseTopic", None)
            if asked is not None and self._names.may_be_answered(sender, asked):
                told.append(MqttMessage(asked, body, {}, retain=False))
                correlation.append(getattr(message.properties, "CorrelationData", None))
            if answer.status >= 400:
                came = {"message": message.payload.decode(errors="replace")[:LONGEST_QUOTED]}
                told.append(MqttMessage(self._names.refused(sender), body, came, retain=False))
                correlation.append(getattr(message.properties, "CorrelationData", None))
        if told:
            session.publish(told, correlation)

    def _status(self, status: str) -> MqttMessage:
        return MqttMessage(self._names.status, json.dumps({"status": status, "relay": self._relay}).encode(), {})
