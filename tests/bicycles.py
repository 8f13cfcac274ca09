"""A shop that sells bicycles: the configurator alone, its dates made up from the work."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask

import configurator
from configurator.service import Service
from configurator.web import blueprint
from contracts.access import SYSTEM
from contracts.model import Instant
from contracts.promise import PromiseQuote, PromiseRequest
from contracts.texts import Message
from ledger.database import engine_for
from presentation.site import init_site
from tests.conftest import create_tables, new_ledger

BICYCLE = (Path(configurator.__file__).parent / "families" / "bicycle.yaml").read_text("utf-8")


class Weeks:
    """Promised dates without a plant: a week, and a day for each two hours of work."""

    def __init__(self, now: Instant) -> None:
        self._now = now

    def quote(self, requests: Sequence[PromiseRequest]) -> list[PromiseQuote]:
        work_s = [sum(operation.run_s for operation in each.routing) for each in requests]
        dates = [self._now + timedelta(days=7 + seconds // 7200) for seconds in work_s]
        binding = Message(id="scheduler.binding.work")
        return [
            PromiseQuote(key=each.key, finish_at=at, promised_at=at, binding=binding, country="NL")
            for each, at in zip(requests, dates, strict=True)
        ]


@contextmanager
def bicycle_shop(folder: Path) -> Iterator[Service]:
    """The configurator with the bicycle published, on SQLite in the folder."""
    engine = engine_for(f"sqlite:///{folder / 'lotone.db'}")
    create_tables(engine)
    ledger = new_ledger(engine, folder)
    service = Service(ledger, Weeks(ledger.clock.now()))
    service.publish_family(BICYCLE, SYSTEM, proved=True)
    yield service
    ledger.close()


def studio_app(service: Service, *, forgery_checked: bool) -> Flask:
    """The studio's pages alone."""
    app = Flask("studio", static_folder=None)
    app.config.update(SECRET_KEY="studio", TESTING=True, WTF_CSRF_ENABLED=forgery_checked)
    init_site(app)
    app.register_blueprint(blueprint(service))
    return app
