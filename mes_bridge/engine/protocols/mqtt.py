"""Contract ↔ MQTT 5 message in a unified namespace; pure, no socket.

Topics follow the levels of ISA-95: enterprise / site (the plant) / work center (the machine group) / work unit (the machine).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.model import canonical_json
from contracts.work_order import MachineStateReport, WorkOrderDocument, WorkOrderState
from mes_bridge.engine.work_order_document import content_hash

ENTERPRISE = "lotone"
"""The first level, where the broker's address names none."""
CONTENT_TYPE = "application/json"
FINISHED = frozenset({WorkOrderState.CLOSED, WorkOrderState.SCRAPPED, WorkOrderState.SUPERSEDED, WorkOrderState.CANCELLED})
"""What nobody has to make any more stands in the namespace no longer."""
_SPECIAL = re.compile(r"[/+#%\x00]")


@dataclass(frozen=True)
class MqttMessage:
    """``properties``: user properties. A retained message without a body takes what stood at its topic away."""

    topic: str
    body: bytes
    properties: Mapping[str, str]
    retain: bool = True


@dataclass(frozen=True)
class Namespace:
    """The topics under one enterprise."""

    enterprise: str = ENTERPRISE

    def work_order(self, plant: str, machine_group: str, content: WorkOrderDocument) -> str:
        return f"{self._unit(plant, machine_group, content.operation.machine)}/work-orders/{_level(content.work_order)}"

    def machine_state(self, plant: str, machine_group: str, machine: str) -> str:
        return f"{self._unit(plant, machine_group, machine)}/state"

    @property
    def told(self) -> str:
        """The number of the last change that stands in the namespace, retained in the namespace itself."""
        return f"{self.enterprise}/bridge/told"

    @property
    def status(self) -> str:
        """``online``, or ``offline`` by the bridge's last will."""
        return f"{self.enterprise}/bridge/status"

    @property
    def reports(self) -> str:
        """What is listened to: the last level is the sender, as which the broker lets nobody else write."""
        return f"{self.enterprise}/bridge/reports/+"

    def is_report(self, topic: str) -> bool:
        return topic.startswith(f"{self.enterprise}/bridge/reports/")

    def sender(self, topic: str) -> str:
        """Who wrote to a topic of ``reports``."""
        return _name(topic.rpartition("/")[2])

    def reports_of(self, client: str) -> str:
        return f"{self.enterprise}/bridge/reports/{_level(client)}"

    def refused(self, client: str) -> str:
        """Where what was refused is told, whether or not an answer was asked for."""
        return f"{self.enterprise}/bridge/refused/{_level(client)}"

    def may_be_answered(self, client: str, response_topic: str) -> bool:
        """Only below the client's own topic: nobody has us write where they may not write themselves."""
        return response_topic.startswith(f"{self.enterprise}/bridge/answers/{_level(client)}/") and not set("+#") & set(response_topic)

    def answers_of(self, client: str, name: str) -> str:
        return f"{self.enterprise}/bridge/answers/{_level(client)}/{_level(name)}"

    def _unit(self, plant: str, machine_group: str, machine: str) -> str:
        return "/".join((self.enterprise, *(_level(each) for each in (plant, machine_group, machine))))


def encode(
    namespace: Namespace, plant: str, machine_group: str, content: WorkOrderDocument, state: WorkOrderState, ready: bool
) -> MqttMessage:
    """The document as it is; state and hash travel as user properties so that the body is the same over every protocol."""
    finished = state in FINISHED
    return MqttMessage(
        topic=namespace.work_order(plant, machine_group, content),
        body=b"" if finished else canonical_json(content).encode(),
        properties={
            "work_order": content.work_order,
            "revision": str(content.revision),
            "state": state,
            "ready": "true" if ready and not finished else "false",
            "content_sha256": content_hash(content),
        },
    )


def encode_machine(namespace: Namespace, plant: str, machine_group: str, said: MachineStateReport) -> MqttMessage:
    return MqttMessage(namespace.machine_state(plant, machine_group, said.machine), canonical_json(said).encode(), {})


def decode(body: bytes, properties: Mapping[str, str]) -> WorkOrderDocument:
    """Raises pydantic.ValidationError for another form, ValueError when the content does not fit its hash."""
    read = WorkOrderDocument.model_validate_json(body)
    if properties.get("content_sha256") != content_hash(read):
        raise ValueError("content_sha256 does not fit the content")
    return read


def latest(messages: Iterable[MqttMessage]) -> list[MqttMessage]:
    """One message for each topic, the last: what was overtaken is nobody's state."""
    return list({message.topic: message for message in messages}.values())


def _level(name: str) -> str:
    """A name as one level of a topic: what would end the level or match others is written as in an address."""
    return _SPECIAL.sub(lambda sign: f"%{ord(sign[0]):02X}", name)


def _name(level: str) -> str:
    return re.sub(r"%([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), level)
