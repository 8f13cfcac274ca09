"""Installations for one purpose: with tables and a stepped clock, gone at the end."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ledger.clock import Mode
from ledger.settings import Settings, load_settings
from ledger.unit_of_work import Ledger
from lotone.network import free_port
from lotone.wiring import House, build_house

BEGINS_AT = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
"""Business time at which every demo begins: a Monday morning at the plant."""


@contextmanager
def fresh_installation(at: datetime = BEGINS_AT) -> Iterator[tuple[Settings, House]]:
    """Family, plant and sign-ins on a clock that is stepped from ``at``, without processes; gone at the end."""
    from lotone.seed import seed_installation

    with empty_installation(at) as (settings, house):
        seed_installation(house)
        yield settings, house


@contextmanager
def empty_installation(at: datetime = BEGINS_AT, mode: Mode = "stepped") -> Iterator[tuple[Settings, House]]:
    """Tables and a clock, stepped unless it is said otherwise; the environment points to it until the end, when it is gone.

    The database of ``LOTONE_DATABASE_URL`` is used when set (it must be empty), else SQLite in a folder of its own.
    """
    from lotone.migrate import migrate_database

    given = load_settings()
    home = Path(tempfile.mkdtemp(prefix="demo-", dir=given.home))
    environment = {
        "LOTONE_HOME": str(home),
        "LOTONE_PORT": str(free_port()),
        "LOTONE_SECRET_KEY": "",
        "LOTONE_VAULT_KEY": "",
        "LOTONE_PUBLIC_URL": "",
    }
    try:
        with _environment(environment):
            settings = load_settings()
            migrate_database(settings)
            house = build_house(settings)
            try:
                house.ledger.clock.begin(mode, at=at)
                yield settings, house
            finally:
                house.ledger.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def empty_ledger() -> Iterator[Ledger]:
    """A ledger on SQLite that nothing was written to, at the real time; gone at the end."""
    with _environment({"LOTONE_DATABASE_URL": ""}), empty_installation(datetime.now(UTC)) as (_, house):
        yield house.ledger


@contextmanager
def scratch_installation() -> Iterator[tuple[Settings, House]]:
    """Tables on SQLite at the real time; gone at the end."""
    with _environment({"LOTONE_DATABASE_URL": "", "LOTONE_BROKER_URL": ""}), empty_installation(datetime.now(UTC), "real") as made:
        yield made


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """The environment with these values, and as it was at the end."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
