"""A connector that does everything right, as short as it can be: what an integrator may begin with."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from contracts.work_order import LeasedWorkOrder, WorkOrderCheckpoint

WORK_ORDERS = "/api/v1/mes/work-orders"
_TOO_OFTEN = 429
Item = dict[str, Any]


class Connector:
    """Takes what may be made, makes it at once, tells it, and answers when something held is taken back."""

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None = None, rest_s: float = 0.5) -> None:
        """``rest_s``: between two looks, and before something is said again."""
        self._http = httpx.Client(base_url=url, transport=transport, headers={"Authorization": f"Bearer {key}"}, timeout=30)
        self._rest_s = rest_s
        self._since = 0
        self._held: dict[str, LeasedWorkOrder] = {}
        self._begun: set[str] = set()

    def run(self, is_over: Callable[[], bool]) -> None:
        """Until it is over, or nobody answers any more."""
        try:
            while not is_over():
                self.follow()
                taken = self.lease()
                for item in taken:
                    self.work_on(item)
                if not taken:
                    time.sleep(self._rest_s)
        except httpx.TransportError:
            return
        finally:
            self._http.close()

    def follow(self) -> None:
        """What changed since the last look; what we hold of it may be taken back."""
        answer = self.ask("GET", WORK_ORDERS, {"since": self._since})
        if answer.status_code != 200:
            return
        self._since = answer.json()["since"]
        for item in answer.json()["items"]:
            held = self._held.get(item["work_order"])
            if item["state"] in {"superseded", "cancelled"} and held is not None and held.revision == item["revision"]:
                self.taken_back(held, item["state"])

    def taken_back(self, item: LeasedWorkOrder, to: str) -> None:
        """Begun work cannot be stopped any more when it is revised; otherwise it can."""
        too_late = to == "superseded" and item.work_order in self._begun
        said = {"answer": "too_late", "progress": 50} if too_late else {"answer": "accepted"}
        self.ask("POST", f"{WORK_ORDERS}/{item.work_order}/answer", {"revision": item.revision, "to": to, **said})
        if not too_late:
            self.let_go(item)

    def lease(self) -> list[LeasedWorkOrder]:
        answer = self.ask("POST", f"{WORK_ORDERS}/lease", {"count": 10, "seconds": 300}, uuid4().hex)
        return [self.read(item) for item in answer.json()["items"]] if answer.status_code == 200 else []

    def read(self, item: Item) -> LeasedWorkOrder:
        """Members that this version of the contract does not know are left out."""
        return LeasedWorkOrder.model_validate({name: item[name] for name in LeasedWorkOrder.model_fields if name in item})

    def work_on(self, item: LeasedWorkOrder) -> None:
        self._held[item.work_order] = item
        if not self.acknowledge(item):
            return
        started = self.now()
        for kind, at in (("started", started), ("completed", max(started, self.now()))):
            if not self.report(item, kind, at):
                return
            self.follow()
            if item.work_order not in self._held:
                return
        for checkpoint in item.checkpoints:
            self.measure(item, checkpoint)
        self.let_go(item)

    def acknowledge(self, item: LeasedWorkOrder) -> bool:
        """Whether it is ours."""
        answer = self.ask("POST", f"{WORK_ORDERS}/{item.work_order}/acknowledge", {"revision": item.revision, "fence": item.fence})
        return answer.status_code == 200

    def report(self, item: LeasedWorkOrder, kind: str, at: datetime) -> bool:
        """Whether we may go on."""
        name = self.identifier(item, kind)
        body = {
            "report": name,
            "revision": item.revision,
            "fence": item.fence,
            "kind": kind,
            "machine": item.operation.machine,
            "at": self.moment(at),
        }
        if kind == "started":
            self._begun.add(item.work_order)
        answer = self.ask("POST", f"{WORK_ORDERS}/{item.work_order}/reports", body, name)
        return answer.status_code == 200

    def measure(self, item: LeasedWorkOrder, checkpoint: WorkOrderCheckpoint) -> None:
        body = {
            "measurement": self.identifier(item, checkpoint.checkpoint),
            "work_order": item.work_order,
            "checkpoint": checkpoint.checkpoint,
            "value": checkpoint.nominal,
            "unit": checkpoint.unit,
            "gauge": checkpoint.gauge,
            "at": self.moment(self.now()),
            "source": "gauge",
        }
        self.ask("POST", "/api/v1/mes/measurements", body)

    def identifier(self, item: LeasedWorkOrder, what: str) -> str:
        """Ours for a message, the same whenever we say it again."""
        return f"{item.work_order}:{item.fence}:{what}"

    def let_go(self, item: LeasedWorkOrder) -> None:
        self._held.pop(item.work_order, None)
        self._begun.discard(item.work_order)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def moment(self, at: datetime) -> str:
        return at.isoformat()

    def ask(self, method: str, path: str, content: Mapping[str, Any], key: str | None = None) -> httpx.Response:
        """Said again as it was, under the same key, until somebody has answered it."""
        while True:
            answer = self.send(method, path, content, key)
            if answer.status_code < 500 and answer.status_code != _TOO_OFTEN:
                return answer
            time.sleep(self._rest_s)

    def send(self, method: str, path: str, content: Mapping[str, Any], key: str | None) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        if method == "GET":
            return self._http.get(path, params=dict(content), headers=headers)
        return self._http.post(path, json=dict(content), headers=headers)
