"""The ledgers that tests of every room run on."""

import importlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine
from sqlmodel import SQLModel

from ledger.clock import Clock
from ledger.database import engine_for
from ledger.files import Files
from ledger.unit_of_work import Ledger
from ledger.vault import Vault

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
"""Business time at which the stepped clock of a test ledger begins."""

settings.register_profile("short", max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("long", max_examples=500, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("LOTONE_TEST_PROFILE", "short"))


def new_ledger(engine: Engine, folder: Path) -> Ledger:
    """A ledger with every room's tables and a stepped clock."""
    for room in ("ledger", "configurator", "scheduler", "mes_bridge", "storefront"):
        importlib.import_module(f"{room}.tables")
    SQLModel.metadata.create_all(engine)
    clock = Clock(engine)
    clock.begin("stepped", at=START)
    return Ledger(engine, clock, Files(folder / "files"), Vault("11" * 32))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger on SQLite in the test's folder."""
    ledger = new_ledger(engine_for(f"sqlite:///{tmp_path / 'lotone.db'}"), tmp_path)
    yield ledger
    ledger.close()


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped afterwards."""
    server = os.environ.get("LOTONE_TEST_POSTGRESQL_URL")
    if not server:
        if os.environ.get("CI"):
            pytest.fail("LOTONE_TEST_POSTGRESQL_URL is not set; continuous integration must test on PostgreSQL")
        pytest.skip("LOTONE_TEST_POSTGRESQL_URL is not set")
    plain = server.replace("postgresql+psycopg://", "postgresql://")
    name = f"lotone_test_{uuid4().hex}"
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"postgresql+psycopg://{plain.removeprefix('postgresql://').rsplit('/', 1)[0]}/{name}"
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lotone.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def ledger_on(ledger_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger on each engine: for contract tests."""
    ledger = new_ledger(engine_for(ledger_url), tmp_path)
    yield ledger
    ledger.close()
