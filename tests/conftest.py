"""The ledgers that tests of every room run on."""

import atexit
import fcntl
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine
from sqlmodel import SQLModel

from ledger.clock import Clock
from ledger.database import engine_for
from ledger.files import Files
from ledger.unit_of_work import Ledger
from ledger.vault import Vault

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
"""Business time at which the stepped clock of a test ledger begins."""

settings.register_profile("short", max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("long", max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("LOTONE_TEST_PROFILE", "short"))


def create_tables(engine: Engine) -> None:
    """Every room's tables, in a new database; a SQLite file is copied from the first one of the process."""
    if engine.dialect.name == "sqlite":
        shutil.copyfile(_sqlite_template(), str(engine.url.database))
    else:
        _create_tables(engine)


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="lotone-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = engine_for(f"sqlite:///{folder / 'template.db'}")
    _create_tables(engine)
    engine.dispose()
    return folder / "template.db"


def _create_tables(engine: Engine) -> None:
    for room in ("ledger", "configurator", "scheduler", "mes_bridge", "storefront"):
        importlib.import_module(f"{room}.tables")
    SQLModel.metadata.create_all(engine)


def new_ledger(engine: Engine, folder: Path) -> Ledger:
    """A ledger with a stepped clock on a database that has the tables."""
    clock = Clock(engine)
    clock.begin("stepped", at=START)
    return Ledger(engine, clock, Files(folder / "files"), Vault("11" * 32))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger on SQLite in the test's folder."""
    engine = engine_for(f"sqlite:///{tmp_path / 'lotone.db'}")
    create_tables(engine)
    ledger = new_ledger(engine, tmp_path)
    yield ledger
    ledger.close()


@pytest.fixture(autouse=True)
def one_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that use the broker's only virtual host wait for each other, whichever process runs them."""
    if request.node.get_closest_marker("rabbitmq") is None:
        yield
        return
    with (Path(tempfile.gettempdir()) / "lotone-tests-rabbitmq.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """The URL of the server that database tests may use."""
    server = os.environ.get("LOTONE_TEST_POSTGRESQL_URL")
    if not server and os.environ.get("CI"):
        pytest.fail("LOTONE_TEST_POSTGRESQL_URL is not set; continuous integration must test on PostgreSQL")
    if not server:
        pytest.skip("LOTONE_TEST_POSTGRESQL_URL is not set")
    return server.replace("postgresql+psycopg://", "postgresql://")


@contextmanager
def database(server: str) -> Iterator[str]:
    """The name of a new database, dropped at the end."""
    name = f"lotone_test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    try:
        yield name
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def url_of(server: str, name: str) -> str:
    return f"postgresql+psycopg://{server.removeprefix('postgresql://').rsplit('/', 1)[0]}/{name}"


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped afterwards."""
    with database(postgresql_server) as name:
        yield url_of(postgresql_server, name)


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_server: str) -> Iterator[str]:
    """A database with every room's tables, for one test after the other: to create and drop one takes longer than most tests."""
    with database(postgresql_server) as name:
        engine = engine_for(url_of(postgresql_server, name))
        create_tables(engine)
        engine.dispose()
        yield name


def leave_empty(server: str, name: str) -> None:
    """End whoever is still connected, and take every row and number away."""
    with psycopg.connect(url_of(server, name).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        used = [
            name
            for name in tables
            if connection.execute(SQL("SELECT EXISTS (SELECT FROM {})").format(Identifier(name))).fetchone() == (True,)
        ]
        if used:
            connection.execute(SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(SQL(", ").join(map(Identifier, used))))


on_both = pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])


@on_both
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lotone.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@on_both
def ledger_on(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger on each engine: for contract tests."""
    with ExitStack() as cleanup:
        if request.param == "sqlite":
            engine = engine_for(f"sqlite:///{tmp_path / 'lotone.db'}")
            create_tables(engine)
        else:
            server = request.getfixturevalue("postgresql_server")
            name = request.getfixturevalue("postgresql_tables")
            cleanup.callback(leave_empty, server, name)
            engine = engine_for(url_of(server, name))
        ledger = new_ledger(engine, tmp_path)
        cleanup.callback(ledger.close)
        yield ledger
