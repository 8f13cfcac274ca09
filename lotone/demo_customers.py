"""Who orders while the demo plant runs? People of the bundled sample, one now and then, as any customer's program would."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import click
import httpx

from lotone.demo_customer import Customer
from lotone.people import BUNDLED, Person, draw_people, read_people

ORDERS_A_WEEK = {"bicycle": 62, "shirt": 15, "cabinet": 10}
"""Of business time. The welders are the narrowest: a bicycle takes 87 minutes of the 116 hours they have in a week, so that three quarters
of these are taken up, some more with setups and rework, less by those whom no bicycle fits."""
WEEK_S = 7 * 24 * 3600
LOOK_S = 5.0
"""Real time after which the clock is looked at again at the latest: its rate may have changed."""


def arrivals(chance: random.Random) -> Iterator[tuple[timedelta, str]]:
    """Without end: the business time until the next customer comes, and the family they come for. A Poisson process."""
    families, weights = list(ORDERS_A_WEEK), list(ORDERS_A_WEEK.values())
    while True:
        yield timedelta(seconds=chance.expovariate(sum(weights) / WEEK_S)), chance.choices(families, weights)[0]


def come_and_order(client: httpx.Client, chance: random.Random, stop: threading.Event) -> None:
    """Customers come one after the other, by the product's own clock, until ``stop`` is set."""
    last: datetime | None = None
    people = _people(chance)
    for gap, family in arrivals(chance):
        while (clock := _clock(client, stop)) is not None:
            now, rate = clock
            last = last or now
            left = last + gap - now
            if left <= timedelta():
                break
            stop.wait(min(LOOK_S, left.total_seconds() / rate))
        else:
            return
        last = now
        click.echo(Customer(client, next(people), chance.randrange(2**32), family).buy(), err=True)


def _people(chance: random.Random) -> Iterator[Person]:
    people = read_people(BUNDLED)
    while True:
        yield from draw_people(people, len(people), chance.randrange(2**32))


def _clock(client: httpx.Client, stop: threading.Event) -> tuple[datetime, int] | None:
    """Business time and its rate, as soon as the product answers; None when told to stop."""
    while not stop.is_set():
        try:
            clock = client.get("/api/v1/clock").raise_for_status().json()
        except httpx.HTTPError:
            stop.wait(1.0)
        else:
            return datetime.fromisoformat(clock["now"]), max(1, clock["rate"])
    return None


@click.command()
@click.option("--url", default=lambda: f"http://127.0.0.1:{os.environ.get('LOTONE_PORT', '8000')}", help="Where the product answers.")
@click.option("--seed", type=int, help="The same seed brings the same people in the same order. Default: others each time.")
def customers(url: str, seed: int | None) -> None:
    """Bring demo customers who design and order through the public API, until it is told to end."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with httpx.Client(base_url=url, timeout=60) as client:
        come_and_order(client, random.Random(seed), stop)  # noqa: S311 - a demo, no secret
