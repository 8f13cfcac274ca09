"""Settings come from the environment; missing keys are made once."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from contracts.problems import SettingInvalid
from ledger.settings import Settings, load_settings


def test_keys_are_made_once_and_only_readable_by_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path / "home"))

    first = load_settings()
    second = load_settings()

    assert (first.secret_key, first.vault_key) == (second.secret_key, second.vault_key)
    assert first.secret_key != first.vault_key
    assert len(bytes.fromhex(first.vault_key)) == 32
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "home").iterdir()} == {0o600}


def test_keys_of_the_environment_are_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path))
    monkeypatch.setenv("LOTONE_SECRET_KEY", "s")
    monkeypatch.setenv("LOTONE_VAULT_KEY", "22" * 32)

    assert load_settings().vault_key == "22" * 32
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:////x.db", "sqlite:////x.db"),
    ],
)
def test_the_database_url_names_the_driver_we_have(given: str, used: str) -> None:
    assert Settings(database_url=given).database == used


def test_the_database_lies_under_home_by_default(tmp_path: Path) -> None:
    assert Settings(home=tmp_path, database_url="").database == f"sqlite:///{tmp_path / 'lotone.db'}"


def test_a_port_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTONE_PORT", "70000")
    with pytest.raises(ValidationError, match="port"):
        Settings()


@pytest.mark.parametrize(("setting", "value"), [("LOTONE_PORT", "eighty"), ("LOTONE_PORT", "0"), ("LOTONE_CLOCK_RATE", "-1")])
def test_a_setting_that_cannot_be_used_is_named(setting: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path))
    monkeypatch.setenv(setting, value)
    with pytest.raises(SettingInvalid) as refused:
        load_settings()
    assert refused.value.params == {"setting": setting, "value": value}


def test_a_home_that_is_no_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path / "file"))
    with pytest.raises(SettingInvalid):
        load_settings()
