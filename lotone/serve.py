"""How do the web processes serve? gunicorn with threads; the doorbell's thread starts after the fork."""

import gc
import importlib
import os
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from ledger.settings import Settings, load_settings

MOST_WORKERS = 4
"""Web processes at most when nobody says how many: one for each core, for a design is worked out on one."""


class WebApplication(BaseApplication):
    """gunicorn over ``lotone.web.create_app``, made in each worker process."""

    def __init__(self, settings: Settings, workers: int, *, pages: bool) -> None:
        self._settings = settings
        self._workers = workers
        self._pages = pages
        super().__init__()

    def load_config(self) -> None:
        from presentation.capacity import WAITING
        from presentation.live import streams_of

        options = {
            "bind": f"127.0.0.1:{self._settings.port}" if not self._settings.public_url else f"0.0.0.0:{self._settings.port}",
            "workers": self._workers,
            "worker_class": "gthread",
            # Those at work, streams, and those that wait; whoever comes beyond them is told so by one of these.
            "threads": self._settings.at_once + streams_of(self._settings.at_once) + WAITING,
            "timeout": 60,
            "graceful_timeout": 2,
            "keepalive": 30,
            "loglevel": "warning",
            "worker_tmp_dir": None,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        from lotone.warm import warm_up
        from lotone.web import create_app

        app = create_app(self._settings)
        warm_up(app, pages=self._pages)
        return app


@click.command()
@click.option("--workers", type=click.IntRange(1), help=f"Web processes; default: one for each core, {MOST_WORKERS} at most.")
@click.option("--no-browser", is_flag=True, help="Nobody will open a page: none is made ready before its first visitor.")
def web(workers: int | None, no_browser: bool) -> None:
    """Serve pages and API."""
    settings = load_settings()
    importlib.import_module("lotone.web")
    # What is loaded by now is shared by the web processes until one of them writes to it.
    gc.freeze()
    WebApplication(settings, workers or min(MOST_WORKERS, os.cpu_count() or 1), pages=not no_browser).run()
