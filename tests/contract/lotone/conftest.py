"""The whole product in one process, on each database: family, plant and sign-ins, an order that is planned and released."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import SQLModel

from contracts.access import SYSTEM, Principal, Role
from contracts.model import sha256_of
from contracts.work_order import LeaseRequest
from ledger.dispatcher import Dispatcher
from ledger.job_runner import JobRunner
from ledger.machine_clients import MachineClients
from ledger.settings import Settings
from ledger.sign_in import SignIns
from lotone.demo_customer import Customer, Ordered
from lotone.fresh import BEGINS_AT
from lotone.migrate import migrate_database
from lotone.people import BUNDLED, read_people
from lotone.relay import Relay
from lotone.seed import seed_installation
from lotone.web import create_app
from lotone.wiring import House, agenda_of, build_house, jobs_of, subscriptions_of
from tests.conftest import database, url_of

KEYS = {"secret_key": "test" * 8, "vault_key": "11" * 32}
STAFF = Principal(id="staff_1", role=Role.ADMINISTRATOR, name="administrator")
KEPT = frozenset({"ledger_answer", "ledger_clock", "ledger_sign_in"})
"""What a refused request may write: that its idempotency key was used, that its session was seen. The clock beats by itself."""


@dataclass
class Installation:
    """A house with one released order, a work order of which is leased.

    ``staff`` may do everything but exchange work orders. ``mes`` does that, for a machine group that there is not: it gets no others.
    """

    house: House
    app: Flask
    order: str
    design: str
    """The ordered one; anybody's."""
    own: str
    """One of ``staff``."""
    work_order: str
    staff: FlaskClient
    mes: FlaskClient

    def digest(self) -> dict[str, str]:
        """A hash of every table, and of the names of the files."""
        with self.house.ledger.reading() as session:
            tables = {
                name: sha256_of(sorted(repr(tuple(row)) for row in session.connection().execute(table.select())))
                for name, table in SQLModel.metadata.tables.items()
                if name not in KEPT
            }
        return {**tables, "files": sha256_of(list(self.house.ledger.files.all()))}


def settle(house: House) -> None:
    """Deliver every event, run everything due and every job but the presses; every letter is gone."""
    dispatcher = Dispatcher(house.ledger, subscriptions_of(house), agenda_of(house))
    runner = JobRunner(house.ledger, {kind: (lambda _: None) if "press" in kind else run for kind, run in jobs_of(house).items()})
    while dispatcher.run_once() or runner.run_once():
        pass
    Relay(house.ledger, {"mail": lambda _: {}}).run_once()


@contextmanager
def fresh_house(home: Path, database_url: str, broker_url: str = "") -> Iterator[House]:
    """Family, plant and sign-ins on a stepped clock; SQLite in ``home`` without an address."""
    settings = Settings(home=home, database_url=database_url, broker_url=broker_url, smtp_url="", public_url="", **KEYS)
    migrate_database(settings)
    house = build_house(settings)
    try:
        house.ledger.clock.begin("stepped", at=BEGINS_AT)
        seed_installation(house)
        yield house
    finally:
        house.ledger.close()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with ExitStack() as cleanup:
        url = ""
        if request.param == "postgresql":
            server = request.getfixturevalue("postgresql_server")
            url = url_of(server, cleanup.enter_context(database(server)))
        house = cleanup.enter_context(fresh_house(tmp_path_factory.mktemp("home"), url))
        yield with_an_order(house, create_app(house.settings, house))


def in_every_run_on(first: str) -> pytest.MarkDecorator:
    """The other database has its turn in the long run: for what asks everything of everything."""
    marks: dict[str, list[pytest.MarkDecorator]] = {"sqlite": [], "postgresql": [pytest.mark.postgresql]}
    params = [pytest.param(name, marks=[*own, *([] if name == first else [pytest.mark.long])]) for name, own in marks.items()]
    return pytest.mark.parametrize("installation", params, indirect=True, scope="module")


def with_an_order(house: House, app: Flask) -> Installation:
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://127.0.0.1") as client:
        ordered = Customer(client, read_people(BUNDLED)[0], 1).buy()
    assert isinstance(ordered, Ordered)
    settle(house)
    leased = house.mes_bridge.lease(LeaseRequest(count=1), Principal(id="client_0", role=Role.MACHINE_CLIENT))
    view = house.storefront.order(STAFF, ordered.order)
    staff, design = signed_in(house, app), view.pieces[0].design
    own = staff.post("/api/v1/designs", json={"family": "bicycle"}).get_json()["design"]
    return Installation(house, app, ordered.order, design, own, leased[0].work_order, staff, machine(house, app))


def signed_in(house: House, app: Flask) -> FlaskClient:
    client = app.test_client()
    with house.ledger.transaction(SYSTEM) as transaction:
        token = SignIns(house.ledger).start(transaction, STAFF)
    with client.session_transaction() as session:
        session["sign_in"] = token
    return client


def machine(house: House, app: Flask) -> FlaskClient:
    client = app.test_client()
    _, key = MachineClients(house.ledger).create(SYSTEM, "elsewhere", ("NONE",))
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client
