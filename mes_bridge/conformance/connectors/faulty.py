"""Connectors that each break one rule. ``FAULTY`` names the check that finds each."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from contracts.work_order import LeasedWorkOrder, WorkOrderCheckpoint
from mes_bridge.conformance.connectors.sound import WORK_ORDERS, Connector


class NeverAcknowledges(Connector):
    """Begins without having said that the work order is stored on its side."""

    def acknowledge(self, item: LeasedWorkOrder) -> bool:
        return True


class OtherKeyForALease(Connector):
    """Asks anew, under another key, when the answer to a lease was lost: what it was given then lies idle."""

    def send(self, method: str, path: str, content: Mapping[str, Any], key: str | None) -> httpx.Response:
        return super().send(method, path, content, uuid4().hex if path.endswith("/lease") else key)


class OtherIdentifierForAReport(Connector):
    """Tells a report whose answer was lost under a new identifier: it counts twice."""

    def send(self, method: str, path: str, content: Mapping[str, Any], key: str | None) -> httpx.Response:
        if not path.endswith("/reports"):
            return super().send(method, path, content, key)
        name = uuid4().hex
        return super().send(method, path, {**content, "report": name}, name)


class SameIdentifiersAgain(Connector):
    """Counts its reports from one again with every work order."""

    def identifier(self, item: LeasedWorkOrder, what: str) -> str:
        return what


class NeverAgain(Connector):
    """Says everything once, whether or not somebody was there to hear it; leases, whose answers it needs, it asks for again."""

    def ask(self, method: str, path: str, content: Mapping[str, Any], key: str | None = None) -> httpx.Response:
        if path.endswith("/reports"):
            return self.send(method, path, content, key)
        return super().ask(method, path, content, key)


class StubbornAboutItsFence(Connector):
    """Insists on a work order that went to somebody else."""

    def acknowledge(self, item: LeasedWorkOrder) -> bool:
        answers = [super(StubbornAboutItsFence, self).acknowledge(item) for _ in range(2)]
        return answers[0]


class WrongUnit(Connector):
    """Tells a length in degrees, and takes the refusal for an answer."""

    def measure(self, item: LeasedWorkOrder, checkpoint: WorkOrderCheckpoint) -> None:
        super().measure(item, checkpoint.model_copy(update={"unit": "deg"}))


class FastClock(Connector):
    """Two hours ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=2)


class NoZone(Connector):
    """Tells times without a zone."""

    def moment(self, at: datetime) -> str:
        return at.replace(tzinfo=None).isoformat()


class DeafToChanges(Connector):
    """Reads that its work order was superseded or cancelled, and says nothing to it."""

    def taken_back(self, item: LeasedWorkOrder, to: str) -> None:
        if (item.work_order in self._begun and to == "superseded") or to == "cancelled":
            super().taken_back(item, to)
        else:
            self.let_go(item)


class StrictReader(Connector):
    """Leaves out every work order with a member that it does not know."""

    def lease(self) -> list[LeasedWorkOrder]:
        answer = self.ask("POST", f"{WORK_ORDERS}/lease", {"count": 10, "seconds": 300}, uuid4().hex)
        return [self.read(item) for item in answer.json()["items"] if not item.keys() - LeasedWorkOrder.model_fields.keys()]


class EndsBeforeItBegins(Connector):
    """Tells the completion with the time of the start, and the start with the time of its telling."""

    def report(self, item: LeasedWorkOrder, kind: str, at: datetime) -> bool:
        return super().report(item, kind, at - timedelta(minutes=10) if kind == "completed" else at)


FAULTY: dict[str, type[Connector]] = {
    "acknowledge": NeverAcknowledges,
    "lease-again": OtherKeyForALease,
    "report-again": OtherIdentifierForAReport,
    "identifiers": SameIdentifiersAgain,
    "restart": NeverAgain,
    "stale-fence": StubbornAboutItsFence,
    "units": WrongUnit,
    "clock": FastClock,
    "wellformed": NoZone,
    "superseded-answer": DeafToChanges,
    "unknown-members": StrictReader,
    "order-of-times": EndsBeforeItBegins,
}
