"""Orders on SQLite and PostgreSQL: buyers who race, requests sent twice at once, deliveries by the real dispatcher."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Table
from sqlmodel import SQLModel, select

from contracts.access import SYSTEM, Principal, Role
from contracts.events import OrderPlaced, OrderPlanned, PromiseChanged
from contracts.order import OrderState
from contracts.problems import NoPromise, PaymentRefused, Problem, TransitionRefused
from contracts.texts import Message
from ledger.dispatcher import Dispatcher, Subscription
from ledger.job_runner import JobRunner
from ledger.tables import EventRow, OutsideRow
from ledger.unit_of_work import Ledger
from storefront.payment import REFUSED_CARD
from storefront.settling import SETTLE
from storefront.tables import OrderRow, SandboxPaymentRow
from storefront.tasks import jobs
from tests.conftest import START
from tests.unit.storefront.fakes import GUEST, Shopfront, rider

BUYERS = 6


def together[T](calls: list[Callable[[], T]]) -> list[T | Problem]:
    """All at once; refusals are answers."""

    def answered(call: Callable[[], T]) -> T | Problem:
        try:
            return call()
        except Problem as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(answered, calls))


def buyer(number: int) -> Principal:
    return Principal(id=f"person_{number}", role=Role.ANONYMOUS)


def dispatcher(shop: Shopfront) -> Dispatcher:
    return Dispatcher(
        shop.ledger,
        [
            Subscription("storefront.order_planned", OrderPlanned, shop.service.on_order_planned),
            Subscription("storefront.promise_changed", PromiseChanged, shop.service.on_promise_changed),
        ],
        shop.service.agenda(),
    )


def run_dry(shop: Shopfront) -> None:
    """Deliver everything, run everything due and the settling jobs."""
    carrying = dispatcher(shop)
    runner = JobRunner(shop.ledger, {SETTLE: jobs(shop.service)[SETTLE]})
    while carrying.run_once() or runner.run_once():
        pass


def test_two_buyers_are_never_promised_the_same_capacity(ledger_on: Ledger) -> None:
    shop = Shopfront(ledger_on, room=BUYERS // 2)
    answers = together([lambda number=number: shop.service.place_order(buyer(number), shop.wanted(), None) for number in range(BUYERS)])
    placed = [answer for answer in answers if isinstance(answer, str)]
    assert len(placed) == BUYERS // 2
    assert {type(answer) for answer in answers if not isinstance(answer, str)} == {NoPromise}
    assert set(shop.plant.firm) == set(placed)


def test_one_request_sent_many_times_at_once_is_one_order_and_one_payment(ledger_on: Ledger) -> None:
    shop = Shopfront(ledger_on)
    answers = together([lambda: shop.service.place_order(GUEST, shop.wanted(), "key") for _ in range(BUYERS)])
    assert len(set(answers)) == 1
    with ledger_on.reading() as session:
        assert len(session.exec(select(EventRow).where(EventRow.type == OrderPlaced.type)).all()) == 1
        assert len(session.exec(select(SandboxPaymentRow)).all()) == 1
        assert len(session.exec(select(OutsideRow)).all()) == 1


def test_an_expired_hold_frees_its_capacity_by_the_agenda(ledger_on: Ledger) -> None:
    shop = Shopfront(ledger_on, room=1)
    held = together([lambda: shop.service.place_order(GUEST, shop.wanted(payment=REFUSED_CARD), "key")])
    assert isinstance(held[0], PaymentRefused)
    order = held[0].extra["hold"]["order"]
    run_dry(shop)
    assert shop.service.order(GUEST, order).state == OrderState.HELD
    with ledger_on.transaction(SYSTEM) as transaction:
        past = transaction.real_now - timedelta(seconds=1)
        transaction.session.get_one(OrderRow, order).expires_at = past
        transaction.schedule("storefront.expire_hold", order, past, {"order": order}, clock="real")
    run_dry(shop)
    assert shop.service.order(GUEST, order).state == OrderState.EXPIRED
    assert isinstance(shop.service.place_order(buyer(1), shop.wanted(), None), str)


def test_paying_and_running_out_at_once_ends_one_way_with_the_money_right(ledger_on: Ledger) -> None:
    shop = Shopfront(ledger_on)
    for number in range(BUYERS):
        who = buyer(number)
        refused = together([lambda who=who: shop.service.place_order(who, shop.wanted(payment=REFUSED_CARD), None)])[0]
        assert isinstance(refused, PaymentRefused)
        order = refused.extra["hold"]["order"]

        def run_out(order: str = order) -> str:
            with ledger_on.transaction(SYSTEM) as transaction:
                transaction.lock_plant("riverside")
                transaction.session.get_one(OrderRow, order, with_for_update=True).expires_at = transaction.real_now - timedelta(seconds=1)
            with ledger_on.transaction(SYSTEM) as transaction:
                shop.service.agenda()["storefront.expire_hold"](transaction, {"order": order})
            return order

        paid, _ = together([lambda who=who: shop.service.place_order(who, shop.wanted(), None), run_out])
        run_dry(shop)
        view = shop.service.order(who, order)
        with ledger_on.reading() as session:
            rows = session.exec(select(SandboxPaymentRow)).all()
            kept = sum(row.amount - row.refunded_amount for row in rows if row.accepted)
        open_orders = [each for each in range(number + 1) if shop.service.orders(buyer(each))]
        assert kept == 238_000 * len(open_orders)
        if isinstance(paid, TransitionRefused):
            assert view.state == OrderState.EXPIRED


def test_events_reach_the_order_through_the_dispatcher_once_and_in_order(ledger_on: Ledger) -> None:
    shop = Shopfront(ledger_on)
    order = shop.service.place_order(GUEST, shop.wanted(), None)
    later = shop.promised_at + timedelta(days=2)
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.emit(OrderPlanned(order=order, plant="riverside", version=1, finish_at=START, expected_at=shop.promised_at))
        transaction.emit(
            PromiseChanged(
                order=order,
                plant="riverside",
                old_promised_at=shop.promised_at,
                new_promised_at=later,
                cause=Message(id="storefront.story.scrapped_rework"),
                at=START,
            )
        )
    run_dry(shop)
    run_dry(shop)
    view = shop.service.order(GUEST, order)
    assert (view.state, view.expected_at, view.choice_open, len(view.moves)) == (OrderState.PLANNED, later, True, 1)
    assert [entry.number for entry in view.story] == [1, 2, 3]


def test_rows_carry_no_personal_value(ledger_on: Ledger) -> None:
    shop = Shopfront(ledger_on)
    secret = rider(name="Zyxwvut Qrst", street="Geheimweg 77", city="Xanadu", postcode="7411 QX", country="NL", email="zyx@secret.example")
    order = shop.service.place_order(GUEST, shop.wanted(customer=secret), "key")
    shop.service.cancel_order(GUEST, order, None)
    run_dry(shop)
    with ledger_on.reading() as session:
        connection = session.connection()
        for table in shop_tables():
            for row in connection.execute(table.select()):
                for value in ("Zyxwvut", "Geheimweg", "Xanadu", "7411 QX", "zyx@"):
                    assert value not in str(tuple(row)), table.name


def shop_tables() -> list[Table]:
    return list(SQLModel.metadata.tables.values())
