"""What the simulated floor tells, with the mistakes that people and connectors make."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from contracts.work_order import LeasedWorkOrder, MachineState, ReportKind
from mes_bridge.simulator.client import Answer, Client, Message, Refused
from mes_bridge.simulator.habits import Life, Reading

NOT_PROVEN = "not_proven"
_GONE = frozenset({"machine-held", "stale-fence", "transition-refused", "stale-revision", "not-found"})
"""The work order is not ours any more, or may not be worked on now."""

Heard = Callable[[str | None], None]
"""Is told the work order's state after a message; None when it is not ours to work on (any more)."""


def _nothing(_: str | None) -> None:
    """For messages whose answer changes nothing on the floor."""


class Voice:
    """Collects what is to be told until ``tell``. ``told`` counts what was sent, by kind and mistake."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._messages: list[Message] = []
        self._listeners: list[Heard] = []
        self.told: Counter[str] = Counter()
        self.heard: set[str] = set()
        """States that the product answered with since somebody looked."""

    def tell(self) -> bool:
        """Send what was collected, and let those who said it hear the answers; False when there was nothing."""
        messages, listeners = self._messages, self._listeners
        self._messages, self._listeners = [], []
        for answer, heard in zip(self._client.tell(messages), listeners, strict=True):
            heard(self._state(answer))
        return bool(messages)

    def acknowledge(self, item: LeasedWorkOrder, heard: Heard) -> None:
        """The work order is stored on our side."""
        self._say("acknowledgement", {"revision": item.revision, "fence": item.fence}, heard, item.work_order)

    def report(
        self,
        item: LeasedWorkOrder,
        life: Life,
        kind: ReportKind,
        at: datetime,
        machine: str,
        reason: str | None = None,
        heard: Heard = _nothing,
    ) -> None:
        """What happened to a work order."""
        body = {
            "report": f"{item.work_order}:{kind}:{int(at.timestamp())}",
            "revision": item.revision,
            "fence": item.fence,
            "kind": kind,
            "machine": machine,
            "at": at.isoformat(),
            "reason": reason,
        }
        if kind == "started" and life.stale_fence_first and item.fence > 0:
            self.told["stale fence"] += 1
            self._report(item, body | {"fence": item.fence - 1}, _nothing)
        self._report(item, body, heard)
        if kind == "completed" and life.told_twice:
            self.told["told twice"] += 1
            self._report(item, body, _nothing)

    def measure(self, item: LeasedWorkOrder, reading: Reading, at: datetime, heard: Heard) -> None:
        """A value that was measured."""
        name = f"{item.work_order}:{reading.checkpoint.checkpoint}"
        body = {
            "measurement": f"{name}:{int(at.timestamp())}"[-80:],
            "work_order": item.work_order,
            "checkpoint": reading.checkpoint.checkpoint,
            "value": str(reading.value),
            "unit": reading.unit,
            "gauge": reading.checkpoint.gauge,
            "at": at.isoformat(),
            "source": "simulator",
        }
        if reading.wrong_unit is not None:
            self.told["wrong unit"] += 1
            self._measure(body | {"unit": reading.wrong_unit}, _nothing)
        if reading.typed_first is not None:
            self.told["typed wrong"] += 1
            typed = {"measurement": f"{name}:typed:{int(at.timestamp())}"[-80:], "value": str(reading.typed_first)}
            self._measure(body | typed, _nothing)
            body["corrects"] = typed["measurement"]

        def once_more(state: str | None) -> None:
            """Within the guard band of a limit nothing is proven: it is measured again, and that value decides."""
            if state != NOT_PROVEN:
                heard(state)
                return
            self.told["not proven"] += 1
            again = {"measurement": f"{name}:again:{int(at.timestamp())}"[-80:], "corrects": None}
            self._measure({**body, **again}, heard)

        self._measure(body, once_more)

    def machine(self, machine: str, state: MachineState, at: datetime, reason: str | None = None) -> None:
        self.told["machine states"] += 1
        self._say("machine-state", {"machine": machine, "state": state, "at": at.isoformat(), "reason": reason}, _nothing)

    def _report(self, item: LeasedWorkOrder, body: dict[str, Any], heard: Heard) -> None:
        self.told["reports"] += 1
        self._say("report", body, heard, item.work_order)

    def _measure(self, body: dict[str, Any], heard: Heard) -> None:
        self.told["measurements"] += 1
        self._say("measurement", body, heard)

    def _say(self, kind: str, body: dict[str, Any], heard: Heard, work_order: str | None = None) -> None:
        addressed = {} if work_order is None else {"work_order": work_order}
        self._messages.append({"type": kind, **addressed, "content": body})
        self._listeners.append(heard)

    def _state(self, answer: Answer) -> str | None:
        """A value in another unit or of an overdue gauge is refused, one told before a restart is known with another time: we go on."""
        problem = answer.problem
        if problem is not None:
            self.told[problem] += 1
            if problem in _GONE:
                return None
            if problem in {"unit-mismatch", "idempotency-mismatch", "gauge-overdue"}:
                return "told"
            raise Refused(answer.status, problem)
        if answer.content.get("result") == "quarantined":
            return None
        state = answer.content.get("state")
        if state is None:
            return "told"
        self.heard.add(str(state))
        return NOT_PROVEN if answer.content.get("verdict") == NOT_PROVEN and not answer.content.get("nonconformance") else str(state)
