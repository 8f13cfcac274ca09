"""What does a web process do before its first visitor comes, so that nobody waits for what is only slow once?"""

import importlib
import threading

from flask import Flask

from contracts.texts import LANGUAGES
from ledger.log import logger
from lotone.settling import settle

PAGES = ("/", "/studio/bicycle", "/studio/cabinet", "/studio/shirt", "/api/v1/openapi.json")

LATE = "ezdxf"
"""Imported where a product is cut: better before its order."""


def warm_up(app: Flask, *, pages: bool) -> threading.Thread:
    """Load what orders need and, for ``pages``, every template, the families' solvers and both languages, in a thread.

    ``/readyz`` does not wait for it.
    """
    thread = threading.Thread(target=_load, args=(app, pages), name="warm up", daemon=True)
    thread.start()
    return thread


def _load(app: Flask, pages: bool) -> None:
    if pages:
        _visit(app)
    importlib.import_module(LATE)
    settle()


def _visit(app: Flask) -> None:
    """The outermost edge of a thread: what fails here is reported, and fails again before the visitor who asks for it."""
    visitor = app.test_client()
    for language in LANGUAGES:
        for path in PAGES:
            answer = visitor.get(path, headers={"Accept-Language": language})
            if answer.status_code >= 500:
                logger("web").warning("warm-up.failed", path=path, status=answer.status_code)
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
