"""A job's message in a folder: whole or not there, and had by one."""

import os
from pathlib import Path
from queue import Empty

import pytest
from celery import Celery

from ledger.settings import Settings
from lotone.celery_app import RUN_JOBS, make_celery


@pytest.fixture
def app(tmp_path: Path) -> Celery:
    return make_celery(Settings(home=tmp_path, database_url="", broker_url="", secret_key="a" * 64, vault_key="b" * 64))


def take(app: Celery) -> str:
    """The next message's task. Raises Empty."""
    with app.connection() as connection, connection.SimpleQueue("lotone.jobs") as queue:
        message = queue.get(block=False)
        message.ack()
        return str(message.headers["task"])


def test_a_message_is_taken_once(app: Celery) -> None:
    app.send_task(RUN_JOBS)
    assert take(app) == RUN_JOBS
    with pytest.raises(Empty):
        take(app)


def test_a_worker_that_looks_while_a_message_is_written_does_not_find_it(app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    put, looked = os.replace, []

    def look_first(written: Path, whole: Path) -> None:
        with pytest.raises(Empty):
            take(app)
        looked.append(whole)
        put(written, whole)

    monkeypatch.setattr("lotone.folders.os.replace", look_first)
    app.send_task(RUN_JOBS)
    assert len(looked) == 1
    assert take(app) == RUN_JOBS
