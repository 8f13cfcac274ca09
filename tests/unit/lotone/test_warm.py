"""Is everything that is slow once done before the first visitor comes?"""

import gc
from collections.abc import Iterator

import pytest
import structlog
from flask import Blueprint, Flask

from lotone.warm import LANGUAGES, PAGES, warm_up


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Of earlier tests: nothing left out of collections, and lines on standard output."""
    gc.unfreeze()
    structlog.reset_defaults()
    yield
    gc.unfreeze()


def test_what_is_loaded_then_is_left_out_of_later_collections() -> None:
    loaded = len(gc.get_objects())
    warm_up(Flask("warm"), pages=True).join()
    assert gc.get_freeze_count() > loaded / 2
    assert len(gc.get_objects()) < loaded / 2


def test_a_web_process_visits_its_own_front_pages_in_every_language() -> None:
    app, seen = Flask("warm"), []
    for path in PAGES:
        app.add_url_rule(path, path, lambda path=path: seen.append(path) or "well")
    warm_up(app, pages=True).join()
    assert sorted(seen) == sorted(PAGES * len(LANGUAGES))


def test_a_page_that_fails_is_reported_and_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    app = Flask("broken")
    pages = Blueprint("pages", __name__)

    @pages.get("/")
    def broken() -> str:
        raise RuntimeError("no database")

    app.register_blueprint(pages)
    app.logger.disabled = True
    warm_up(app, pages=True).join()
    assert "warm-up.failed" in capsys.readouterr().out
