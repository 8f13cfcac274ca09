"""The simulated plant against the programming interface: everything is made once, whatever goes wrong in telling it."""

import threading
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from flask import Flask, g, jsonify, request
from flask.typing import ResponseReturnValue

from contracts.access import Principal
from contracts.events import NonConformanceRaised, PieceCompleted
from contracts.work_order import LeaseRequest
from ledger.unit_of_work import Ledger
from mes_bridge.simulator.client import Client
from mes_bridge.simulator.floor import AHEAD
from mes_bridge.simulator.habits import Habits, life_of
from mes_bridge.simulator.plant import Plant
from mes_bridge.web import api
from presentation.site import init_site
from tests.unit.mes_bridge.shop import MES, START, Shop

PIECES = 12


class Works:
    """The product's side of the wire, with the scheduler's part played after each step of the clock."""

    def __init__(self, shop: Shop, stop: threading.Event, principal: Principal = MES) -> None:
        self.shop = shop
        self.stop = stop
        self.answered: set[str] = set()
        self.failures = 0
        self.app = Flask("works", static_folder=None)
        init_site(self.app)
        self.app.register_blueprint(api.blueprint(shop.service))

        @self.app.before_request
        def who() -> None:
            g.principal = principal

        @self.app.get("/api/v1/clock")
        def clock() -> ResponseReturnValue:
            return jsonify(mode="stepped", rate=1, now=shop.ledger.clock.now().isoformat())

        @self.app.post("/api/v1/clock/advance")
        def advance() -> ResponseReturnValue:
            self._schedule()
            wanted = request.get_json()["to"]
            before = shop.ledger.clock.now()
            moved = wanted is not None and datetime.fromisoformat(wanted) > before
            now = shop.ledger.clock.advance(datetime.fromisoformat(wanted)) if moved else before
            if not moved and wanted is None:
                stop.set()
            return jsonify(now=now.isoformat(), advanced=moved, idle=not moved)

        for view in ("clock", "advance"):
            self.app.view_functions[view].__dict__["permission"] = "public"

    def _schedule(self) -> None:
        for view in reversed(self.shop.service.nonconformances()):
            raised = view.nonconformance
            if raised.nonconformance not in self.answered:
                self.answered.add(raised.nonconformance)
                self.shop.answer_nonconformance(raised)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.app(environ, start_response)


def play(shop: Shop, habits: Habits, seed: int = 1) -> Plant:
    stop = threading.Event()
    client = Client("http://works", "key", stop, httpx.WSGITransport(app=Works(shop, stop)))
    plant = Plant(client, seed, habits, stop)
    plant.run()
    client.close()
    return plant


def release(shop: Shop, pieces: int = PIECES) -> None:
    for number in range(1, pieces + 1):
        shift = timedelta(hours=number)
        operations = [shop.operation(f"piece_{number}", sequence) for sequence in (10, 20, 30, 40, 50, 60)]
        shop.release_operations(
            [
                one.model_copy(update={"planned_start_at": one.planned_start_at + shift, "planned_end_at": one.planned_end_at + shift})
                for one in operations
            ]
        )


HABITS = Habits(
    out_of_tolerance=120, breakdowns=60, duplicates=150, late=150, wrong_units=100, retyped=100, stale_fences=100, early_values=300
)


@pytest.fixture
def shop(ledger: Ledger) -> Shop:
    return Shop(ledger)


def test_every_piece_is_made_once_in_spite_of_failures_and_mistakes(shop: Shop) -> None:
    release(shop)
    plant = play(shop, HABITS)
    completed = shop.events(PieceCompleted)
    assert sorted(event.piece for event in completed) == sorted(f"piece_{number}" for number in range(1, PIECES + 1))
    assert all(event.certificate.simulated for event in completed)
    assert shop.events(NonConformanceRaised), "this seed is known to bring rework"
    for mistake in ("told twice", "late", "wrong unit", "typed wrong", "stale fence", "unit-mismatch", "stale-fence"):
        assert plant.told[mistake] > 0, mistake
    assert [one.reason for one in shop.service.quarantined()] == []
    closed = [(one.piece, one.operation.sequence) for one in shop.listed() if one.state == "closed"]
    assert len(closed) == len(set(closed)) == PIECES * 6
    for one in shop.listed():
        view = shop.service.work_order(one.work_order)
        if view.started_at is not None:
            assert view.started_at >= view.item.planned_start_at - AHEAD


def test_a_plant_without_mistakes_says_everything_once(shop: Shop) -> None:
    release(shop, 3)
    plant = play(shop, Habits(out_of_tolerance=0).without_breakdowns().without_mistakes())
    assert plant.told["measurements"] == 3 * 4
    assert set(plant.told) == {"reports", "measurements"}
    assert len(shop.events(PieceCompleted)) == 3


def test_the_same_seed_plays_the_same_day(shop: Shop) -> None:
    release(shop, 1)
    (item, *_) = shop.service.lease(LeaseRequest(), MES)
    assert life_of(item, "1/10/1", 7, HABITS) == life_of(item, "1/10/1", 7, HABITS)
    assert life_of(item, "1/10/1", 7, HABITS) != life_of(item, "1/10/1", 8, HABITS)


def test_a_plant_that_was_ended_goes_on_with_what_it_held(shop: Shop) -> None:
    release(shop, 2)
    stop = threading.Event()
    client = Client("http://works", "key", stop, httpx.WSGITransport(app=Works(shop, stop)))
    first = Plant(client, 1, Habits(out_of_tolerance=0), stop)
    first._lease(START)
    shop.ledger.clock.advance(START + timedelta(hours=1, minutes=12))
    first._floor.do_due(START + timedelta(hours=1, minutes=12))
    assert {one.state for one in shop.listed()} >= {"in_progress", "acknowledged"}
    play(shop, Habits(out_of_tolerance=0), seed=2)
    assert len(shop.events(PieceCompleted)) == 2


def test_a_lost_connection_is_waited_out(shop: Shop) -> None:
    release(shop, 1)
    stop = threading.Event()
    inner = httpx.WSGITransport(app=Works(shop, stop))
    calls = iter(range(10**9))

    def unreliable(request: httpx.Request) -> httpx.Response:
        number = next(calls)
        if number % 5 == 1:
            raise httpx.ConnectError("gone", request=request)
        response = inner.handle_request(request)
        content = response.read()
        if number % 3 == 0 and request.url.path.endswith(("reports", "measurements", "acknowledge")):
            raise httpx.ReadError("answer lost", request=request)
        return httpx.Response(response.status_code, content=content, headers={"Content-Type": "application/json"})

    client = Client("http://works", "key", stop, httpx.MockTransport(unreliable))
    Plant(client, 1, HABITS, stop).run()
    assert len(shop.events(PieceCompleted)) == 1


def test_work_whose_start_is_told_late_goes_on_when_it_was_planned_anew_meanwhile(shop: Shop) -> None:
    """The product moves what should have begun long ago; who works on it takes the new revision and makes it once."""
    late = Habits(out_of_tolerance=0, breakdowns=0, duplicates=0, late=1000, wrong_units=0, retyped=0, stale_fences=0)
    release(shop, 1)
    (item, *_) = shop.service.lease(LeaseRequest(count=1), MES)
    seed = next(seed for seed in range(100) if life_of(item, "1/10/1", seed, late).start_told_late)
    stop = threading.Event()
    client = Client("http://works", "key", stop, httpx.WSGITransport(app=Works(shop, stop)))
    plant = Plant(client, seed, late, stop)
    plant._floor.receive(item, START)
    begun = item.operation.planned_start
    shop.ledger.clock.advance(begun)
    plant._floor.do_due(begun)
    operation = shop.operation("piece_1", 10)
    moved = {"revision": 2, "planned_start_at": begun, "planned_end_at": begun + timedelta(hours=1)}
    shop.release_operations([operation.model_copy(update=moved)])
    plant.run()
    assert plant.told["late"] > 0
    assert plant.told["stale-fence"] == 0
    assert len(shop.events(PieceCompleted)) == 1
