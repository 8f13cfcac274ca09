"""What the simulated floor tells, with the mistakes that people and connectors make."""

from collections import Counter
from datetime import datetime
from typing import Any

from contracts.work_order import LeasedWorkOrder, MachineState, ReportKind
from mes_bridge.simulator.client import Client, Refused
from mes_bridge.simulator.habits import Life, Reading

_GONE = frozenset({"stale-fence", "transition-refused", "stale-revision", "not-found"})
"""The work order is not ours any more, or may not be worked on now."""


class Voice:
    """``told`` counts what was sent, by kind and mistake."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.told: Counter[str] = Counter()
        self.heard: set[str] = set()
        """States that the product answered with since somebody looked."""

    def report(
        self, item: LeasedWorkOrder, life: Life, kind: ReportKind, at: datetime, machine: str, reason: str | None = None
    ) -> str | None:
        """The work order's state afterwards; None when it is not ours to work on (any more)."""
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
            self._report(item, body | {"fence": item.fence - 1})
        state = self._report(item, body)
        if state is not None and kind == "completed" and life.told_twice:
            self.told["told twice"] += 1
            self._report(item, body)
        return state

    def measure(self, item: LeasedWorkOrder, reading: Reading, at: datetime) -> str | None:
        """As ``report``."""
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
            self._measure(body | {"unit": reading.wrong_unit})
        if reading.typed_first is not None:
            self.told["typed wrong"] += 1
            typed = {"measurement": f"{name}:typed:{int(at.timestamp())}"[-80:], "value": str(reading.typed_first)}
            self._measure(body | typed)
            body["corrects"] = typed["measurement"]
        return self._measure(body)

    def machine(self, machine: str, state: MachineState, at: datetime, reason: str | None = None) -> None:
        self.told["machine states"] += 1
        self._client.machine_state({"machine": machine, "state": state, "at": at.isoformat(), "reason": reason})

    def _report(self, item: LeasedWorkOrder, body: dict[str, Any]) -> str | None:
        self.told["reports"] += 1
        try:
            return self._state(self._client.report(item.work_order, body))
        except Refused as refused:
            return self._after(refused)

    def _measure(self, body: dict[str, Any]) -> str | None:
        self.told["measurements"] += 1
        try:
            return self._state(self._client.measure(body))
        except Refused as refused:
            return self._after(refused)

    def _after(self, refused: Refused) -> str | None:
        """A value told in another unit is refused, and one told before a restart is known with another time: we go on."""
        self.told[refused.problem] += 1
        if refused.problem in _GONE:
            return None
        if refused.problem in {"unit-mismatch", "idempotency-mismatch"}:
            return "told"
        raise refused

    def _state(self, receipt: dict[str, Any]) -> str | None:
        if receipt["result"] == "quarantined":
            return None
        self.heard.add(str(receipt["state"]))
        return str(receipt["state"])
