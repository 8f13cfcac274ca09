"""Does the whole pipeline run without a browser, on both settings? The product's own demo, in real processes.

Twenty-five orders cost about 80 s of processor time over all processes; each test took three and a half minutes of wall time on two
cores that other work kept busy.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def play(tmp_path: Path, orders: int, **settings: str) -> dict[str, object]:
    environment = {**os.environ, "LOTONE_HOME": str(tmp_path), "LOTONE_DATABASE_URL": "", "LOTONE_BROKER_URL": "", **settings}
    done = subprocess.run(
        [sys.executable, "-m", "lotone", "demo", "--orders", str(orders), "--seed", "1", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    document: dict[str, object] = json.loads(done.stdout)
    return document


def everything_is_accounted_for(document: dict[str, object], orders: int) -> None:
    counted = document["orders"]
    assert isinstance(counted, dict)
    assert counted["placed"] + counted["refused"] == orders
    assert counted["completed"] + counted["cancelled"] == counted["placed"] > 0
    assert counted["lost"] == counted["made_twice"] == 0
    items = document["items"]
    assert isinstance(items, list)
    assert all(item["certificate"] for item in items)


def test_the_demo_accounts_for_every_order_on_the_embedded_default(tmp_path: Path) -> None:
    document = play(tmp_path, 25)
    everything_is_accounted_for(document, 25)
    assert document["nonconformances"], "a run without any rework proves nothing about the loop"


@pytest.mark.postgresql
@pytest.mark.rabbitmq
def test_the_demo_accounts_for_every_order_on_postgresql_and_rabbitmq(tmp_path: Path, postgresql_url: str) -> None:
    broker = os.environ.get("LOTONE_TEST_RABBITMQ_URL")
    if broker is None:
        assert not os.environ.get("CI"), "LOTONE_TEST_RABBITMQ_URL is required here"
        pytest.skip("needs RabbitMQ: set LOTONE_TEST_RABBITMQ_URL")
    everything_is_accounted_for(play(tmp_path, 25, LOTONE_DATABASE_URL=postgresql_url, LOTONE_BROKER_URL=broker), 25)


@pytest.mark.long
def test_the_demo_with_a_hundred_orders(tmp_path: Path) -> None:
    document = play(tmp_path, 100)
    everything_is_accounted_for(document, 100)
    assert document["nonconformances"]
