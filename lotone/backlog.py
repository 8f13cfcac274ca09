"""What is the demo plant doing when it is first looked at? Orders were placed hours before, and the plant has worked on them since."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx

from contracts.model import Instant
from ledger.dispatcher import Dispatcher
from ledger.job_runner import JobRunner
from lotone.demo_customer import Customer
from lotone.outgoing import senders_of
from lotone.relay import Relay
from lotone.riders import BUNDLED, draw_riders, read_riders
from lotone.web import create_app
from lotone.wiring import House, agenda_of, jobs_of, subscriptions_of
from mes_bridge.simulator.client import Client
from mes_bridge.simulator.habits import Habits
from mes_bridge.simulator.plant import Plant

BACKLOG = timedelta(hours=10)
"""How long before the first look the plant began with these orders."""
ORDERS_BEFORE = 16
ORDERS_SINCE = 14
SEED = 7


def make_backlog(house: House, until: Instant, progress: Callable[[str], None]) -> None:
    """Place orders, let the plant work on them in stepped time until ``until``, then place the newest ones."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable demo, no secret
    riders = draw_riders(read_riders(BUNDLED), ORDERS_BEFORE + ORDERS_SINCE, SEED)
    key = (house.settings.home / "simulator.key").read_text()
    app = create_app(house.settings, house)
    with _working(house), httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://127.0.0.1") as client:
        for number, rider in enumerate(riders[:ORDERS_BEFORE], 1):
            Customer(client, rider, chance.randrange(2**32)).buy()
            if number % 10 == 0:
                progress(f"orders in the plant's books: {number} of {ORDERS_BEFORE}")
        progress("The plant works on them until now.")
        _play_until(house, httpx.WSGITransport(app=app), key, until)
        for rider in riders[ORDERS_BEFORE:]:
            Customer(client, rider, chance.randrange(2**32)).buy()
    progress(f"{ORDERS_SINCE} newer orders wait for their turn.")


def _play_until(house: House, transport: httpx.BaseTransport, key: str, until: Instant) -> None:
    """The simulated plant, in this process, until business time has come so far."""
    stop = threading.Event()
    client = Client("http://127.0.0.1", key, stop, transport)
    plant = threading.Thread(target=Plant(client, SEED, Habits(), stop).run)
    plant.start()
    while plant.is_alive() and house.ledger.clock.now() < until:
        time.sleep(0.05)
    stop.set()
    plant.join()
    client.close()


@contextmanager
def _working(house: House) -> Iterator[None]:
    """Dispatcher, job runner and relay in threads of this process."""
    stop = threading.Event()
    dispatcher = Dispatcher(house.ledger, subscriptions_of(house), agenda_of(house))
    runner = JobRunner(house.ledger, jobs_of(house))

    def run_jobs() -> None:
        while not stop.is_set():
            seen = house.ledger.doorbell.rings
            if not runner.run_once():
                house.ledger.doorbell.wait(0.5, since=seen)

    relay = Relay(house.ledger, senders_of(house))
    works = (lambda: dispatcher.run(stop), run_jobs, lambda: relay.run(stop))
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
