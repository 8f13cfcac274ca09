"""One transaction for a use case, on both engines."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from contracts.access import SYSTEM
from contracts.events import Event, OrderExpired
from contracts.problems import Unavailable
from ledger import unit_of_work
from ledger.dispatcher import Dispatcher, Subscription
from ledger.job_runner import JobRun, JobRunner
from ledger.tables import AUDIT, EVENT, PLANT_LOCK
from ledger.unit_of_work import Ledger, ledger_transaction, session_of


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


def test_transactions_do_not_nest(ledger_on: Ledger) -> None:
    with ledger_on.transaction(SYSTEM), pytest.raises(RuntimeError, match="already open"), ledger_on.transaction(SYSTEM):
        pytest.fail("opened a second transaction")
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.audit("test.after", "x")


def test_a_reading_session_cannot_write(ledger_on: Ledger) -> None:
    with ledger_on.reading() as session, pytest.raises(DBAPIError):
        session.connection().execute(insert(PLANT_LOCK).values(plant="sneaky"))
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.lock_plant("riverside")
    with ledger_on.reading() as session:
        assert session.connection().execute(select(PLANT_LOCK.c.plant)).scalars().all() == ["riverside"]


def test_a_reading_session_stays_on_one_snapshot(ledger_on: Ledger) -> None:
    count = select(func.count()).select_from(AUDIT)
    with ledger_on.reading() as session:
        before = session.connection().execute(count).scalar_one()
        with ledger_on.transaction(SYSTEM) as transaction:
            transaction.audit("test.meanwhile", "x")
        assert session.connection().execute(count).scalar_one() == before


def test_a_transaction_that_is_open_long_is_reported(ledger_on: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_of_work, "SLOW_S", 1000)
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.audit("test.quick", "x")
    assert ledger_on.slow_transactions == 0

    monkeypatch.setattr(unit_of_work, "SLOW_S", 0.02)
    with capture_logs() as lines, ledger_on.transaction(SYSTEM) as transaction:
        transaction.audit("test.slow", "x")
        time.sleep(0.03)

    assert ledger_on.slow_transactions == 1
    assert [(line["event"], line["did"]) for line in lines] == [("transaction.slow", ["test.slow"])]


def test_the_plants_lock_lets_changes_pass_one_after_the_other(ledger_on: Ledger) -> None:
    """Each reads the newest position and writes the next one: without the lock two would take the same."""

    def add_ten() -> None:
        for _ in range(10):
            with ledger_on.transaction(SYSTEM) as transaction:
                transaction.lock_plant("riverside")
                connection = transaction.session.connection()
                highest = connection.execute(select(func.max(AUDIT.c.subject))).scalar_one() or "000"
                transaction.audit("test.next", f"{int(highest) + 1:03}")

    in_threads(4, add_ten)
    with ledger_on.reading() as session:
        subjects = session.connection().execute(select(AUDIT.c.subject).order_by(AUDIT.c.seq)).scalars().all()
    assert subjects == [f"{number:03}" for number in range(1, 41)]


def test_whoever_follows_events_by_number_misses_none(ledger_on: Ledger) -> None:
    followed: list[int] = []
    stop = threading.Event()

    def follow() -> None:
        last_look = False
        while not last_look:
            last_look = stop.is_set()
            with ledger_on.reading() as session:
                query = select(EVENT.c.seq).where(EVENT.c.seq > (followed[-1] if followed else 0)).order_by(EVENT.c.seq)
                followed.extend(session.connection().execute(query).scalars())

    def emit() -> None:
        for number in range(30):
            with ledger_on.transaction(SYSTEM) as transaction:
                transaction.emit(OrderExpired(order=str(number), plant="p"))
                transaction.emit(OrderExpired(order=str(number), plant="p"))

    follower = threading.Thread(target=follow)
    follower.start()
    in_threads(4, emit)
    stop.set()
    follower.join()

    with ledger_on.reading() as session:
        everything = session.connection().execute(select(EVENT.c.seq).order_by(EVENT.c.seq)).scalars().all()
    assert len(everything) == 240
    assert followed == list(everything)


def test_a_message_is_taken_once_by_each_consumer(ledger_on: Ledger) -> None:
    taken = []
    for consumer in ("a", "b", "a"):
        with ledger_on.transaction(SYSTEM) as transaction:
            taken.append(transaction.take(consumer, "message 1"))
    assert taken == [True, True, False]


def test_a_full_storage_is_told_and_nothing_changed(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit = f"PRAGMA max_page_count={pages}"

    def fill() -> None:
        with ledger.transaction(SYSTEM) as transaction:
            transaction.session.connection().exec_driver_sql(limit)
            for number in range(1000):
                transaction.send("mail", str(number), {"text": "x" * 1000})

    with pytest.raises(Unavailable):
        fill()
    assert ledger.quiet()


def test_of_two_that_wait_for_each_other_one_is_told_to_come_again(ledger_on: Ledger) -> None:
    for plant in ("riverside", "hillside"):
        with ledger_on.transaction(SYSTEM) as transaction:
            transaction.lock_plant(plant)
    both_hold_one = threading.Barrier(2)

    def lock(first: str, second: str) -> str:
        try:
            with ledger_on.transaction(SYSTEM) as transaction:
                transaction.lock_plant(first)
                with suppress(threading.BrokenBarrierError):
                    both_hold_one.wait(timeout=1)
                transaction.lock_plant(second)
                transaction.send("mail", first, {})
        except Unavailable:
            return "told"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(pool.map(lock, ("riverside", "hillside"), ("hillside", "riverside")))

    # SQLite has one writer at a time: there the second begins when the first has ended.
    assert ended == (["done", "told"] if ledger_on.engine.dialect.name == "postgresql" else ["done", "done"])
    assert lock("hillside", "riverside") == "done"


def test_only_the_ledgers_own_transaction_has_a_session(ledger: Ledger) -> None:
    class Foreign:
        def emit(self, event: Event) -> None: ...

    with pytest.raises(TypeError):
        session_of(Foreign())
    with ledger.transaction(SYSTEM) as transaction:
        assert session_of(transaction) is transaction.session
        assert ledger_transaction(transaction) is transaction


def in_threads(count: int, work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(work) for _ in range(count)]:
            done.result()
