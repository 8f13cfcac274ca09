"""Orders, reports, breakdowns, failures and plans in any order: nothing is sold twice, every promise is backed."""

import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.access import SYSTEM, Principal, Role
from contracts.events import MachineStateChanged, OrderCancelled, PromiseChanged
from contracts.plan import OperationState
from contracts.problems import NotFound, PlanInvalid
from contracts.texts import Message
from ledger.database import engine_for
from scheduler.engine.moving import Wish
from scheduler.engine.operations import instant, seconds_of
from scheduler.listing import SHOWN_STATES
from scheduler.service import Service
from scheduler.standing import parse_key
from scheduler.tables import OperationRow
from tests.conftest import create_tables, new_ledger
from tests.scheduling import (
    demand,
    emitted,
    fail,
    faults,
    opened,
    operations,
    report_completed,
    report_started,
    reservation,
    reserve,
    settled,
    wind,
)

PLANNERS = tuple(Principal(id=f"staff_{name}", role=Role.PLANNER, name=name) for name in ("kim", "lee"))
MACHINES = ("CUT-1", "CUT-2", "WELD-1", "OVEN-1")


class Shop(RuleBasedStateMachine):
    """One plant, two processes that serve it, one shop that reports what it likes."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        engine = engine_for(f"sqlite:///{folder / 'lotone.db'}")
        create_tables(engine)
        self.ledger = new_ledger(engine, folder)
        self.service = opened(self.ledger)
        self.other = Service(self.ledger, "small", planning_time_s=2.0)
        self.orders: list[str] = []
        self.cancelled: set[str] = set()
        for family, weld_s, other in (("steel", 3600, False), ("steel", 1800, True), ("alloy", 2700, False)):
            self.order(family, weld_s, 1, other)
        self.plan(False)

    @precondition(lambda self: len(self.orders) < 8)
    @rule(family=st.sampled_from(["steel", "alloy"]), weld_s=st.integers(600, 9000), pieces=st.integers(1, 2), other=st.booleans())
    def new_order(self, family: str, weld_s: int, pieces: int, other: bool) -> None:
        self.order(family, weld_s, pieces, other)

    def order(self, family: str, weld_s: int, pieces: int, other: bool) -> None:
        name = f"order_{len(self.orders)}"
        demands = [demand(f"{name}-{number}", family=family, weld_s=weld_s) for number in range(pieces)]
        quoted = self.service.quote([demands[0].request])[0]
        booked = reserve(self.ledger, self.other if other else self.service, name, *demands)
        assert quoted.promised_at is not None
        assert booked.promised_at >= quoted.promised_at
        self.orders.append(name)

    @rule(other=st.booleans())
    def make_plan(self, other: bool) -> None:
        self.plan(other)

    def plan(self, other: bool) -> None:
        (self.other if other else self.service).make_plan(Message(id="scheduler.reason.again"))

    @rule(minutes=st.sampled_from([3, 20, 60, 240]))
    def pass_time(self, minutes: int) -> None:
        wind(self.ledger, self.service, self.ledger.clock.now() + timedelta(minutes=minutes))

    def _ready(self) -> list[OperationRow]:
        rows = operations(self.ledger)
        done = {row.key for row in rows if row.state == OperationState.DONE}
        return [row for row in rows if row.state == OperationState.RELEASED and set(row.after) <= done]

    @precondition(lambda self: self._ready())
    @rule(data=st.data(), own_machine=st.booleans())
    def start(self, data: st.DataObject, own_machine: bool) -> None:
        row = data.draw(st.sampled_from(self._ready()))
        group = [name for name in MACHINES if name.startswith(row.machine_group)]
        machine = row.machine if own_machine else data.draw(st.sampled_from(group))
        report_started(self.ledger, self.service, row, self.ledger.clock.now(), machine=machine)

    def _running(self) -> list[OperationRow]:
        return [row for row in operations(self.ledger) if row.state == OperationState.RUNNING]

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self._running()))
        report_completed(self.ledger, self.other, row, self.ledger.clock.now())

    @precondition(lambda self: self._running())
    @rule(data=st.data(), rework=st.booleans())
    def fail_check(self, data: st.DataObject, rework: bool) -> None:
        row = data.draw(st.sampled_from(self._running()))
        branch = (row.sequence,) if rework else {10: (10,), 20: (10, 20), 30: (30,), 40: (10, 20, 40)}[row.sequence]
        fail(self.ledger, self.service, row, branch, self.ledger.clock.now(), rework_s=600 if rework else None)

    @rule(machine=st.sampled_from(MACHINES), down=st.booleans())
    def machine_state(self, machine: str, down: bool) -> None:
        with self.ledger.transaction(SYSTEM) as transaction:
            event = MachineStateChanged(plant="small", machine=machine, state="down" if down else "idle", at=transaction.now, reason=None)
            self.service.on_machine_state_changed(transaction, event)

    @rule(data=st.data(), hours=st.integers(-30, 60), planner=st.sampled_from(PLANNERS), other=st.booleans())
    def move_by_hand(self, data: st.DataObject, hours: int, planner: Principal, other: bool) -> None:
        service = self.other if other else self.service
        row = data.draw(st.sampled_from(operations(self.ledger)))
        machine = data.draw(st.sampled_from([name for name in MACHINES if name.startswith(row.machine_group)]))
        if row.state not in SHOWN_STATES:
            return
        wish = Wish(parse_key(row.key), machine, row.start_s + hours * 3600)
        try:
            shown = service.preview_move(wish, planner)
        except NotFound:
            return
        if shown.start_at is None:
            with pytest.raises(PlanInvalid):
                service.move(wish, planner)
            return
        there = replace(wish, start_s=seconds_of(shown.start_at))
        service.move(there, planner)
        moved = next(each for each in operations(self.ledger) if each.key == row.key)
        assert (moved.machine, moved.start_s, moved.pinned) == (machine, there.start_s, True)

    @rule(data=st.data(), held=st.booleans(), planner=st.sampled_from(PLANNERS))
    def lock(self, data: st.DataObject, held: bool, planner: Principal) -> None:
        row = data.draw(st.sampled_from(operations(self.ledger)))
        with suppress(PlanInvalid, NotFound):
            self.service.hold(parse_key(row.key), held, planner)

    @rule(planner=st.sampled_from(PLANNERS))
    def undo(self, planner: Principal) -> None:
        with suppress(PlanInvalid):
            self.other.undo(planner)

    @precondition(lambda self: set(self.orders) - self.cancelled)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(sorted(set(self.orders) - self.cancelled)))
        with self.ledger.transaction(SYSTEM) as transaction:
            self.other.on_order_cancelled(transaction, OrderCancelled(order=order, plant="small", at=transaction.now))
        self.cancelled.add(order)

    @invariant()
    def the_plan_is_sound(self) -> None:
        if hasattr(self, "ledger"):
            assert faults(self.ledger, self.service) == []

    @invariant()
    def processes_agree(self) -> None:
        if hasattr(self, "ledger"):
            request = demand("probe").request
            assert self.service.quote([request]) == self.other.quote([request])

    def teardown(self) -> None:
        """At the end: who is late was told, and a process that starts now sees the same sound plan."""
        if not hasattr(self, "ledger"):
            return
        try:
            self.at_the_end()
        finally:
            self.ledger.close()
            self.folder.cleanup()

    def at_the_end(self) -> None:
        settled(self.ledger, self.service)
        told = {event.order: event.new_promised_at for event in emitted(self.ledger, PromiseChanged)}
        now_s = int(self.ledger.clock.now().timestamp())
        with self.ledger.reading() as session, self.service.live.read(session, now_s) as book:
            late = {order for order, promise in book.promises.items() if promise.finish_s > promise.due_s}
        for order in late:
            assert told[order] == instant(reservation(self.ledger, order).told_s)
        fresh = Service(self.ledger, "small")
        request = demand("probe").request
        assert self.service.quote([request]) == fresh.quote([request])
        assert faults(self.ledger, fresh) == []


TestShop = Shop.TestCase
if settings.get_current_profile_name() == "short":
    TestShop.settings = settings(max_examples=12, stateful_step_count=12)
