"""Events between rooms and due work: once, in order, parked when they cannot be taken."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from contracts.access import SYSTEM
from contracts.events import OrderCancelled, OrderExpired
from contracts.problems import NotFound
from ledger import parking
from ledger.dispatcher import Dispatcher, Subscription
from ledger.retry import ATTEMPTS
from ledger.tables import AGENDA, AUDIT, DELIVERY
from ledger.unit_of_work import Ledger, LedgerTransaction


def emit(ledger: Ledger, *orders: str) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        for order in orders:
            transaction.emit(OrderExpired(order=order, plant="p"))


def skip_pauses(ledger: Ledger) -> None:
    """Let every retry be due now."""
    with ledger.transaction(SYSTEM) as transaction:
        for table in (DELIVERY, AGENDA):
            transaction.session.connection().execute(
                update(table).where(table.c.retry_at.is_not(None)).values(retry_at=datetime(2000, 1, 1, tzinfo=UTC))
            )


def run_out(ledger: Ledger, dispatcher: Dispatcher) -> None:
    for _ in range(ATTEMPTS + 1):
        dispatcher.run_until_idle()
        skip_pauses(ledger)


class Recorder:
    """An effect that notes orders, and fails for those in ``broken``."""

    def __init__(self, *broken: str) -> None:
        self.broken = set(broken)
        self.seen: list[str] = []

    def __call__(self, transaction: LedgerTransaction, event: OrderExpired) -> None:
        if event.order in self.broken:
            raise ValueError(f"cannot take {event.order}")
        transaction.audit("test.effect", event.order)
        self.seen.append(event.order)


def audited(ledger: Ledger) -> list[str]:
    """The orders whose effects were committed."""
    with ledger.reading() as session:
        query = select(AUDIT.c.subject).where(AUDIT.c.action == "test.effect").order_by(AUDIT.c.seq)
        return list(session.connection().execute(query).scalars())


def test_every_subscription_of_a_type_gets_the_event_and_no_other(ledger_on: Ledger) -> None:
    first, second, other = Recorder(), Recorder(), Recorder()
    dispatcher = Dispatcher(
        ledger_on,
        [
            Subscription("test.first", OrderExpired, first),
            Subscription("test.second", OrderExpired, second),
            Subscription("test.other", OrderCancelled, lambda transaction, event: other.seen.append(event.order)),
        ],
    )
    emit(ledger_on, "a", "b")
    dispatcher.run_until_idle()
    assert (first.seen, second.seen, other.seen) == (["a", "b"], ["a", "b"], [])


def test_a_late_subscription_sees_everything_from_the_first_event_on(ledger_on: Ledger) -> None:
    Dispatcher(ledger_on, []).run_until_idle()
    emit(ledger_on, "a", "b")
    recorder = Recorder()
    Dispatcher(ledger_on, [Subscription("test.late", OrderExpired, recorder)]).run_until_idle()
    assert recorder.seen == ["a", "b"]


def test_an_effect_may_emit_and_the_event_is_taken_in_turn(ledger_on: Ledger) -> None:
    seen: list[str] = []

    def cancel(transaction: LedgerTransaction, event: OrderExpired) -> None:
        transaction.emit(OrderCancelled(order=event.order, plant=event.plant, at=transaction.now))

    dispatcher = Dispatcher(
        ledger_on,
        [
            Subscription("test.cancel", OrderExpired, cancel),
            Subscription("test.note", OrderCancelled, lambda _, event: seen.append(event.order)),
        ],
    )
    emit(ledger_on, "a")
    dispatcher.run_until_idle()
    assert seen == ["a"]


def test_a_failing_event_is_parked_and_blocks_only_its_own_aggregate(ledger_on: Ledger) -> None:
    broken, sound = Recorder("b"), Recorder()
    dispatcher = Dispatcher(ledger_on, [Subscription("test.broken", OrderExpired, broken), Subscription("test.sound", OrderExpired, sound)])
    emit(ledger_on, "a", "b", "c", "b", "a")

    run_out(ledger_on, dispatcher)

    assert sound.seen.count("b") >= 2
    assert sorted(audited(ledger_on)) == sorted("abcbaaca")
    with ledger_on.reading() as session:
        (parked,) = parking.parked(session)
    assert (parked.what, parked.subject, parked.attempts, parked.error) == ("test.broken", "b", ATTEMPTS, "ValueError: cannot take b")


def test_a_parked_event_goes_on_when_replayed(ledger_on: Ledger) -> None:
    recorder = Recorder("b")
    dispatcher = Dispatcher(ledger_on, [Subscription("test.broken", OrderExpired, recorder)])
    emit(ledger_on, "b", "b")
    run_out(ledger_on, dispatcher)
    assert audited(ledger_on) == []
    recorder.broken.clear()
    with ledger_on.reading() as session:
        (parked,) = parking.parked(session)

    with ledger_on.transaction(SYSTEM) as transaction:
        parking.replay(transaction, parked.id)
    dispatcher.run_until_idle()

    assert audited(ledger_on) == ["b", "b"]
    assert ledger_on.quiet()


def test_a_dropped_event_is_never_delivered_and_frees_the_next(ledger_on: Ledger) -> None:
    recorder = Recorder("b")
    dispatcher = Dispatcher(ledger_on, [Subscription("test.broken", OrderExpired, recorder)])
    emit(ledger_on, "b", "b")
    run_out(ledger_on, dispatcher)
    recorder.broken.clear()
    with ledger_on.reading() as session:
        (parked,) = parking.parked(session)

    with ledger_on.transaction(SYSTEM) as transaction:
        parking.drop(transaction, parked.id)
    dispatcher.run_until_idle()

    assert audited(ledger_on) == ["b"]
    with pytest.raises(NotFound), ledger_on.transaction(SYSTEM) as transaction:
        parking.drop(transaction, parked.id)


@pytest.mark.parametrize("identifier", ["", "delivery:x:y", "agenda:no:such", "outside:7", "outside:x", "other:1"])
def test_what_is_not_parked_cannot_be_replayed(ledger_on: Ledger, identifier: str) -> None:
    with pytest.raises(NotFound), ledger_on.transaction(SYSTEM) as transaction:
        parking.replay(transaction, identifier)


def test_two_dispatchers_at_once_make_each_effect_once_and_in_order(ledger_on: Ledger) -> None:
    orders = [f"{number % 7}" for number in range(200)]
    taken: dict[str, list[int]] = defaultdict(list)

    def effect(transaction: LedgerTransaction, event: OrderExpired) -> None:
        transaction.audit("test.effect", event.order, facts={"plant": event.plant})

    dispatchers = [Dispatcher(ledger_on, [Subscription("test.both", OrderExpired, effect)]) for _ in range(2)]
    dispatchers[0].register()
    for number, order in enumerate(orders):
        with ledger_on.transaction(SYSTEM) as transaction:
            transaction.emit(OrderExpired(order=order, plant=str(number)))
    stop = threading.Event()
    threads = [threading.Thread(target=dispatcher.run, args=(stop,)) for dispatcher in dispatchers]
    for thread in threads:
        thread.start()
    until(ledger_on.quiet)
    stop.set()
    ledger_on.doorbell.ring()
    for thread in threads:
        thread.join()

    for order, number in effects(ledger_on):
        taken[order].append(number)
    assert {order: sorted(numbers) for order, numbers in taken.items()} == taken
    assert sorted(number for numbers in taken.values() for number in numbers) == list(range(200))


def effects(ledger: Ledger) -> list[tuple[str, int]]:
    with ledger.reading() as session:
        query = select(AUDIT.c.subject, AUDIT.c.facts).where(AUDIT.c.action == "test.effect").order_by(AUDIT.c.seq)
        return [(row.subject, int(row.facts["plant"])) for row in session.connection().execute(query)]


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_agenda_work_runs_once_and_may_schedule_itself_again(ledger_on: Ledger) -> None:
    ran: list[int] = []

    def handler(transaction: LedgerTransaction, content: dict[str, Any]) -> None:
        ran.append(content["n"])
        if content["n"] < 3:
            transaction.schedule("test.tick", "a", transaction.now + timedelta(minutes=1), {"n": content["n"] + 1})

    dispatcher = Dispatcher(ledger_on, [], {"test.tick": handler})
    start = ledger_on.clock.now()
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.schedule("test.tick", "a", start, {"n": 0})
        transaction.schedule("test.tick", "a", start, {"n": 1})
        transaction.schedule("test.tick", "gone", start, {"n": 9})
        transaction.unschedule("test.tick", "gone")

    for _ in range(10):
        dispatcher.run_until_idle()
        ledger_on.clock.advance(start + timedelta(hours=1))

    assert ran == [1, 2, 3]


def test_failing_agenda_work_is_parked_and_replayed(ledger_on: Ledger) -> None:
    works = False
    ran: list[str] = []

    def handler(transaction: LedgerTransaction, content: dict[str, Any]) -> None:
        if not works:
            raise ValueError("not yet")
        ran.append("now")

    dispatcher = Dispatcher(ledger_on, [], {"test.tick": handler})
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.schedule("test.tick", "a", transaction.now)
    run_out(ledger_on, dispatcher)
    with ledger_on.reading() as session:
        (parked,) = parking.parked(session)
    works = True

    with ledger_on.transaction(SYSTEM) as transaction:
        parking.replay(transaction, parked.id)
    dispatcher.run_until_idle()

    assert (parked.queue, parked.what, ran) == ("agenda", "test.tick", ["now"])


def test_a_removed_subscription_is_forgotten_on_purpose_only(ledger_on: Ledger) -> None:
    recorder = Recorder()
    Dispatcher(ledger_on, [Subscription("test.old", OrderExpired, recorder)]).register()
    emit(ledger_on, "a")
    upgraded = Dispatcher(ledger_on, [Subscription("test.new", OrderExpired, recorder)])
    upgraded.run_until_idle()
    assert not ledger_on.quiet()

    assert upgraded.retire_others() == ["test.old"]
    assert ledger_on.quiet()


def test_two_subscriptions_of_one_name_are_refused(ledger_on: Ledger) -> None:
    one = Subscription("test.same", OrderExpired, Recorder())
    with pytest.raises(ValueError, match="same name"):
        Dispatcher(ledger_on, [one, one])
