"""The room behind its programming interface, on each database."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask, g, request
from flask.testing import FlaskClient

from contracts.access import Principal, Role
from ledger.unit_of_work import Ledger
from mes_bridge.web import blueprint
from presentation.site import init_site
from tests.unit.mes_bridge.shop import MES, OPERATOR, OTHER_MES, OwnOrders, Shop

PRINCIPALS = {
    "a": MES,
    "b": OTHER_MES,
    "paint-only": Principal(id="client_c", role=Role.MACHINE_CLIENT, machine_groups=frozenset({"PAINT", "CUT"})),
    "operator": OPERATOR,
}


@pytest.fixture(scope="session")
def mqtt_broker() -> str:
    """The broker's address; without one such tests are skipped, in CI they fail."""
    found = os.environ.get("LOTONE_TEST_MQTT_URL")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("LOTONE_TEST_MQTT_URL is not set; continuous integration must test on Mosquitto")
        pytest.skip("LOTONE_TEST_MQTT_URL is not set")
    return found


@pytest.fixture
def shop(ledger_on: Ledger) -> Shop:
    return Shop(ledger_on)


@pytest.fixture
def client(shop: Shop) -> Iterator[FlaskClient]:
    app = Flask("test", static_folder=None)
    app.testing = True
    init_site(app)

    @app.before_request
    def who() -> None:
        name = request.headers.get("X-Test-Client", "a")
        if name in PRINCIPALS:
            g.principal = PRINCIPALS[name]

    for room in blueprint(shop.service, OwnOrders(), "http://lotone.example"):
        app.register_blueprint(room)
    with app.test_client() as client:
        client.environ_base["HTTP_IDEMPOTENCY_KEY"] = "once"
        yield client
