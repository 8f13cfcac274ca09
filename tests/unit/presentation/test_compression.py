"""Pages travel compressed to who takes it, and whole to who does not."""

import gzip

import pytest
from flask import Flask, Response

from presentation.guard import public
from presentation.site import init_site

LONG = "long " * 1000


@pytest.fixture
def app() -> Flask:
    app = Flask("pages", static_folder=None)
    app.config.update(SECRET_KEY="pages", TESTING=True)
    init_site(app)
    for name, content, media_type in (("long", LONG, "text/html"), ("short", "short", "text/html"), ("paper", LONG, "application/pdf")):
        app.add_url_rule(f"/{name}", name, public(lambda content=content, kind=media_type: Response(content, mimetype=kind)))
    app.add_url_rule("/stream", "stream", public(lambda: Response(iter([LONG]), mimetype="text/html")))
    return app


def test_a_long_page_is_compressed_for_who_takes_it(app: Flask) -> None:
    answer = app.test_client().get("/long", headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(answer.data).decode() == LONG


@pytest.mark.parametrize(
    ("place", "takes"), [("/long", ""), ("/long", "gzip;q=0"), ("/short", "gzip"), ("/paper", "gzip"), ("/stream", "gzip")]
)
def test_everything_else_comes_as_it_is(app: Flask, place: str, takes: str) -> None:
    answer = app.test_client().get(place, headers={"Accept-Encoding": takes})
    assert "Content-Encoding" not in answer.headers
    assert answer.text in (LONG, "short")
