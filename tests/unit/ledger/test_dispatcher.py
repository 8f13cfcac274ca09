"""Events between rooms: once, in order, parked when they cannot be taken."""

from datetime import timedelta

from contracts.access import SYSTEM
from contracts.events import OrderCancelled, OrderExpired
from ledger.dispatcher import Dispatcher, Subscription
from ledger.unit_of_work import Ledger, LedgerTransaction


def test_an_event_has_its_effect_once(ledger: Ledger) -> None:
    seen: list[str] = []
    dispatcher = Dispatcher(ledger, [Subscription("test.expired", OrderExpired, lambda _, event: seen.append(event.order))])
    with ledger.transaction(SYSTEM) as transaction:
        transaction.emit(OrderExpired(order="a", plant="p"))
        transaction.emit(OrderCancelled(order="a", plant="p", at=transaction.now))

    dispatcher.run_until_idle()
    dispatcher.run_until_idle()

    assert seen == ["a"]
    assert ledger.quiet()


def test_what_falls_due_runs_at_its_time(ledger: Ledger) -> None:
    ran: list[dict[str, object]] = []

    def handler(transaction: LedgerTransaction, content: dict[str, object]) -> None:
        ran.append(content)

    dispatcher = Dispatcher(ledger, [], {"test.ring": handler})
    start = ledger.clock.now()
    with ledger.transaction(SYSTEM) as transaction:
        transaction.schedule(kind="test.ring", key="a", due_at=start + timedelta(hours=1), content={"n": 1})

    assert dispatcher.run_until_idle() == 0
    assert ledger.clock.advance(start + timedelta(hours=2)) == start + timedelta(hours=1)
    assert ledger.clock.advance(start + timedelta(hours=2)) == start + timedelta(hours=1)
    dispatcher.run_until_idle()
    assert ran == [{"n": 1}]
    assert ledger.clock.advance(start + timedelta(hours=2)) == start + timedelta(hours=2)
