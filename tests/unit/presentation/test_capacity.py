"""Whoever finds no place is told so, at once or after a while, and a place is free again whatever became of its request."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contracts.problems import Unavailable
from presentation.capacity import Places, init_capacity
from presentation.guard import public
from presentation.site import init_site


def test_beyond_the_queue_nobody_waits() -> None:
    places = Places(1, waiting=0)
    places.take()
    with pytest.raises(Unavailable) as refused:
        places.take()
    assert refused.value.extra["retry_after_s"] > 0
    assert places.refused == 1
    places.give_back()
    places.take()


def test_who_waits_gets_the_place_that_becomes_free() -> None:
    places = Places(1, waiting=1, patience_s=60)
    places.take()
    waiter = threading.Thread(target=places.take)
    waiter.start()
    places.give_back()
    waiter.join()
    with pytest.raises(Unavailable):
        Places(0, waiting=1, patience_s=0).take()


@pytest.fixture
def app() -> Flask:
    app = Flask("full", static_folder=None)
    app.config.update(SECRET_KEY="test", PROPAGATE_EXCEPTIONS=False)
    app.extensions["places"] = init_capacity(app, most=1)
    init_site(app)

    @app.get("/work")
    @public
    def work() -> str:
        raise ZeroDivisionError

    @app.get("/api/v1/stream")
    @public
    def stream() -> Iterator[str]:
        return iter(["a", "b"])

    @app.get("/healthz")
    @public
    def healthz() -> str:
        return "alive"

    return app


def test_a_place_is_given_back_after_a_fault_a_refusal_and_a_stream(app: Flask) -> None:
    client = app.test_client()
    for path, status in (("/work", 500), ("/nowhere", 404), ("/api/v1/stream", 200)):
        assert [client.get(path).status_code for _ in range(2)] == [status, status]


def test_a_full_process_answers_with_a_sentence_and_when_to_come_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    places: Places = app.extensions["places"]
    monkeypatch.setattr(places, "_patience_s", 0)
    places.take()
    client: FlaskClient = app.test_client()
    page, program = client.get("/work"), client.get("/api/v1/stream")
    assert (page.status_code, page.headers["Retry-After"], "<h1" in page.text) == (503, "2", True)
    assert (program.status_code, program.headers["Retry-After"], program.get_json()["type"]) == (503, "2", "/problems/unavailable")
    assert client.get("/healthz").status_code == 200
    places.give_back()
    assert client.get("/api/v1/stream").status_code == 200
