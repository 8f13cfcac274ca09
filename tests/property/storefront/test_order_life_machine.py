"""Any mixture of orders, repeats, deaths between steps, expiries, cancellations and changes keeps capacity and money straight."""

import atexit
import shutil
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import select

from contracts.access import SYSTEM
from contracts.events import OrderPlaced
from contracts.order import OrderState
from contracts.problems import NoPromise, PaymentRefused, PromiseMoved, StaleRevision, TooLate, TransitionRefused
from contracts.units import Money
from ledger.database import engine_for
from ledger.tables import EventRow
from storefront.engine.order_life import is_open
from storefront.payment import ACCEPTED_CARD, REFUSED_CARD, Authorisation
from storefront.requests import ChangeOrder, PlaceOrder
from storefront.settling import settle
from storefront.tables import OrderRow, PaymentRow, SandboxPaymentRow
from tests.conftest import create_tables, new_ledger
from tests.unit.storefront.fakes import GUEST, Shopfront, specification

ROOM = 4
KEYS = st.sampled_from(["a", "b", "c", "d", "e"])
STEPS = st.sampled_from(["nowhere", "before the provider", "after the provider"])


class Died(BaseException):
    """The process was killed."""


class MortalProvider:
    """The sandbox; the process that asks it may die before or after the provider did its part."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.dies = "nowhere"

    def methods(self) -> tuple[str, ...]:
        return tuple(self.real.methods())

    def authorise(self, key: str, amount: Money, method: str) -> Authorisation:
        if self.dies == "before the provider":
            raise Died
        answer: Authorisation = self.real.authorise(key, amount, method)
        if self.dies == "after the provider":
            raise Died
        return answer

    def find(self, key: str) -> Authorisation | None:
        found: Authorisation | None = self.real.find(key)
        return found

    def refund_up_to(self, key: str, amount: Money) -> None:
        self.real.refund_up_to(key, amount)


@cache
def template() -> Path:
    """A database with every table and nothing in it, made once."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    engine = engine_for(f"sqlite:///{folder / 'empty.db'}")
    create_tables(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "empty.db"


class OrderLife(RuleBasedStateMachine):
    """The plant has room for four pieces only, so that leaked capacity shows."""

    folder: Path
    requests: dict[str, tuple[PlaceOrder, str | None]]

    @initialize()
    def open_shop(self) -> None:
        self.folder = Path(mkdtemp())
        shutil.copy(template(), self.folder / "lotone.db")
        self.ledger = new_ledger(engine_for(f"sqlite:///{self.folder / 'lotone.db'}"), self.folder)
        self.shop = Shopfront(self.ledger, ROOM)
        self.provider = MortalProvider(self.shop.service.shop.payments)
        object.__setattr__(self.shop.service.shop, "payments", self.provider)
        self.requests = {}

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            shutil.rmtree(self.folder)

    @rule(key=KEYS, card=st.sampled_from([ACCEPTED_CARD, ACCEPTED_CARD, REFUSED_CARD]), dies=STEPS)
    def order(self, key: str, card: str, dies: str) -> None:
        """A new request, or the same one again: then it is the same order or the same refusal."""
        wanted, known = self.requests.get(key, (self.shop.wanted(payment=card), None))
        self.requests[key] = (wanted, known)
        self.provider.dies = dies
        try:
            placed = self.shop.service.place_order(GUEST, wanted, key)
        except (Died, PaymentRefused, PromiseMoved, NoPromise, StaleRevision, TransitionRefused):
            assert known is None, "an order that was confirmed must be found again"
        else:
            assert known in (None, placed)
            self.requests[key] = (wanted, placed)
        finally:
            self.provider.dies = "nowhere"

    @rule(data=st.data())
    def run_out(self, data: st.DataObject) -> None:
        """Fifteen minutes go by for a hold."""
        order = self.some(data, OrderState.HELD)
        if order is not None:
            with self.ledger.transaction(SYSTEM) as transaction:
                transaction.session.get_one(OrderRow, order).expires_at = transaction.real_now - timedelta(seconds=1)
            with self.ledger.transaction(SYSTEM) as transaction:
                self.shop.service.agenda()["storefront.expire_hold"](transaction, {"order": order})

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = self.some(data, *OrderState)
        if order is not None:
            before = self.shop.service.order(GUEST, order)
            try:
                self.shop.service.cancel_order(GUEST, order, None)
            except TooLate:
                assert before.why_not_cancel is not None
            else:
                assert before.why_not_cancel is None

    @rule(data=st.data(), net=st.sampled_from([50_000, 200_000, 350_000]), preview=st.booleans(), dies=STEPS)
    def change(self, data: st.DataObject, net: int, preview: bool, dies: str) -> None:
        order = self.some(data, *OrderState)
        if order is None:
            return
        designs = self.shop.studio.designs["design_1"]
        designs.append(specification(net))
        wanted = ChangeOrder.model_validate({"designs": [{"design": "design_1", "revision": len(designs)}], "preview": preview})
        before = self.shop.service.order(GUEST, order)
        self.provider.dies = dies
        try:
            self.shop.service.change_order(GUEST, order, None, wanted)
        except (Died, TooLate, PaymentRefused):
            preview = True
        finally:
            self.provider.dies = "nowhere"
        if preview:
            assert self.shop.service.order(GUEST, order) == before

    @rule()
    def settle_all(self) -> None:
        for row in self.orders():
            settle(self.shop.service.shop, row.id)

    def orders(self) -> list[OrderRow]:
        with self.ledger.reading() as session:
            return list(session.exec(select(OrderRow)).all())

    def some(self, data: st.DataObject, *states: OrderState) -> str | None:
        found = sorted(row.id for row in self.orders() if row.state in states)
        return data.draw(st.sampled_from(found)) if found else None

    @invariant()
    def capacity_belongs_to_held_and_open_orders(self) -> None:
        if hasattr(self, "shop"):
            alive = {row.id for row in self.orders() if row.state == OrderState.HELD or is_open(OrderState(row.state))}
            assert set(self.shop.plant.booked) == alive
            assert set(self.shop.plant.firm) == {row.id for row in self.orders() if is_open(OrderState(row.state))}

    @invariant()
    def every_order_was_placed_at_most_once(self) -> None:
        if hasattr(self, "shop"):
            with self.ledger.reading() as session:
                placed = [row.aggregate for row in session.exec(select(EventRow).where(EventRow.type == OrderPlaced.type)).all()]
            assert len(placed) == len(set(placed))
            assert set(placed) == {row.id for row in self.orders() if row.placed_at is not None}

    @invariant()
    def open_orders_are_paid_in_full(self) -> None:
        if hasattr(self, "shop"):
            for row in self.orders():
                if is_open(OrderState(row.state)):
                    view = self.shop.service.order(GUEST, row.id)
                    assert view.paid == view.total

    @invariant()
    def once_settled_the_provider_keeps_what_orders_cost_and_nothing_else(self) -> None:
        """As if an hour had gone by since every payment was asked for."""
        if not hasattr(self, "shop"):
            return
        for row in self.orders():
            if row.state == OrderState.HELD:
                continue
            with self.ledger.transaction(SYSTEM) as transaction:
                for payment in transaction.session.exec(select(PaymentRow).where(PaymentRow.order_id == row.id)).all():
                    payment.at -= timedelta(hours=1)
            settle(self.shop.service.shop, row.id)
            total = self.shop.service.order(GUEST, row.id).total.amount
            assert self.kept(row.id) == (total if is_open(OrderState(row.state)) else 0)

    def kept(self, order: str) -> int:
        with self.ledger.reading() as session:
            ids = session.exec(select(PaymentRow.id).where(PaymentRow.order_id == order)).all()
            rows = [session.get(SandboxPaymentRow, identifier) for identifier in ids]
        return sum(row.amount - row.refunded_amount for row in rows if row is not None and row.accepted)


TestOrderLife = OrderLife.TestCase
