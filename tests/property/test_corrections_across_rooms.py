"""Values corrected and pieces taken as they are at any moment: plan, floor and stock agree, nothing is made twice, all gets done."""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import select

from contracts.access import SYSTEM, Principal, Role
from contracts.events import (
    ConcessionAsked,
    ConcessionProposed,
    ConcessionSettled,
    NonConformanceRaised,
    NonConformanceWithdrawn,
    OperationCompleted,
    OperationPaused,
    OperationsReleased,
    OperationStarted,
    OperationsWithdrawn,
)
from contracts.plan import OperationState
from contracts.problems import ConcessionRefused
from contracts.product import CharacteristicSpec, DispositionRule, ManufacturingSpecification
from contracts.promise import PieceDemand
from contracts.texts import Localised, Message
from contracts.work_order import WorkOrderState
from ledger.database import engine_for
from ledger.dispatcher import Dispatcher, Subscription
from ledger.job_runner import JobRunner
from mes_bridge.concessions import ProposeConcession
from mes_bridge.engine.work_orders import BEGUN, WAITING
from mes_bridge.service import Service as MesBridge
from mes_bridge.tables import WorkOrderRow
from mes_bridge.views import NonConformanceView
from scheduler.tables import OperationRow, StockRow
from tests.conftest import create_tables, new_ledger
from tests.scheduling import faults, opened, request, reserve
from tests.unit.mes_bridge.shop import OPERATOR, SPECIFICATION, KnownSpecifications

S, P = WorkOrderState, OperationState
QUALITY = Principal(id="staff_q", role=Role.QUALITY, name="q")
SECOND = Principal(id="staff_r", role=Role.QUALITY, name="r")
WANTED = ProposeConcession(reason="no load", meaning="you cannot see it", days=1)
AGREE = {
    P.RELEASED: WAITING | {S.HELD},
    P.RUNNING: {S.IN_PROGRESS, S.PAUSED, S.COMPLETED},
    P.DONE: {S.CLOSED},
    P.SCRAPPED: {S.HELD, S.SCRAPPED},
    P.CANCELLED: {S.CANCELLED, S.SUPERSEDED},
}


def gate(operation: int, disposition: DispositionRule, *restart: int) -> CharacteristicSpec:
    words = Localised(en="width", zh="宽")
    return CharacteristicSpec(
        checkpoint=f"c{operation}", operation=operation, characteristic="width", label=words, nominal=1000, lower=990, upper=1010,
        unit="um", gauge="caliper", gauge_label=words, disposition=disposition,
        restart=restart, rework_s=600 if disposition == "rework" else None,
    )  # fmt: skip


MADE: ManufacturingSpecification = SPECIFICATION.model_copy(
    update={
        "routing": request().routing,
        "materials": request().materials,
        "quality": (gate(10, "rework", 10), gate(20, "remake", 10, 20), gate(30, "rework", 30), gate(40, "remake", 10, 20, 40)),
    }
)


class Floor(RuleBasedStateMachine):
    """A plan and a shop floor that hear of each other late."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        engine = engine_for(f"sqlite:///{self.folder.name}/lotone.db")
        create_tables(engine)
        self.ledger = new_ledger(engine, Path(self.folder.name))
        self.plan = opened(self.ledger)
        self.mes = MesBridge(self.ledger, KnownSpecifications(MADE), self.plan)
        plan, mes = self.plan, self.mes
        self.dispatcher = Dispatcher(
            self.ledger,
            [
                Subscription("scheduler.operation_started", OperationStarted, plan.on_operation_started),
                Subscription("scheduler.operation_paused", OperationPaused, plan.on_operation_paused),
                Subscription("scheduler.operation_completed", OperationCompleted, plan.on_operation_completed),
                Subscription("scheduler.nonconformance_raised", NonConformanceRaised, plan.on_nonconformance_raised),
                Subscription("scheduler.nonconformance_withdrawn", NonConformanceWithdrawn, plan.on_nonconformance_withdrawn),
                Subscription("scheduler.concession_proposed", ConcessionProposed, plan.on_concession_proposed),
                Subscription("scheduler.concession_asked", ConcessionAsked, plan.on_concession_asked),
                Subscription("scheduler.concession_settled", ConcessionSettled, plan.on_concession_settled),
                Subscription("mes_bridge.operations_released", OperationsReleased, mes.on_operations_released),
                Subscription("mes_bridge.operations_withdrawn", OperationsWithdrawn, mes.on_operations_withdrawn),
            ],
            {**plan.agenda(), **mes.agenda()},
        )
        self.jobs = JobRunner(self.ledger, plan.jobs())
        for number in (1, 2):
            asked = request(f"p{number}")
            reserve(self.ledger, plan, f"o{number}", PieceDemand(piece=f"p{number}", specification_sha256=MADE.sha256(), request=asked))
        self.plan.make_plan(Message(id="scheduler.reason.order"))
        self.settle()

    def settle(self) -> None:
        while self.dispatcher.run_once() or self.jobs.run_once():
            pass

    @rule()
    def everything_is_heard(self) -> None:
        self.settle()
        self.rooms_agree()

    @rule(minutes=st.sampled_from([5, 60]))
    def pass_time(self, minutes: int) -> None:
        self.settle()
        self.ledger.clock.advance(self.ledger.clock.now() + timedelta(minutes=minutes))

    def _rows(self, *states: WorkOrderState) -> list[WorkOrderRow]:
        with self.ledger.reading() as session:
            rows = session.exec(select(WorkOrderRow)).all()
        return sorted((row for row in rows if row.state in states), key=lambda row: (row.piece, row.sequence, row.attempt))

    def _startable(self) -> list[str]:
        return [row.id for row in self._rows(S.RELEASED) if row.ready]

    @precondition(lambda self: self._startable())
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        self.mes.start(data.draw(st.sampled_from(self._startable())), OPERATOR)

    @precondition(lambda self: self._rows(S.IN_PROGRESS))
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        self.mes.complete(data.draw(st.sampled_from([row.id for row in self._rows(S.IN_PROGRESS)])), OPERATOR)

    def _measurable(self) -> list[str]:
        return [*self._startable(), *(row.id for row in self._rows(S.IN_PROGRESS, S.COMPLETED))]

    @precondition(lambda self: self._measurable())
    @rule(data=st.data(), good=st.sampled_from([True, True, False]))
    def measure(self, data: st.DataObject, good: bool) -> None:
        self._measure(data.draw(st.sampled_from(self._measurable())), good)

    def _measure(self, work_order: str, good: bool, corrects: str | None = None) -> None:
        (checkpoint,) = self.mes.work_order(work_order).checkpoints
        name = checkpoint.characteristic.checkpoint
        self.mes.measure(work_order, name, 1000 if good else 1100, "um", OPERATOR, corrects=corrects)  # type: ignore[arg-type]

    def _measured(self) -> list[tuple[str, str]]:
        finished = {piece for piece in ("p1", "p2") if self._is_made(piece)}
        rows = self._rows(S.IN_PROGRESS, S.COMPLETED, S.CLOSED, S.HELD, S.SCRAPPED, S.RELEASED)
        found = [(row.id, self.mes.work_order(row.id).checkpoints[0].current) for row in rows if row.piece not in finished]
        return [(work_order, current.measurement) for work_order, current in found if current is not None]

    @precondition(lambda self: self._measured())
    @rule(data=st.data(), good=st.sampled_from([True, True, False]))
    def correct(self, data: st.DataObject, good: bool) -> None:
        work_order, typed = data.draw(st.sampled_from(self._measured()))
        row = next(row for row in self._rows(*S) if row.id == work_order)
        if row.state == S.HELD and not row.failed:
            return
        self._measure(work_order, good, corrects=typed)

    def _failed(self) -> list[str]:
        return [row.id for row in self._rows(S.HELD) if row.failed]

    @precondition(lambda self: self._failed())
    @rule(data=st.data())
    def mend(self, data: st.DataObject) -> None:
        """Every value out of tolerance was a slip of the finger."""
        failed = data.draw(st.sampled_from(self._failed()))
        current = self.mes.work_order(failed).checkpoints[0].current
        assert current is not None
        self._measure(failed, good=True, corrects=current.measurement)

    def _open(self) -> list[NonConformanceView]:
        return self.mes.nonconformances(open_only=True)

    @precondition(lambda self: self._open())
    @rule(data=st.data(), answer=st.sampled_from(["accept", "decline", "refuse", "silence", "no approval"]), heard=st.booleans())
    def ask_the_customer(self, data: st.DataObject, answer: str, heard: bool) -> None:
        """Use as is: with and without a yes, with and without the rooms having heard of each other meanwhile."""
        failed = data.draw(st.sampled_from(self._open())).nonconformance
        try:
            asked = self.mes.propose_concession(failed.nonconformance, WANTED, QUALITY)
        except ConcessionRefused:
            return
        if heard:
            self.settle()
            self.rooms_agree()
        if answer == "no approval":
            return
        asked = self.mes.approve_concession(asked.concession, SECOND)
        if heard:
            self.settle()
            self.rooms_agree()
        if answer == "refuse":
            self.mes.refuse_concession(asked.concession, QUALITY)
        elif answer != "silence":
            with self.ledger.transaction(SYSTEM) as transaction:
                self.mes.answer_concession(transaction, asked.order, asked.concession, answer == "accept")

    def _is_made(self, piece: str) -> bool:
        return piece in self.mes.pieces(piece.replace("p", "o")) and self.mes.piece_story(piece).completed_at is not None

    @invariant()
    def no_operation_is_made_twice_at_a_time(self) -> None:
        if hasattr(self, "ledger"):
            runs = Counter((row.piece, row.sequence) for row in self._rows(*BEGUN))
            assert max(runs.values(), default=0) <= 1

    def rooms_agree(self) -> None:
        """Once all events are delivered."""
        assert faults(self.ledger, self.plan) == []
        with self.ledger.reading() as session:
            planned = {row.key: row for row in session.exec(select(OperationRow)).all()}
            made = {f"{row.piece}/{row.sequence}.{row.attempt}": row for row in session.exec(select(WorkOrderRow)).all()}
            stock = session.exec(select(StockRow)).all()
        for key, row in planned.items():
            assert row.revision == 0 or key in made or row.state == P.CANCELLED, key
        for key, order in made.items():
            assert order.state in AGREE[P(planned[key].state)], (key, order.state, planned[key].state)
        taken: Counter[str] = Counter()
        for row in planned.values():
            for entry in row.allocated:
                taken[entry["supply"]] += entry["quantity"]
        for supply in stock:
            assert supply.free + taken[supply.supply] == supply.quantity

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        try:
            self.everything_gets_made()
        finally:
            self.ledger.close()
            self.folder.cleanup()

    def everything_gets_made(self) -> None:
        for _ in range(60):
            self.settle()
            self.rooms_agree()
            if all(self._is_made(piece) for piece in ("p1", "p2")):
                return
            for work_order in self._startable():
                self.mes.start(work_order, OPERATOR)
            for row in self._rows(S.IN_PROGRESS):
                self.mes.complete(row.id, OPERATOR)
            for row in self._rows(S.COMPLETED):
                self._measure(row.id, good=True)
            self.settle()
            self.ledger.clock.advance(self.ledger.clock.now() + timedelta(hours=4))
        raise AssertionError([(row.piece, row.sequence, row.attempt, row.state, row.ready) for row in self._rows(*S)])


TestFloor = Floor.TestCase
if settings.get_current_profile_name() == "short":
    TestFloor.settings = settings(max_examples=15, stateful_step_count=25)
