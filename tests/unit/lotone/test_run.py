"""What does `lotone run` begin with?"""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from contracts.problems import DatabaseForeign
from lotone.migrate import migrate_database
from lotone.occupied import occupying
from lotone.run import DEMO_RATE, run, settings_of_run


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


HOLDER = """
import sys
from pathlib import Path
from lotone.occupied import occupying
with occupying(Path(sys.argv[1])):
    print("mine", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_runs(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the home, as the first `lotone run` has it from its first moment."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        yield holder


def test_a_second_run_in_one_folder_is_refused_in_one_sentence_and_touches_nothing(tmp_path: Path) -> None:
    with another_runs(tmp_path):
        before = sorted(path.name for path in tmp_path.iterdir())
        second = CliRunner().invoke(run)
    assert second.exit_code == 1
    assert second.output == f"LotOne is already running or starting in this folder ({tmp_path}).\n"
    assert sorted({*before, "secret.key", "vault.key"}) == sorted(path.name for path in tmp_path.iterdir())


def test_a_folder_is_free_again_when_its_run_was_killed(tmp_path: Path) -> None:
    with another_runs(tmp_path) as first:
        first.kill()
    with occupying(tmp_path):
        pass


def test_a_taken_port_is_refused_before_anything_is_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("LOTONE_PORT", str(port))
        refused = CliRunner().invoke(run)
    assert refused.exit_code == 1
    assert refused.output.startswith(f"Port {port} is taken")
    assert not (tmp_path / "lotone.db").exists()
