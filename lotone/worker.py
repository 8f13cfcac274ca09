"""Which process carries events from room to room, runs due work, and runs jobs through Celery?"""

import importlib
import threading
import time
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import click
from celery import Celery, signals
from celery.exceptions import SecurityWarning

from configurator import tasks as configurator_tasks
from configurator.proposals import KIND as PROPOSAL
from ledger.audit import seal_all
from ledger.dispatcher import Dispatcher
from ledger.idempotency import forget_expired
from ledger.job_runner import JobRunner
from ledger.jobs import awaiting
from ledger.log import logger
from ledger.outside import forget_sent
from ledger.settings import Settings, load_settings
from lotone.celery_app import RUN_JOBS, make_celery
from lotone.settling import settle
from lotone.wiring import House, agenda_of, build_house, jobs_of, subscriptions_of

HINT_AGAIN_S = 5.0
"""A waiting job whose hint seems lost is announced again after this long."""
ANNOUNCE_REST_S = 0.05
"""Between two looks for waiting jobs, however often the bell rings: a job that waits so long is nobody's loss."""
UPKEEP_S = 10.0


@cache
def _house_of_this_process() -> House:
    """Jobs run in Celery's children: each builds its own house after the fork."""
    return build_house(load_settings())


def make_ready(**_: Any) -> None:
    """Load the solver while the process still waits for its first job; in a thread, as Celery gives up on a process that starts slowly."""
    threading.Thread(target=_load, name="make ready", daemon=True).start()


def _load() -> None:
    importlib.import_module("scheduler.engine.planning")
    settle()


def run_jobs() -> None:
    """Run every job that is waiting: plans first, families' tests last, and these let everything else go before their next design."""
    house = _house_of_this_process()
    plans = JobRunner(house.ledger, house.scheduler.jobs())
    short = JobRunner(house.ledger, {kind: handler for kind, handler in jobs_of(house).items() if kind != PROPOSAL})

    def all_short() -> None:
        while plans.run_once() or short.run_once():
            pass

    tests = JobRunner(house.ledger, configurator_tasks.jobs(house.configurator, house.storefront, all_short))
    all_short()
    while tests.run_once():
        all_short()


class Announcer:
    """Tells Celery that a job waits; repeats it until a runner has taken it."""

    def __init__(self, house: House, hint: Callable[[], Any]) -> None:
        self._house = house
        self._hint = hint
        self._told: dict[str, float] = {}

    def announce(self) -> None:
        """One look at the table."""
        with self._house.ledger.asking() as connection:
            waiting = awaiting(connection, self._house.ledger.clock.real_now())
        now = time.monotonic()
        self._told = {job: at for job, at in self._told.items() if job in waiting}
        due = [job for job in waiting if now - self._told.get(job, -HINT_AGAIN_S) >= HINT_AGAIN_S]
        if due:
            self._hint()
            self._told.update(dict.fromkeys(due, now))


def _carry(house: House, app: Celery, stop: threading.Event) -> list[threading.Thread]:
    """Start the worker's own threads: dispatcher, announcer, heartbeat and upkeep."""
    dispatcher = Dispatcher(house.ledger, subscriptions_of(house), agenda_of(house))
    announcer = Announcer(house, lambda: app.send_task(RUN_JOBS))

    def announce() -> None:
        while not stop.is_set():
            seen = house.ledger.doorbell.rings
            announcer.announce()
            house.ledger.doorbell.wait(1.0, since=seen)
            stop.wait(ANNOUNCE_REST_S)

    def beat() -> None:
        while not stop.wait(1.0):
            house.ledger.clock.beat()

    def upkeep() -> None:
        while not stop.wait(UPKEEP_S):
            keep_up(house)

    work: dict[str, Callable[[], None]] = {
        "dispatcher": lambda: dispatcher.run(stop),
        "announcer": announce,
        "heartbeat": beat,
        "upkeep": upkeep,
    }
    threads = [threading.Thread(target=_guarded(name, run, stop), name=name, daemon=True) for name, run in work.items()]
    for thread in threads:
        thread.start()
    return threads


def keep_up(house: House) -> None:
    """Seal the audit trail, drop what is older than its keeping time (answers, sent messages, test work orders), order a plan given up."""
    from contracts.access import SYSTEM

    seal_all(house.ledger)
    with house.ledger.transaction(SYSTEM) as transaction:
        forget_expired(transaction.session, transaction.real_now)
        forget_sent(transaction.connection, transaction.real_now)
        house.mes_bridge.connections.forget_old_trials(transaction)
    house.scheduler.plan_again()


def _guarded(name: str, run: Callable[[], None], stop: threading.Event) -> Callable[[], None]:
    """The outermost edge of a thread: an error (a database that went away) is reported, then the work goes on."""

    def repeat() -> None:
        while not stop.is_set():
            try:
                run()
            except Exception:  # noqa: BLE001 - outermost edge, reported
                logger("worker").error(f"{name}.failed", exc_info=True)
                stop.wait(1.0)

    return repeat


def _celery_worker(settings: Settings) -> Celery:
    app = make_celery(settings)
    app.task(run_jobs, name=RUN_JOBS)
    return app


@click.command()
@click.option("--processes", default=1, show_default=True, help="Processes that run jobs.")
def worker(processes: int) -> None:
    """Carry events, run due work and long jobs."""
    # Its advice is about messages that carry code; ours are JSON and say "look at the jobs table" only.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    settings = load_settings()
    app = _celery_worker(settings)
    stop = threading.Event()
    house = build_house(settings)
    house.ledger.clock.beat()

    def start(**_: Any) -> None:
        settle()
        _carry(house, app, stop)

    def end(**_: Any) -> None:
        stop.set()

    signals.worker_process_init.connect(make_ready, weak=False)
    signals.worker_ready.connect(start, weak=False)
    signals.worker_shutting_down.connect(end, weak=False)
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING", "--quiet"]
    app.worker_main(["--quiet", "worker", "--pool", "prefork", "--concurrency", str(processes), *quiet[:-1]])
