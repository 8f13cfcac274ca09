"""What does `lotone run` begin with?"""

from pathlib import Path

import pytest

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
