"""Live pages: events on the wire, and never more streams than threads allow."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response

from presentation import live
from presentation.guard import public
from presentation.live import LiveEvent, stream
from presentation.site import init_site


@pytest.fixture
def app() -> Flask:
    app = Flask("try", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True)
    init_site(app, at_once=6)

    @app.get("/live")
    @public
    def events() -> Response:
        return stream([LiveEvent("changed", "two\nlines", "7"), None, LiveEvent("changed")])

    return app


def test_events_and_heartbeats_are_written_in_the_wire_form(app: Flask) -> None:
    response = app.test_client().get("/live")
    assert response.mimetype == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.text == ("retry: 2000\n\nid: 7\nevent: changed\ndata: two\ndata: lines\n\n: still here\n\nevent: changed\ndata: \n\n")


def test_a_third_of_the_threads_may_stream_and_a_closed_stream_is_free_again(app: Flask) -> None:
    client = app.test_client()
    first, second = (client.get("/live", buffered=False) for _ in range(2))
    refused = client.get("/live", headers={"Accept": "application/json"})
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    first.close()
    third = client.get("/live", buffered=False)
    assert third.status_code == 200
    second.close()
    third.close()


def test_a_stream_ends_after_its_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LONGEST_S", 0)
    asked = []

    def endless() -> Iterator[LiveEvent | None]:
        while True:
            asked.append(1)
            yield None

    assert "".join(live._written(endless())) == "retry: 2000\n\n: still here\n\n"
    assert asked == [1]
