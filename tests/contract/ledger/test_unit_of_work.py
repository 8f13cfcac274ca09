"""One transaction for a use case, on both engines."""

import pytest

from contracts.access import SYSTEM
from contracts.events import OrderExpired
from ledger.dispatcher import Dispatcher, Subscription
from ledger.job_runner import JobRun, JobRunner
from ledger.unit_of_work import Ledger


def test_an_error_takes_everything_back(ledger_on: Ledger) -> None:
    seen: list[str] = []
    dispatcher = Dispatcher(ledger_on, [Subscription("test.expired", OrderExpired, lambda _, event: seen.append(event.order))])

    def fail_after_asking_for_everything() -> None:
        with ledger_on.transaction(SYSTEM) as transaction:
            transaction.lock_plant("riverside")
            transaction.emit(OrderExpired(order="a", plant="riverside"))
            transaction.enqueue("test.job", "riverside", {})
            transaction.send("mail", "1", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_asking_for_everything()
    dispatcher.run_until_idle()

    assert seen == []
    assert ledger_on.quiet()


def test_a_job_runs_with_the_newest_content(ledger_on: Ledger) -> None:
    ran: list[dict[str, object]] = []

    def handler(run: JobRun) -> None:
        run.progress(1, 2)
        ran.append(run.content)

    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.lock_plant("riverside")
        first = transaction.enqueue("test.job", "riverside", {"n": 1})
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.lock_plant("riverside")
        assert transaction.enqueue("test.job", "riverside", {"n": 2}) == first
    runner = JobRunner(ledger_on, {"test.job": handler})

    assert runner.run_once()
    assert not runner.run_once()
    assert ran == [{"n": 2}]
