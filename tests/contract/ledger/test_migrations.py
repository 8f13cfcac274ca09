"""The migrations lead an empty database to the tables of all rooms, on both engines."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ledger.database import engine_for
from lotone import migrations


@pytest.fixture
def empty(ledger_url: str) -> Iterator[Engine]:
    engine = engine_for(ledger_url)
    yield engine
    engine.dispose()


def test_the_migrations_make_every_table(empty: Engine) -> None:
    migrations.upgrade(empty)
    migrations.upgrade(empty)
    assert migrations.at_head(empty)
    assert migrations.differences(empty) == []
