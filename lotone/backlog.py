"""What is the demo plant doing when it is first looked at? Orders came in waves, and the plant has worked on them since."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice

import httpx

from contracts.model import Instant
from ledger.dispatcher import Dispatcher
from ledger.job_runner import JobRunner
from lotone.demo_customer import Customer
from lotone.outgoing import Sender, senders_of
from lotone.people import BUNDLED, Person, draw_people, read_people
from lotone.relay import Relay
from lotone.web import create_app
from lotone.wiring import House, agenda_of, jobs_of, subscriptions_of
from mes_bridge.simulator.client import Client
from mes_bridge.simulator.floor import Outage
from mes_bridge.simulator.habits import Habits
from mes_bridge.simulator.plant import Plant as Shop
from scheduler.engine.calendar import local_day
from scheduler.engine.opening import earlier_s, open_on
from scheduler.engine.operations import instant, seconds_of
from scheduler.engine.plant import Plant

LOOKED_AT_H = 4
"""Open hours of the plant's week that are over when it is first looked at: both its past and its plan fill the board."""
WAVES: tuple[tuple[int, dict[str, int]], ...] = (
    (36, {"shirt": 4}),
    (12, {"bicycle": 12}),
    (4, {"bicycle": 22, "cabinet": 3}),
    (0, {"bicycle": 8, "shirt": 4, "cabinet": 3}),
)
"""Open hours before the first look, and how many orders of each family came then."""
ORDERS = sum(count for _, orders in WAVES for count in orders.values())
LOADED_PERCENT = 74
"""More orders come at the first look until the plan gives the busiest machine group this load in the next working days."""
MORE = {"bicycle": 3}
"""So many at once; each time the plan is made anew, and spreads them."""
MOST_MORE = 24
BROKEN = "CLOTH-1"
"""A machine that was down from the first wave almost to the first look: what waited for it is late, and its customers were told."""
REPAIRED_S = 20 * 60
"""So long before the first look it ran again."""
SEED = 7
STALLED_S = 180


def first_look(plant: Plant, now: Instant) -> Instant:
    """The last time, not after ``now``, that the plant had been open for some hours after a day of rest: days of work lie ahead of it."""
    day = local_day(plant, seconds_of(now))
    while True:
        shifts = [] if open_on(plant, day - timedelta(days=1)) else open_on(plant, day)
        if shifts and (moment := instant(shifts[0][0] + LOOKED_AT_H * 3600)) <= now:
            return moment
        day -= timedelta(days=1)


def wave_moments(plant: Plant, look: Instant) -> list[Instant]:
    """When the orders of each wave came."""
    return [instant(earlier_s(plant, seconds_of(look), hours * 3600)) for hours, _ in WAVES]


def make_backlog(house: House, moments: Sequence[Instant], progress: Callable[[str], None]) -> None:
    """Each wave of orders is placed at its moment; between them the plant works in stepped time."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable demo, no secret
    people = iter(draw_people(read_people(BUNDLED), ORDERS + MOST_MORE, SEED))
    outage = Outage(BROKEN, moments[0], moments[-1] - timedelta(seconds=REPAIRED_S))
    key = (house.settings.home / "simulator.key").read_text()
    transport = httpx.WSGITransport(app=create_app(house.settings, house))
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
        for number, (moment, (_, orders)) in enumerate(zip(moments, WAVES, strict=True), 1):
            if number > 1:
                progress("The plant works on them.")
                with working(house, senders_of(house)):
                    play_until(house, transport, key, _it_is(house, moment), (outage,))
            _buy(client, people, chance, orders)
            progress(f"Orders in the plant's books: wave {number} of {len(WAVES)}, {sum(orders.values())} more.")
        with working(house, senders_of(house)):
            _wait_until_quiet(house)
            for more in range(0, MOST_MORE, sum(MORE.values())):
                if house.scheduler.board().figures.busiest_percent >= LOADED_PERCENT:
                    break
                _buy(client, people, chance, MORE)
                came = more + sum(MORE.values())
                progress(f"Orders in the plant's books: {came} more, until its busiest machines have a load of {LOADED_PERCENT} %.")
                _wait_until_quiet(house)


def _buy(client: httpx.Client, people: Iterator[Person], chance: random.Random, orders: Mapping[str, int]) -> None:
    for family, count in orders.items():
        for person in islice(people, count):
            Customer(client, person, chance.randrange(2**32), family).buy()


def _it_is(house: House, moment: Instant) -> Callable[[], bool]:
    return lambda: house.ledger.clock.now() >= moment


def play_until(house: House, transport: httpx.BaseTransport, key: str, over: Callable[[], bool], outages: Sequence[Outage] = ()) -> None:
    """The simulated plant, in this process, until it is over. It begins with a plan."""
    _wait_until_quiet(house)
    stop = threading.Event()
    client = Client("http://127.0.0.1", key, stop, transport)
    shop = threading.Thread(target=Shop(client, SEED, Habits(), stop, outages).run)
    shop.start()
    while shop.is_alive() and not over():
        time.sleep(0.05)
    stop.set()
    shop.join()
    client.close()


def _wait_until_quiet(house: House) -> None:
    until = time.monotonic() + STALLED_S
    while not house.ledger.quiet():
        if time.monotonic() > until:
            raise RuntimeError("the plan of the backlog was not made in time")
        house.ledger.doorbell.wait(0.1)


@contextmanager
def working(house: House, senders: dict[str, Sender]) -> Iterator[None]:
    """Dispatcher, job runner and relay take turns in one thread of this process: there are no others to wait for."""
    stop = threading.Event()
    dispatcher = Dispatcher(house.ledger, subscriptions_of(house), agenda_of(house))
    runner = JobRunner(house.ledger, jobs_of(house))
    relay = Relay(house.ledger, senders)

    def work() -> None:
        while not stop.is_set():
            seen = house.ledger.doorbell.rings
            if not (dispatcher.run_once() or runner.run_once() or relay.run_once()):
                house.ledger.doorbell.wait(0.5, since=seen)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
