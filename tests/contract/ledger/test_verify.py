"""The books balance, or it is said where they do not."""

from pathlib import Path

from sqlalchemy import delete, update

from contracts.access import SYSTEM
from contracts.events import OrderExpired
from ledger.audit import seal_all
from ledger.dispatcher import Dispatcher, Subscription
from ledger.tables import AUDIT, DELIVERY, INBOX, JOB, SUBSCRIPTION
from ledger.unit_of_work import Ledger, LedgerTransaction
from ledger.verify import verify


def worked(ledger: Ledger) -> Dispatcher:
    def effect(transaction: LedgerTransaction, event: OrderExpired) -> None:
        if event.order == "broken":
            raise ValueError

    dispatcher = Dispatcher(ledger, [Subscription("test.effect", OrderExpired, effect)])
    with ledger.transaction(SYSTEM) as transaction:
        for order in ("a", "broken", "b"):
            transaction.emit(OrderExpired(order=order, plant="p"))
        transaction.audit("test.work", "x")
        transaction.enqueue("test.job", "a", {})
    dispatcher.run_until_idle()
    seal_all(ledger)
    ledger.files.put(b"drawing")
    return dispatcher


def faults(ledger: Ledger) -> dict[str, tuple[str, ...]]:
    return {balance.check: balance.faults for balance in verify(ledger) if balance.faults}


def test_a_working_ledger_balances(ledger_on: Ledger) -> None:
    worked(ledger_on)
    assert faults(ledger_on) == {}
    assert {balance.check: balance.counted for balance in verify(ledger_on)} == {
        "deliveries to test.effect": 3,
        "deliveries without subscription": 0,
        "leases": 0,
        "audit chain": 1,
        "files": 1,
    }


def test_a_lost_event_is_found(ledger_on: Ledger) -> None:
    worked(ledger_on)
    with ledger_on.engine.begin() as connection:
        connection.execute(delete(DELIVERY))
    (fault,) = faults(ledger_on)["deliveries to test.effect"]
    assert fault.endswith(": lost")


def test_an_event_taken_and_still_awaited_is_found(ledger_on: Ledger) -> None:
    worked(ledger_on)
    with ledger_on.engine.begin() as connection:
        message = connection.execute(INBOX.select()).first()
        assert message is not None
        connection.execute(delete(INBOX))
        connection.execute(DELIVERY.insert().values(subscription="test.effect", seq=1, aggregate="a", state="waiting", attempts=0))
        connection.execute(INBOX.insert().values(**message._mapping))
    assert len(faults(ledger_on)["deliveries to test.effect"]) == 2


def test_orphans_and_broken_chains_are_found(ledger_on: Ledger, tmp_path: Path) -> None:
    worked(ledger_on)
    with ledger_on.engine.begin() as connection:
        connection.execute(update(JOB).values(state="running", lease_until=None))
        connection.execute(update(AUDIT).values(actor="me"))
        connection.execute(delete(SUBSCRIPTION))
    (stored,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    stored.write_bytes(b"other")
    assert set(faults(ledger_on)) == {"deliveries without subscription", "leases", "audit chain", "files"}
