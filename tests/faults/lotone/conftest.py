"""Installations of real processes, in a folder of the test's."""

from pathlib import Path

import pytest


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the embedded default, whatever this machine is set to."""
    for name, value in {"LOTONE_HOME": str(tmp_path), "LOTONE_DATABASE_URL": "", "LOTONE_BROKER_URL": "", "LOTONE_SMTP_URL": ""}.items():
        monkeypatch.setenv(name, value)
