"""Does every connector that breaks a rule fail the check of that rule, and nothing but what is built upon it?"""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from uuid import uuid4

import httpx
import pytest
from flask import Flask, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import event

from contracts.access import SYSTEM, Principal, Role
from contracts.work_order import LeasedWorkOrder, LeaseRequest
from ledger.clock import Clock
from ledger.database import engine_for
from ledger.files import Files
from ledger.machine_clients import MachineClients
from ledger.unit_of_work import Ledger
from ledger.vault import Vault
from lotone import idempotent
from mes_bridge.conformance.connectors.faulty import FAULTY
from mes_bridge.conformance.connectors.sound import Connector
from mes_bridge.conformance.drive import Host, check_host
from mes_bridge.conformance.over_mqtt import Overheard, at_the_broker
from mes_bridge.conformance.plant import Plant
from mes_bridge.conformance.results import Result, as_junit, as_lines
from mes_bridge.conformance.script import Script
from mes_bridge.conformance.watch import Watched
from mes_bridge.engine.conformance.judge import Judged, judge
from mes_bridge.incoming import Incoming
from mes_bridge.simulator.client import Client
from mes_bridge.simulator.habits import Habits
from mes_bridge.simulator.over_mqtt import OverMqtt
from mes_bridge.simulator.plant import Plant as SimulatedPlant
from mes_bridge.transports.mqtt.session import Address, Session
from mes_bridge.web import api
from presentation.guard import ANONYMOUS, public
from presentation.site import init_site
from tests.conftest import create_tables

RATE = 60
"""Business seconds a second, for whoever waits until a machine is done."""


class Bench:
    """The conformance plant behind its programming interface, in this process."""

    def __init__(self, folder: Path, rate: int = 1) -> None:
        engine = engine_for(f"sqlite:///{folder / 'lotone.db'}")
        create_tables(engine)
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self.clock = Clock(engine)
        self.clock.begin("real" if rate == 1 else "rate", rate=rate)
        self.ledger = Ledger(engine, self.clock, Files(folder / "files"), Vault("11" * 32))
        name, _ = MachineClients(self.ledger).create(SYSTEM, "connector", broker_user="connector")
        self.client = Principal(id=name, role=Role.MACHINE_CLIENT)
        plant = Plant(self.ledger, "CUT")
        self.script = Script(plant, self.clock.now, patience_s=0 if rate == 1 else 0.5)
        app = Flask("conformance", static_folder=None)
        init_site(app)

        @app.before_request
        def who() -> None:
            g.principal = self.client if "Authorization" in request.headers else ANONYMOUS

        idempotent.init_idempotency(app, self.ledger)
        app.register_blueprint(api.blueprint(plant.service))

        @app.get("/api/v1/clock")
        @public
        def clock() -> ResponseReturnValue:
            self.clock.beat()
            return jsonify(mode=self.clock.mode, rate=self.clock.rate, now=self.clock.now().isoformat())

        self.host = httpx.WSGITransport(app=app)
        self.transport = httpx.WSGITransport(app=Watched(app, self.script))

    def judged(self) -> tuple[Judged, ...]:
        return judge(self.script.record)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(rate: int = 1) -> Bench:
        made.append(Bench(tmp_path, rate))
        return made[-1]

    yield make
    for each in made:
        each.ledger.close()


def reds(judged: tuple[Judged, ...]) -> dict[str, str | None]:
    """What is red, with what blocks it."""
    return {each.id: each.blocked_by for each in judged if each.outcome in {"failed", "blocked"}}


def test_a_sound_connector_fails_nothing(bench: Callable[..., Bench]) -> None:
    play = bench()
    Connector("http://lotone", "key", play.transport, rest_s=0).run(play.script.over.is_set)
    assert reds(play.judged()) == {}
    assert {each.id for each in play.judged() if each.outcome == "not_shown"} == {"correction", "files", "machine-states"}


@pytest.mark.parametrize("broken", FAULTY)
def test_a_faulty_connector_fails_the_check_it_breaks_and_blocks_the_others(bench: Callable[..., Bench], broken: str) -> None:
    play = bench()
    FAULTY[broken]("http://lotone", "key", play.transport, rest_s=0).run(play.script.over.is_set)
    found = reds(play.judged())
    assert broken in found
    assert found.pop(broken) is None
    assert set(found.values()) <= {broken}, found


class Hurried(threading.Event):
    """Waits hardly at all."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(None if timeout is None else min(timeout, 0.004))


def test_the_simulated_plant_fails_nothing(bench: Callable[..., Bench]) -> None:
    """With mistakes that the contract allows for: repeated, late, corrected, in a wrong unit first."""
    play = bench(RATE)
    stop = play.script.over = Hurried()
    mistakes = {"duplicates": 300, "late": 300, "wrong_units": 300, "retyped": 300, "stale_fences": 300, "early_values": 500}
    client = Client("http://lotone", "key", stop, play.transport)
    SimulatedPlant(client, 1, Habits(out_of_tolerance=0, breakdowns=0, **mistakes), stop).run()
    client.close()
    assert reds(play.judged()) == {}


def _told(kind: str, order: LeasedWorkOrder) -> Incoming:
    content = {
        "report": kind,
        "revision": order.revision,
        "fence": order.fence,
        "kind": kind,
        "at": order.operation.planned_start.isoformat(),
    }
    return Incoming("connector", json.dumps({"type": "report", "work_order": order.work_order, "content": content}).encode())


def test_what_comes_over_a_broker_is_recorded_and_left_unanswered_where_an_answer_is_to_be_lost(bench: Callable[..., Bench]) -> None:
    play = bench()
    overheard = Overheard(play.script, "topic")
    while play.script.scene != "restart":
        play.script.look()
    (order,) = play.script.plant.service.lease(LeaseRequest(count=1), play.client)
    assert [answer.status for answer in overheard.take([_told("started", order)] * 3)] == [0, 0, 200]
    assert [(act.outage, act.taken, act.pushed) for act in play.script.record.acts] == [("away", False, True)] * 2 + [(None, True, True)]
    assert overheard.take([Incoming("connector", b"\xff"), Incoming("nobody", b"{}")])[1].status == 401


@pytest.mark.mqtt
def test_a_play_at_a_broker_leaves_nothing_there(bench: Callable[..., Bench], mqtt_broker: str) -> None:
    play = bench()
    with at_the_broker(play.script, f"{mqtt_broker}/e{uuid4().hex}", "connector") as address:
        client = OverMqtt("http://lotone", "key", threading.Event(), address, play.transport)
        item, *_ = client.lease(1, 60)
        answer, *_ = client.tell([json.loads(_told("started", item).body)])
        client.close()
    assert (answer.status, answer.content["state"]) == (200, "in_progress")
    session = Session(Address.read(address), "")
    session.subscribe(f"{Address.read(address).enterprise}/#", with_retained=True)
    session.gather(0.3, 10)
    session.close()
    assert session.arrived == []


def test_our_own_host_keeps_to_the_contract(bench: Callable[..., Bench]) -> None:
    judged = check_host(Host("http://lotone", "key", bench().host), "CUT", make=True)
    assert reds(judged) == {}
    assert {each.outcome for each in judged} == {"passed"}


def test_a_host_is_asked_without_effect_unless_something_may_be_made(bench: Callable[..., Bench]) -> None:
    play = bench()
    judged = check_host(Host("http://lotone", "key", play.host), None, make=False)
    assert [each.id for each in judged if each.outcome == "not_shown"] == ["host-make", "host-finish"]
    order, _ = play.script.plant.rows(["piece_round-trip"])
    assert (order.state, order.holder, order.started_at) == ("released", None, None)


def test_a_host_whose_work_is_all_leased_is_not_said_to_fail(bench: Callable[..., Bench]) -> None:
    host = bench().host
    lease, left = {"machine_group": "CUT", "count": 200, "seconds": 300}, True
    with httpx.Client(transport=host, base_url="http://lotone") as client:
        while left:
            signed = {"Authorization": "Bearer key", "Idempotency-Key": token_hex(8)}
            left = bool(client.post("/api/v1/mes/work-orders/lease", json=lease, headers=signed).json()["items"])
    judged = check_host(Host("http://lotone", "key", host), "CUT", make=True)
    assert reds(judged) == {}
    unseen = {each.id: each for each in judged if each.outcome == "not_shown"}
    assert "host-key-missing" not in unseen
    assert {"host-lease", "host-content", "host-make", "host-finish"} <= unseen.keys()
    assert {each.why.id for each in unseen.values() if each.why is not None} == {"conformance.untried.nothing_to_lease"}
    result = Result("host", "http://lotone", "rest", datetime.now(UTC), 9, judged)
    assert list(as_lines(result, "en"))[-2].startswith("not shown: There was nothing to lease")
    assert b"There was nothing to lease" in as_junit(result, "en")


@pytest.mark.parametrize(
    ("broken", "path", "status", "answered", "content"),
    [
        ("host-key", "/work-orders", 401, 200, b'{"items": [], "since": 0, "cursor": null}'),
        ("host-list", "/work-orders", 200, 200, b'{"items": []}'),
        ("host-lease", "/lease", 200, 200, b'{"items": [{}]}'),
        ("host-stale-fence", "/release", 409, 200, b"{}"),
        ("host-unknown-work-order", "/reports", 202, 404, b"no"),
        ("host-bundle", "/bundle", 200, 200, b"[]"),
    ],
)
def test_a_host_that_answers_otherwise_fails_the_check_of_that(
    bench: Callable[..., Bench], broken: str, path: str, status: int, answered: int, content: bytes
) -> None:
    inner = bench().host

    def answer(asked: httpx.Request) -> httpx.Response:
        told = inner.handle_request(asked)
        body, headers = told.read(), {"Content-Type": told.headers["Content-Type"]}
        other = asked.url.path.endswith(path) and told.status_code == status
        return httpx.Response(answered if other else told.status_code, content=content if other else body, headers=headers)

    judged = {each.id: each for each in check_host(Host("http://lotone", "key", httpx.MockTransport(answer)), "CUT", make=False)}
    assert judged[broken].outcome == "failed"
    assert judged[broken].faults[0].came is not None
    assert next(each.id for each in judged.values() if each.outcome == "failed") == broken
