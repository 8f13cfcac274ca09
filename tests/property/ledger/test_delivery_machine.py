"""Whatever fails, dies or races in whatever order: every event has its effect once, in order for each aggregate."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select, update
from sqlmodel import SQLModel

from contracts.access import SYSTEM
from contracts.events import OrderExpired
from ledger import parking
from ledger.clock import Clock
from ledger.database import engine_for
from ledger.dispatcher import Dispatcher, Subscription
from ledger.files import Files
from ledger.tables import AUDIT, DELIVERY
from ledger.unit_of_work import Ledger, LedgerTransaction
from ledger.vault import Vault
from ledger.verify import verify

AGGREGATES = st.sampled_from(["a", "b", "c"])
SUBSCRIPTIONS = ("test.first", "test.second")


class Killed(BaseException):
    """Stands for a process that ends in the middle of an effect."""


class DeliveryMachine(RuleBasedStateMachine):
    """The model: what was emitted for each aggregate, and what each subscription has been told to drop."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        engine = engine_for(f"sqlite:///{self.folder / 'lotone.db'}")
        SQLModel.metadata.create_all(engine)
        clock = Clock(engine)
        clock.begin("stepped", at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
        self.ledger = Ledger(engine, clock, Files(self.folder / "files"), Vault("11" * 32))
        self.emitted: dict[str, list[int]] = {}
        self.dropped: set[tuple[str, int]] = set()
        self.broken: set[tuple[str, int]] = set()
        self.killing: int | None = None
        self.count = 0
        self.dispatchers = [self.dispatcher(), self.dispatcher()]

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(self.ledger, [Subscription(name, OrderExpired, self.effect(name)) for name in SUBSCRIPTIONS])

    def effect(self, name: str):  # type: ignore[no-untyped-def]
        def happen(transaction: LedgerTransaction, event: OrderExpired) -> None:
            number = int(event.plant)
            transaction.audit(name, event.order, facts={"number": number})
            if (name, number) in self.broken:
                raise ValueError(number)
            if self.killing is not None:
                self.killing -= 1
                if self.killing < 0:
                    raise Killed

        return happen

    @contextmanager
    def killed_after(self, effects: int) -> Iterator[None]:
        self.killing = effects
        try:
            yield
        except Killed:
            pass
        finally:
            self.killing = None

    @rule(aggregates=st.lists(AGGREGATES, min_size=1, max_size=6), fails=st.booleans(), unwelcome=st.booleans())
    def emit(self, aggregates: list[str], fails: bool, unwelcome: bool) -> None:
        """A use case that emits some events, and fails at its end or not; the first event may be one that cannot be taken."""
        first = self.count
        try:
            with self.ledger.transaction(SYSTEM) as transaction:
                for offset, aggregate in enumerate(aggregates):
                    transaction.emit(OrderExpired(order=aggregate, plant=str(first + offset)))
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            return
        if unwelcome:
            self.broken.add((SUBSCRIPTIONS[0], first))
        for aggregate in aggregates:
            self.emitted.setdefault(aggregate, []).append(self.count)
            self.count += 1

    @rule(which=st.integers(0, 1))
    def one_round(self, which: int) -> None:
        self.dispatchers[which].run_once()

    @rule(which=st.integers(0, 1), effects=st.integers(0, 5))
    def a_dispatcher_dies(self, which: int, effects: int) -> None:
        with self.killed_after(effects):
            self.dispatchers[which].run_once()
        self.dispatchers[which] = self.dispatcher()

    @rule(back=st.integers(0, 8), subscription=st.sampled_from(SUBSCRIPTIONS))
    def an_effect_breaks(self, back: int, subscription: str) -> None:
        self.broken.add((subscription, self.count - back))

    @rule()
    def every_effect_works_again(self) -> None:
        self.broken.clear()

    @rule()
    def pauses_pass(self) -> None:
        with self.ledger.transaction(SYSTEM) as transaction:
            transaction.session.connection().execute(
                update(DELIVERY).where(DELIVERY.c.retry_at.is_not(None)).values(retry_at=datetime(2000, 1, 1, tzinfo=UTC))
            )

    @rule(drop=st.booleans())
    def somebody_decides_about_the_parked(self, drop: bool) -> None:
        with self.ledger.reading() as session:
            parked = parking.parked(session)
        for work in parked:
            with self.ledger.transaction(SYSTEM) as transaction:
                if drop:
                    parking.drop(transaction, work.id)
                    seq = int(work.id.split(":")[1])
                    self.dropped.add((work.what, self.number_of(seq)))
                else:
                    parking.replay(transaction, work.id)

    def number_of(self, seq: int) -> int:
        return sorted(number for numbers in self.emitted.values() for number in numbers)[seq - 1]

    @invariant()
    def effects_are_an_ordered_part_of_what_was_emitted(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for (subscription, aggregate), numbers in self.effects().items():
            due = [number for number in self.emitted[aggregate] if (subscription, number) not in self.dropped]
            assert numbers == due[: len(numbers)]

    def effects(self) -> dict[tuple[str, str], list[int]]:
        with self.ledger.reading() as session:
            query = select(AUDIT.c.action, AUDIT.c.subject, AUDIT.c.facts).where(AUDIT.c.action.in_(SUBSCRIPTIONS)).order_by(AUDIT.c.seq)
            found: dict[tuple[str, str], list[int]] = {}
            for row in session.connection().execute(query):
                found.setdefault((row.action, row.subject), []).append(row.facts["number"])
            return found

    def teardown(self) -> None:
        """In the end, with everything mended and replayed, nothing is missing."""
        if not hasattr(self, "ledger"):
            return
        self.broken.clear()
        for _ in range(3):
            self.pauses_pass()
            self.somebody_decides_about_the_parked(drop=False)
            self.dispatchers[0].run_until_idle()
        expected = {
            (subscription, aggregate): due
            for subscription in SUBSCRIPTIONS
            for aggregate, numbers in self.emitted.items()
            if (due := [number for number in numbers if (subscription, number) not in self.dropped])
        }
        try:
            assert self.effects() == expected
            assert self.ledger.quiet()
            assert all(balance.faults == () for balance in verify(self.ledger))
        finally:
            self.ledger.close()
            shutil.rmtree(self.folder)


TestDelivery = DeliveryMachine.TestCase
