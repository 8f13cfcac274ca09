"""What does `lotone run` begin with?"""

import sqlite3
from pathlib import Path

import pytest

from contracts.problems import DatabaseForeign
from lotone.migrate import migrate_database
from lotone.run import DEMO_RATE, settings_of_run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path))
    monkeypatch.delenv("LOTONE_CLOCK_RATE", raising=False)


def test_the_demo_runs_faster_than_real_time_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of_run().clock_rate == DEMO_RATE == 120
    monkeypatch.setenv("LOTONE_CLOCK_RATE", "1")
    assert settings_of_run().clock_rate == 1


def test_production_runs_in_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTONE_PRODUCTION", "true")
    assert settings_of_run().clock_rate == 1


def test_a_database_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    settings = settings_of_run()
    migrate_database(settings)
    with sqlite3.connect(tmp_path / "lotone.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'tomorrow'")
    database.close()
    with pytest.raises(DatabaseForeign):
        migrate_database(settings)
