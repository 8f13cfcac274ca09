"""A backup made while the product runs brings the same state back; a damaged one changes nothing."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from contracts.access import SYSTEM
from contracts.problems import NotFound, Unavailable
from ledger.backup import BackupDamaged, read_backup, write_backup
from ledger.database import open_engine
from ledger.people import People, PersonDetails
from ledger.settings import Settings
from ledger.unit_of_work import Ledger
from ledger.verify import verify


def settings_in(home: Path) -> Settings:
    return Settings(home=home, database_url="", vault_key="11" * 32)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def running(home: Path) -> Iterator[Ledger]:
    engine = open_engine(settings_in(home))
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    ledger = Ledger.open(settings_in(home))
    ledger.clock.begin("stepped", at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    yield ledger
    ledger.close()


def register(ledger: Ledger, name: str) -> str:
    with ledger.transaction(SYSTEM) as transaction:
        return People(ledger).register(transaction, PersonDetails(name=name))


def name_of(ledger: Ledger, person: str) -> str:
    with ledger.reading() as session:
        return People(ledger).details(session, person).name


def test_a_backup_restores_rows_and_files_into_an_empty_home(running: Ledger, home: Path, tmp_path: Path) -> None:
    person, drawing = register(running, "Ada"), running.files.put(b"drawing")
    assert write_backup(settings_in(home), tmp_path / "backup.tgz") == 1
    register(running, "Too late")

    elsewhere = settings_in(tmp_path / "elsewhere")
    read_backup(elsewhere, tmp_path / "backup.tgz")

    restored = Ledger.open(elsewhere)
    try:
        assert name_of(restored, person) == "Ada"
        assert restored.files.get(drawing) == b"drawing"
        assert all(balance.faults == () for balance in verify(restored))
    finally:
        restored.close()


def test_keys_are_not_in_the_backup(running: Ledger, home: Path, tmp_path: Path) -> None:
    (home / "vault.key").write_text("secret")
    write_backup(settings_in(home), tmp_path / "backup.tgz")
    read_backup(settings_in(tmp_path / "elsewhere"), tmp_path / "backup.tgz")
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["lotone.db"]


def test_a_backup_under_load_is_one_consistent_state(running: Ledger, home: Path, tmp_path: Path) -> None:
    begun, stop = threading.Event(), threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            with running.transaction(SYSTEM) as transaction:
                sha256 = running.files.put(str(number).encode())
                transaction.audit("test.first", sha256)
                transaction.audit("test.second", sha256)
            begun.set()
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    begun.wait()
    write_backup(settings_in(home), tmp_path / "backup.tgz")
    stop.set()
    worker.join()
    elsewhere = settings_in(tmp_path / "elsewhere")
    read_backup(elsewhere, tmp_path / "backup.tgz")

    restored = Ledger.open(elsewhere)
    try:
        with restored.reading() as session:
            rows = session.connection().exec_driver_sql("SELECT subject, count(*) FROM ledger_audit GROUP BY subject").all()
        assert rows
        assert {count for _, count in rows} == {2}
        assert all(restored.files.get(subject) for subject, _ in rows)
    finally:
        restored.close()


def test_who_was_erased_after_the_backup_stays_erased(running: Ledger, home: Path, tmp_path: Path) -> None:
    erased, kept = register(running, "Ada"), register(running, "Bob")
    write_backup(settings_in(home), tmp_path / "backup.tgz")
    with running.transaction(SYSTEM) as transaction:
        People(running).erase(transaction, erased)
    running.close()

    read_backup(settings_in(home), tmp_path / "backup.tgz")

    restored = Ledger.open(settings_in(home))
    try:
        assert name_of(restored, kept) == "Bob"
        with pytest.raises(NotFound):
            name_of(restored, erased)
    finally:
        restored.close()


@pytest.mark.parametrize("cut", [0.0, 0.5, 0.99])
def test_a_cut_off_backup_is_refused_and_nothing_changes(running: Ledger, home: Path, tmp_path: Path, cut: float) -> None:
    person = register(running, "Ada")
    backup = tmp_path / "backup.tgz"
    running.files.put(bytes(range(256)) * 40)
    write_backup(settings_in(home), backup)
    backup.write_bytes(backup.read_bytes()[: int(backup.stat().st_size * cut)])

    with pytest.raises(BackupDamaged):
        read_backup(settings_in(home), backup)
    assert name_of(running, person) == "Ada"


def test_postgresql_has_its_own_tools(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql://u@h/d", vault_key="11" * 32)
    with pytest.raises(Unavailable):
        write_backup(settings, tmp_path / "backup.tgz")
    with pytest.raises(Unavailable):
        read_backup(settings, tmp_path / "backup.tgz")
