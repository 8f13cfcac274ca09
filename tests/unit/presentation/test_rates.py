"""Who asks too often is refused until the window ends; nobody else is, and nothing was done for the refused request."""

import pytest
from flask import Flask, g, request
from flask.testing import FlaskClient

from contracts.access import Principal, Role
from presentation.guard import public
from presentation.rates import RateLimits, Rates, init_rates, network_of
from presentation.site import init_site

MANY = "3 per 1 hour"


@pytest.fixture
def app() -> Flask:
    """Who asks stands in a header here."""
    app = Flask("often", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True, WTF_CSRF_ENABLED=False, DONE=0)

    @app.before_request
    def identify() -> None:
        role, _, name = request.headers.get("As", "anonymous ").partition(" ")
        g.principal = Principal(id=name or "anonymous", role=Role(role))

    init_rates(app, RateLimits(Rates(visitor=MANY, signed_in=MANY, sign_in="1 per hour")))
    init_site(app)

    @app.route("/sign-in", methods=["GET", "POST"])
    @app.route("/api/v1/do", methods=["POST"])
    @app.get("/healthz")
    @public
    def do() -> str:
        app.config["DONE"] += 1
        return "done"

    return app


def statuses(
    client: FlaskClient, times: int, path: str = "/api/v1/do", caller: str = "anonymous ", address: str = "192.0.2.1"
) -> list[int]:
    ask = client.get if path == "/healthz" else client.post
    return [ask(path, headers={"As": caller}, environ_base={"REMOTE_ADDR": address}).status_code for _ in range(times)]


def test_a_caller_beyond_the_rate_is_refused_and_nobody_else(app: Flask) -> None:
    client = app.test_client()
    assert statuses(client, 5) == [200, 200, 200, 429, 429]
    assert app.config["DONE"] == 3
    assert statuses(client, 1, address="192.0.2.2") == [200]
    assert statuses(client, 1, caller="planner staff_1") == [200], "an account is counted by its name, not by its address"
    assert statuses(client, 4, caller="machine_client client_1") == [200] * 4, "without a rate there is no limit"
    assert statuses(client, 4, path="/healthz") == [200] * 4


def test_a_new_session_is_no_new_visitor(app: Flask) -> None:
    statuses(app.test_client(), 3, caller="anonymous person_1")
    assert statuses(app.test_client(), 1, caller="anonymous person_2") == [429]


def test_attempts_to_sign_in_have_a_rate_of_their_own(app: Flask) -> None:
    client = app.test_client()
    assert statuses(client, 2, path="/sign-in") == [200, 429]
    assert client.get("/sign-in", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_refusal_says_when_to_come_again(app: Flask, language: str) -> None:
    client = app.test_client()
    for _ in range(3):
        client.get("/sign-in")
    page, program = client.get(f"/sign-in?lang={language}"), client.post("/api/v1/do")
    assert (page.status_code, program.status_code) == (429, 429)
    assert "<h1" in page.text
    assert program.mimetype == "application/problem+json"
    for refused in (page, program):
        assert 0 < int(refused.headers["Retry-After"]) <= 3600


def test_an_ipv6_network_is_one_caller() -> None:
    assert network_of("2001:db8:1:2::7") == network_of("2001:db8:1:2:ffff::1") != network_of("2001:db8:1:3::7")
    assert network_of("192.0.2.1") == network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert (network_of(None), network_of("unix socket")) == ("", "unix socket")
