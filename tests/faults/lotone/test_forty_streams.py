"""Forty open pages on one web process: every third place may carry a stream, the other pages poll, and orders still go through."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from ledger.settings import Settings
from lotone.demo_customer import Customer, Ordered
from lotone.fresh import fresh_installation
from lotone.people import BUNDLED, Person, draw_people, read_people
from lotone.processes import ProcessSpec, Supervisor
from lotone.run import lotone_argv, wait_until_ready
from lotone.wiring import House
from presentation.live import RETRY_MS, streams_of

pytestmark = pytest.mark.usefixtures("embedded")
PAGES = 40
STREAMS = streams_of(Settings().at_once)


@pytest.fixture
def served() -> Iterator[tuple[House, httpx.Client]]:
    """A web process that runs alone, and a client of it."""
    with fresh_installation() as (settings, house):
        supervisor = Supervisor([ProcessSpec("web", lotone_argv("web", "--workers", "1"))])
        supervisor.start()
        keeper = threading.Thread(target=supervisor.run)
        keeper.start()
        try:
            assert wait_until_ready(settings)
            limits = httpx.Limits(max_connections=2 * PAGES)
            with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=60, limits=limits) as client:
                yield house, client
        finally:
            supervisor.stop()
            keeper.join()


def bought(client: httpx.Client, person: Person) -> str:
    ordered = Customer(client, person, 1).buy()
    assert isinstance(ordered, Ordered)
    return ordered.order


def test_forty_open_pages_leave_room_for_orders(served: tuple[House, httpx.Client]) -> None:
    house, client = served
    first, second = draw_people(read_people(BUNDLED), 2, 1)
    order = bought(client, first)
    opens = {"key": house.storefront.order_key(order)}
    events = f"/api/v1/orders/{order}/events"

    with ExitStack() as pages:
        opened = [pages.enter_context(client.stream("GET", events, params=opens)) for _ in range(PAGES)]
        assert Counter(each.status_code for each in opened) == {200: STREAMS, 503: PAGES - STREAMS}
        assert {next(each.iter_text()) for each in opened if each.status_code == 200} == {f"retry: {RETRY_MS}\n\n"}
        polling = [each for each in opened if each.status_code == 503]
        assert {each.headers["Retry-After"] for each in polling} == {"5"}

        assert bought(client, second) != order
        assert {client.get(f"/orders/{order}/follow", params=opens).status_code for _ in polling} == {200}

    wait_for_a_stream(client, events, opens)


def wait_for_a_stream(client: httpx.Client, events: str, opens: dict[str, str]) -> None:
    """Pages that were closed give their streams back."""
    until = time.monotonic() + 30
    while True:
        with client.stream("GET", events, params=opens) as again:
            if again.status_code == 200:
                return
        assert time.monotonic() < until
        time.sleep(0.2)
