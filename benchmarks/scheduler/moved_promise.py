"""How long after a failing measurement is typed does the customer know the new date, with 200 open orders?"""

import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import httpx
import yaml
from sqlalchemy import select

from benchmarks.scheduler.moves_by_hand import moves_by_hand
from contracts.access import SYSTEM, Principal, Role
from contracts.events import PromiseChanged
from ledger.dispatcher import Dispatcher
from ledger.job_runner import JobRunner
from ledger.tables import EVENT, OUTSIDE
from lotone.demo_customer import Customer, Ordered
from lotone.fresh import fresh_installation
from lotone.people import BUNDLED, draw_people, read_people
from lotone.seed import PLANT_FILE
from lotone.web import create_app
from lotone.wiring import House, agenda_of, jobs_of, subscriptions_of
from mes_bridge.views import QueueItem
from storefront.requests import PlaceOrder

ORDERS = 200
DESIGNS = 20
"""So many different bicycles; each is ordered again and again."""
GUEST = Principal(id="guest_many", role=Role.ANONYMOUS)
OPERATOR = Principal(id="staff_operator", role=Role.OPERATOR, name="operator")
LIMIT_S = 60.0


@dataclass(frozen=True)
class Failed:
    """A frame that failed its alignment check."""

    order: str
    seconds_to_event: float
    seconds_to_letter: float


def moved_promise(orders: int, seed: int) -> None:
    """Print the seconds until event and letter."""
    with open_orders(orders, seed) as (house, placed):
        failed = fail_frame(house, tightest(house))
        told = changes_of(house)
        print(
            f"a failed frame among {len(placed)} open orders: promise.changed after {failed.seconds_to_event:.2f} s, "
            f"letter after {failed.seconds_to_letter:.2f} s; {len(told)} promises moved"
        )
        moves_by_hand(house, seed)


@contextmanager
def open_orders(orders: int, seed: int) -> Iterator[tuple[House, list[str]]]:
    """An installation in a folder of its own with so many planned orders; the clock stands on a Monday morning."""
    with tempfile.TemporaryDirectory() as home:
        settings = {"LOTONE_HOME": home, "LOTONE_DATABASE_URL": "", "LOTONE_BROKER_URL": ""}
        with patch.dict(os.environ, settings), fresh_installation() as (_, house):
            house.scheduler.publish_plant(_without_margin(), SYSTEM)
            placed = _placed(house, orders, seed)
            settle(house)
            yield house, placed


def settle(house: House) -> None:
    """Everything that is due at the present business time has happened, but for letters: they wait to be counted."""
    dispatcher, runner = _workers(house)
    while dispatcher.run_once() or runner.run_once():
        pass


def fail_frame(house: House, order: str) -> Failed:
    """The order's frame is cut, welded and found crooked at the alignment table, by an operator who types the value."""
    dispatcher, _ = _workers(house)
    work_orders = {
        item.name: item.work_order for station in house.mes_bridge.stations() for item in _queue_of(house, station.machine, order)
    }
    for name in ("cut", "weld", "align"):
        house.mes_bridge.start(work_orders[name], OPERATOR)
        if name != "align":
            house.mes_bridge.complete(work_orders[name], OPERATOR)
        settle(house)
    before = len(changes_of(house))
    letters = len(letters_of(house, order))
    began = time.perf_counter()
    house.mes_bridge.measure(work_orders["align"], "frame_centre", Decimal(5000), "um", OPERATOR)
    event_s: float | None = None
    while True:
        dispatcher.run_once()
        passed = time.perf_counter() - began
        if event_s is None and len(changes_of(house)) > before:
            event_s = passed
        if event_s is not None and len(letters_of(house, order)) > letters:
            return Failed(order, event_s, passed)
        if passed > LIMIT_S:
            raise RuntimeError(f"the customer of {order} was not told within {LIMIT_S:.0f} s")


def tightest(house: House) -> str:
    """Of the orders whose frames the shop has to make, the one with the least slack."""
    given = {
        item.order for station in house.mes_bridge.stations() for item in house.mes_bridge.queue(station.machine) if item.name == "align"
    }
    return min((order for order in house.scheduler.board().orders if order.order in given), key=lambda order: order.slack_s).order


def changes_of(house: House) -> list[PromiseChanged]:
    """Every promise that moved, in order."""
    query = select(EVENT.c.content).where(EVENT.c.type == PromiseChanged.type).order_by(EVENT.c.seq)
    with house.ledger.reading() as session:
        return [PromiseChanged.model_validate(content) for content in session.connection().execute(query).scalars()]


def letters_of(house: House, order: str) -> list[dict[str, object]]:
    """The letters about a moved date that are ordered for the order's customer."""
    query = select(OUTSIDE.c.content).where(OUTSIDE.c.channel == "mail").order_by(OUTSIDE.c.seq)
    with house.ledger.reading() as session:
        letters = list(session.connection().execute(query).scalars())
    return [letter for letter in letters if letter["order"] == order and letter["letter"].startswith("moved")]


def _without_margin() -> str:
    """The demo plant with promises that a remade frame surely breaks."""
    plant: dict[str, Any] = yaml.load(PLANT_FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    plant["planning"]["first_margin_h"] = "0"
    return yaml.safe_dump(plant, allow_unicode=True)


def _workers(house: House) -> tuple[Dispatcher, JobRunner]:
    return Dispatcher(house.ledger, subscriptions_of(house), agenda_of(house)), JobRunner(house.ledger, jobs_of(house))


def _queue_of(house: House, machine: str, order: str) -> list[QueueItem]:
    return [item for item in house.mes_bridge.queue(machine) if item.order == order]


def _placed(house: House, orders: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    people = draw_people(read_people(BUNDLED), DESIGNS, seed)
    with httpx.Client(transport=httpx.WSGITransport(app=create_app(house.settings, house)), base_url="http://127.0.0.1") as client:
        bought = [Customer(client, person, chance.randrange(2**32)).buy() for person in people]
    first = [each.order for each in bought if isinstance(each, Ordered)]
    return first + [_again(house, first[number % len(first)], f"again-{number}") for number in range(orders - len(first))]


def _again(house: House, order: str, key: str) -> str:
    """The same bicycle for somebody else, at today's price and date."""
    bought = house.storefront.order(SYSTEM, order).pieces[0]
    offer = house.storefront.offer(GUEST, bought.design)
    expected = {"price": offer.price.total, "promised_at": offer.promised_at}
    customer = {
        "name": "Rider",
        "email": f"{key}@people.example",
        "street": "Dijkstraat 1",
        "city": "Deventer",
        "postcode": "7411 AA",
        "country": "NL",
    }
    wanted = PlaceOrder.model_validate(
        {"designs": [{"design": bought.design, "revision": bought.revision, "expected": expected}], "customer": customer}
    )
    return house.storefront.place_order(GUEST, wanted, key)
