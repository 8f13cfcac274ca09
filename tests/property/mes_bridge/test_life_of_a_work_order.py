"""A work order's life against a model of sixty lines: leases, reports, values, revisions, in any order."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.access import Principal
from contracts.events import NonConformanceRaised, OperationCompleted
from contracts.problems import Problem, StaleFence, StaleRevision, TransitionRefused
from contracts.work_order import LeaseReference, LeaseRequest
from ledger.database import engine_for
from tests.conftest import create_tables, new_ledger
from tests.unit.mes_bridge.shop import MES, OPERATOR, OTHER_MES, Shop

CLIENTS = st.sampled_from([MES, OTHER_MES])
WAITING = ("released", "leased", "acknowledged")


class Model:
    """What a reader of docs/mes.md expects of one measured work order."""

    def __init__(self) -> None:
        self.waiting = "released"
        self.holder: str | None = None
        self.fence = 0
        self.revision = 1
        self.kinds: list[tuple[int, int, str]] = []
        self.passed: set[str] = set()
        self.failed = False
        self.cancelled = False

    @property
    def state(self) -> str:
        kinds = {kind for _, _, kind in self.kinds}
        if self.cancelled:
            return "cancelled"
        if self.failed:
            return "held"
        if "scrapped" in kinds:
            return "scrapped"
        if "completed" in kinds:
            return "closed" if self.passed == {"runout", "tension"} else "completed"
        if not kinds:
            return self.waiting
        return "paused" if max(self.kinds)[2] == "paused" else "in_progress"

    def expected_refusal(self, client: Principal, fence: int | None, is_person: bool) -> type[Problem] | None:
        foreign = self.holder is not None and self.holder != client.id and not is_person
        return StaleFence if foreign or (fence is not None and fence != self.fence) else None

    def take_over(self, client: Principal, is_person: bool) -> None:
        if self.holder == client.id or (is_person and self.state in ("closed", "scrapped")):
            return
        self.fence += 1 if self.holder is not None else 0
        self.holder = client.id


class WorkOrderLife(RuleBasedStateMachine):
    """The wheel's truing: nothing comes before it, two checkpoints gate it."""

    @initialize()
    def release(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        engine = engine_for(f"sqlite:///{self.folder / 'lotone.db'}")
        create_tables(engine)
        self.shop = Shop(new_ledger(engine, self.folder))
        self.shop.release(sequences=(40, 50))
        self.id = self.shop.id_of(40)
        self.model = Model()
        self.count = 0
        self.sent: list[tuple[str, dict[str, Any], Principal, dict[str, Any]]] = []

    def teardown(self) -> None:
        if hasattr(self, "shop"):
            self.shop.ledger.close()
            shutil.rmtree(self.folder)

    @rule(client=CLIENTS)
    def lease(self, client: Principal) -> None:
        leased = self.shop.service.lease(LeaseRequest(), client)
        assert bool(leased) is (self.model.state == "released")
        if leased:
            self.model.waiting, self.model.holder, self.model.fence = "leased", client.id, self.model.fence + 1
            assert (leased[0].fence, leased[0].revision) == (self.model.fence, self.model.revision)

    @rule(client=CLIENTS, stale=st.booleans(), what=st.sampled_from(["acknowledge", "extend", "give_back"]))
    def keep(self, client: Principal, stale: bool, what: str) -> None:
        reference = LeaseReference(revision=self.model.revision, fence=max(0, self.model.fence - stale))
        mine = self.model.holder == client.id and reference.fence == self.model.fence
        begun = self.model.state not in WAITING
        act = getattr(self.shop.service, what)
        if not mine:
            self._refused(StaleFence, act, self.id, reference, client)
        elif (what == "acknowledge" and begun and self.model.state in ("held", "scrapped", "cancelled")) or (what == "give_back" and begun):
            self._refused(TransitionRefused, act, self.id, reference, client)
        else:
            act(self.id, reference, client)
            if what == "acknowledge" and not begun:
                self.model.waiting = "acknowledged"
            elif what == "give_back":
                self.model.waiting, self.model.holder = "released", None

    @rule(client=CLIENTS)
    def an_old_paper_is_no_lease(self, client: Principal) -> None:
        if self.model.revision > 1:
            reference = LeaseReference(revision=self.model.revision - 1, fence=self.model.fence)
            self._refused(StaleRevision, self.shop.service.acknowledge, self.id, reference, client)

    @rule(
        client=CLIENTS,
        kind=st.sampled_from(["started", "progress", "paused", "completed", "scrapped", "started", "completed"]),
        minutes=st.integers(0, 50),
        fence=st.sampled_from(["right", "stale", "none"]),
        old=st.booleans(),
    )
    def report(self, client: Principal, kind: Any, minutes: int, fence: str, old: bool) -> None:
        number = {"right": self.model.fence, "stale": self.model.fence + 1, "none": None}[fence]
        fields = {"minutes": minutes, "fence": number, "revision": max(1, self.model.revision - old), "report": f"r{self.count}"}
        self.count += 1
        if self.model.state == "cancelled":
            assert self.shop.report(self.id, kind, client, **fields).reason == "cancelled"
            return
        refusal = self.model.expected_refusal(client, number, is_person=False)
        if refusal is not None:
            self._refused(refusal, self.shop.report, self.id, kind, client, **fields)
            return
        receipt = self.shop.report(self.id, kind, client, **fields)
        self.model.take_over(client, is_person=False)
        self.model.kinds.append((minutes, ["started", "progress", "paused", "completed", "scrapped"].index(kind), kind))
        self.sent.append((kind, fields, client, receipt.model_dump()))
        assert receipt.state == self.model.state

    @rule(kind=st.sampled_from(["start", "complete"]))
    def operator(self, kind: str) -> None:
        if self.model.state == "cancelled":
            return
        getattr(self.shop.service, kind)(self.id, OPERATOR)
        self.model.take_over(OPERATOR, is_person=True)
        rank = 0 if kind == "start" else 3
        self.model.kinds.append((0, rank, "started" if kind == "start" else "completed"))

    @rule(pick=st.integers(0, 10**6))
    def the_same_report_again(self, pick: int) -> None:
        if self.sent:
            kind, fields, client, receipt = self.sent[pick % len(self.sent)]
            assert self.shop.report(self.id, kind, client, **fields).model_dump() == receipt  # type: ignore[arg-type]

    @rule(client=CLIENTS, checkpoint=st.sampled_from(["runout", "tension"]), good=st.sampled_from([True, True, True, False]))
    def measure(self, client: Principal, checkpoint: str, good: bool) -> None:
        receipt = self.shop.measure(self.id, checkpoint, "10" if good else "10.2", by=client)
        if self.model.state == "cancelled":
            assert receipt.reason == "cancelled"
            return
        if self.model.state not in ("held", "scrapped"):
            self.model.failed = not good
            self.model.passed |= {checkpoint} if good else set()
        assert receipt.state == self.model.state

    @rule()
    def revise(self) -> None:
        begun = self.model.state not in WAITING
        self.shop.release(sequences=(40,), revision=self.model.revision + 1)
        if not begun:
            self.model.revision += 1
            self.model.waiting, self.model.holder = "released", None
        elif self.model.state == "held":
            self.model.revision += 1
            self.model.holder = None

    @rule(really=st.sampled_from([False, False, False, True]))
    def withdraw(self, really: bool) -> None:
        if really and self.model.state in (*WAITING, "in_progress", "paused"):
            self.shop.withdraw(self.shop.operation("piece_1", 40).key)
            self.model.cancelled, self.model.holder = True, None

    @invariant()
    def the_state_is_the_expected_one(self) -> None:
        if hasattr(self, "shop"):
            assert self.shop.service.work_order(self.id).item.state.value == self.model.state

    @invariant()
    def what_follows_is_gated(self) -> None:
        if hasattr(self, "shop"):
            follower = self.shop.service.work_order(self.shop.id_of(50)).item
            assert not follower.ready, "the frame is not made"
            assert (follower.state.value == "held") is (self.model.state in ("held", "scrapped"))

    @invariant()
    def each_event_is_told_once(self) -> None:
        if hasattr(self, "shop"):
            failures = self.shop.events(NonConformanceRaised)
            assert len(failures) == (self.model.state in ("held", "scrapped") and not self.model.cancelled)
            assert len(self.shop.events(OperationCompleted)) <= 1
            if self.model.state == "closed":
                assert len(self.shop.events(OperationCompleted)) == 1

    def _refused(self, expected: type[Problem], act: Any, *args: Any, **kwargs: Any) -> None:
        before = self.shop.service.work_order(self.id)
        try:
            act(*args, **kwargs)
        except expected:
            assert self.shop.service.work_order(self.id) == before
            return
        raise AssertionError(f"{expected.__name__} expected in state {self.model.state}")


TestWorkOrderLife = WorkOrderLife.TestCase
