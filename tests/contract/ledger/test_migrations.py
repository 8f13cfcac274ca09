"""A revision that Alembic generates leads a database to the tables of all rooms, on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ledger.database import engine_for
from ledger.tables import PLANT_LOCK
from lotone import migrations


@pytest.fixture
def empty(ledger_url: str) -> Iterator[Engine]:
    engine = engine_for(ledger_url)
    yield engine
    engine.dispose()


def test_a_generated_revision_makes_every_table(empty: Engine, tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    with empty.begin() as connection:
        PLANT_LOCK.create(connection)
        connection.exec_driver_sql("INSERT INTO ledger_plant_lock VALUES ('riverside')")

    migrations.revise(empty, "everything", versions)
    assert not migrations.at_head(empty, versions)
    migrations.upgrade(empty, versions)
    migrations.upgrade(empty, versions)

    assert migrations.at_head(empty, versions)
    assert migrations.differences(empty) == []
    with empty.connect() as connection:
        assert connection.exec_driver_sql("SELECT plant FROM ledger_plant_lock").scalars().all() == ["riverside"]
