"""Long work: coalesced, leased with a fence, cancelled, taken over from the dead."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from contracts.access import SYSTEM
from contracts.problems import NotFound, StaleFence, TransitionRefused
from ledger import jobs
from ledger.job_runner import ATTEMPTS, JobRun, JobRunner
from ledger.jobs import Job
from ledger.tables import JOB
from ledger.unit_of_work import Ledger

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def enqueue(ledger: Ledger, key: str = "riverside", **content: int) -> str:
    with ledger.transaction(SYSTEM) as transaction:
        return transaction.enqueue("test.job", key, content)


def job(ledger: Ledger, identifier: str) -> Job:
    with ledger.reading() as session:
        return jobs.job(session.connection(), identifier)


def set_all(ledger: Ledger, **values: object) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        transaction.session.connection().execute(update(JOB).values(**values))


def test_a_job_tells_its_progress_and_result(ledger_on: Ledger) -> None:
    identifier = enqueue(ledger_on)
    seen: list[Job] = []

    def handler(run: JobRun) -> None:
        run.progress(3, 10)
        seen.append(job(ledger_on, identifier))
        run.result = {"version": 7}

    assert JobRunner(ledger_on, {"test.job": handler}).run_once()

    ended = job(ledger_on, identifier)
    assert (seen[0].state, seen[0].progress_done, seen[0].progress_total) == ("running", 3, 10)
    assert (ended.state, ended.result, ended.finished_at is not None) == ("done", {"version": 7}, True)


def test_a_job_awaits_a_runner_while_queued_and_again_when_its_runner_died(ledger_on: Ledger) -> None:
    identifier = enqueue(ledger_on)

    def awaiting() -> set[str]:
        with ledger_on.reading() as session:
            return jobs.awaiting(session.connection(), ledger_on.clock.real_now())

    seen = [awaiting()]
    JobRunner(ledger_on, {"test.job": lambda run: seen.append(awaiting())}).run_once()
    set_all(ledger_on, state="running", lease_until=LONG_AGO)
    assert [*seen, awaiting()] == [{identifier}, set(), {identifier}]


def test_work_ordered_while_a_job_runs_is_a_new_job_that_waits_for_it(ledger_on: Ledger) -> None:
    first = enqueue(ledger_on, n=1)
    ran: list[int] = []
    took_meanwhile: list[bool] = []

    def handler(run: JobRun) -> None:
        if run.content["n"] == 1:
            assert enqueue(ledger_on, n=2) != first
            enqueue(ledger_on, n=3)
            took_meanwhile.append(JobRunner(ledger_on, {"test.job": handler}).run_once())
        ran.append(run.content["n"])

    runner = JobRunner(ledger_on, {"test.job": handler})
    while runner.run_once():
        pass

    assert (ran, took_meanwhile) == ([1, 3], [False])


def test_a_job_that_rests_is_taken_after_its_rest_with_what_came_meanwhile(ledger_on: Ledger) -> None:
    def order(n: int, rest: timedelta) -> str:
        with ledger_on.transaction(SYSTEM) as transaction:
            return transaction.enqueue("test.job", "riverside", {"n": n}, rest)

    ran: list[int] = []
    runner = JobRunner(ledger_on, {"test.job": lambda run: ran.append(run.content["n"])})
    first = order(1, timedelta(hours=1))
    assert order(2, timedelta(hours=2)) == first
    with ledger_on.reading() as session:
        assert jobs.awaiting(session.connection(), ledger_on.clock.real_now()) == set()
        assert jobs.awaiting(session.connection(), ledger_on.clock.real_now() + timedelta(hours=1)) == {first}
    assert not runner.run_once()
    assert not ledger_on.quiet()

    assert order(3, timedelta(0)) == first
    assert runner.run_once()
    assert ran == [3]


def test_a_job_rests_anew_with_what_comes_for_so_long_only(ledger_on: Ledger) -> None:
    def order(longest: timedelta, rest: timedelta = timedelta(hours=1)) -> str:
        with ledger_on.transaction(SYSTEM) as transaction:
            return transaction.enqueue("test.job", "riverside", {}, rest, longest)

    def awaiting(after: timedelta) -> set[str]:
        with ledger_on.reading() as session:
            return jobs.awaiting(session.connection(), ledger_on.clock.real_now() + after)

    first = order(timedelta(0))
    order(timedelta(0), rest=timedelta(hours=3))
    assert awaiting(timedelta(hours=1)) == {first}
    order(timedelta(hours=2), rest=timedelta(hours=3))
    assert (awaiting(timedelta(hours=2)), awaiting(timedelta(hours=3))) == (set(), {first})

    order(timedelta(0), rest=timedelta(0))
    order(timedelta(hours=2))
    assert awaiting(timedelta(0)) == {first}, "what may begin at once is not held up by what comes later"


def test_a_dead_runners_job_is_taken_over_and_the_dead_one_can_change_nothing(ledger_on: Ledger) -> None:
    identifier = enqueue(ledger_on)
    runs: list[JobRun] = []

    def die(run: JobRun) -> None:
        runs.append(run)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        JobRunner(ledger_on, {"test.job": die}).run_once()
    survivor = JobRunner(ledger_on, {"test.job": lambda run: runs.append(run)})
    assert not survivor.run_once()
    set_all(ledger_on, lease_until=LONG_AGO)

    assert survivor.run_once()

    dead, alive = runs
    assert (dead.id, alive.id, alive.fence) == (identifier, identifier, dead.fence + 1)
    with pytest.raises(StaleFence), dead.transaction():
        pytest.fail("a run without the lease must not get a transaction")
    assert job(ledger_on, identifier).state == "done"


def test_a_job_finished_with_its_effect_is_not_run_again(ledger_on: Ledger) -> None:
    identifier = enqueue(ledger_on)

    def handler(run: JobRun) -> None:
        with run.transaction() as transaction:
            run.finish(transaction, {"effect": 1})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        JobRunner(ledger_on, {"test.job": handler}).run_once()
    set_all(ledger_on, lease_until=LONG_AGO)

    assert not JobRunner(ledger_on, {"test.job": handler}).run_once()
    assert job(ledger_on, identifier).result == {"effect": 1}


def test_a_failing_job_is_tried_again_and_then_failed_with_its_error(ledger_on: Ledger) -> None:
    identifier = enqueue(ledger_on)
    tries: list[str] = []

    def handler(run: JobRun) -> None:
        tries.append(run.id)
        raise ValueError("no plan\nwith details")

    runner = JobRunner(ledger_on, {"test.job": handler})
    for _ in range(ATTEMPTS + 2):
        runner.run_once()
        set_all(ledger_on, retry_at=None)

    ended = job(ledger_on, identifier)
    assert len(tries) == ATTEMPTS
    assert (ended.state, ended.error) == ("failed", "ValueError: no plan")


def test_a_failed_job_leaves_the_field_to_the_one_queued_behind_it(ledger_on: Ledger) -> None:
    first = enqueue(ledger_on, n=1)
    ran: list[int] = []

    def handler(run: JobRun) -> None:
        ran.append(run.content["n"])
        if run.id == first:
            enqueue(ledger_on, n=2)
            raise ValueError

    runner = JobRunner(ledger_on, {"test.job": handler})
    while runner.run_once():
        pass

    assert ran == [1, 2]
    assert job(ledger_on, first).state == "failed"


def test_a_job_whose_runners_die_again_and_again_is_failed(ledger_on: Ledger) -> None:
    identifier = enqueue(ledger_on)

    def die(run: JobRun) -> None:
        raise KeyboardInterrupt

    runner = JobRunner(ledger_on, {"test.job": die})
    for _ in range(ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            runner.run_once()
        set_all(ledger_on, lease_until=LONG_AGO)

    assert not runner.run_once()
    assert job(ledger_on, identifier).state == "failed"


def test_a_queued_job_is_cancelled_at_once(ledger_on: Ledger) -> None:
    identifier = enqueue(ledger_on)
    with ledger_on.transaction(SYSTEM) as transaction:
        jobs.cancel(transaction.session.connection(), identifier, transaction.real_now)
    assert not JobRunner(ledger_on, {"test.job": lambda run: None}).run_once()
    assert job(ledger_on, identifier).state == "cancelled"
    with pytest.raises(TransitionRefused), ledger_on.transaction(SYSTEM) as transaction:
        jobs.cancel(transaction.session.connection(), identifier, transaction.real_now)


def test_a_running_job_stops_at_its_next_progress(ledger_on: Ledger) -> None:
    identifier = enqueue(ledger_on)
    reached: list[int] = []

    def handler(run: JobRun) -> None:
        with ledger_on.transaction(SYSTEM) as transaction:
            jobs.cancel(transaction.session.connection(), identifier, transaction.real_now)
        run.progress(1, 2)
        reached.append(2)

    JobRunner(ledger_on, {"test.job": handler}).run_once()
    assert (job(ledger_on, identifier).state, reached) == ("cancelled", [])


def test_the_lease_of_a_long_job_is_kept(ledger_on: Ledger) -> None:
    enqueue(ledger_on)
    stolen: list[bool] = []
    thief = JobRunner(ledger_on, {"test.job": lambda run: None})

    def handler(run: JobRun) -> None:
        for _ in range(4):
            threading.Event().wait(0.3)
            stolen.append(thief.run_once())

    JobRunner(ledger_on, {"test.job": handler}, lease=timedelta(seconds=0.6)).run_once()
    assert stolen == [False] * 4


def test_a_runner_takes_only_what_it_can_do(ledger_on: Ledger) -> None:
    enqueue(ledger_on)
    assert not JobRunner(ledger_on, {"test.other": lambda run: None}).run_once()


def test_the_newest_jobs_are_listed_first(ledger_on: Ledger) -> None:
    first, second = enqueue(ledger_on, "a"), enqueue(ledger_on, "b")
    with ledger_on.reading() as session:
        assert [found.id for found in jobs.jobs(session.connection(), kind="test.job")] == [second, first]
        assert [found.id for found in jobs.jobs(session.connection(), key="a")] == [first]
        with pytest.raises(NotFound):
            jobs.job(session.connection(), "job_none")
