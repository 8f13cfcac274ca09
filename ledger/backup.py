"""How an installation on SQLite is saved to one file and brought back: database and files, consistent while it runs.

The keys (``secret.key``, ``vault.key``) stay out: who has the backup alone cannot read personal values. Keep them elsewhere.
A person erased after the backup was made stays erased when it is restored over the same home.
"""

import io
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url, select

from contracts.model import sha256_of
from contracts.problems import Unavailable
from ledger.database import engine_for
from ledger.files import Files
from ledger.settings import Settings
from ledger.tables import PERSON_KEY

_DATABASE = "lotone.db"
"""The database's name in the archive."""


class BackupDamaged(Exception):
    """The file is no complete backup; nothing was changed."""


def write_backup(settings: Settings, target: Path) -> int:
    """Write the archive; the number of files beside the database. Raises Unavailable on PostgreSQL (use its own tools)."""
    database, files = _database_file(settings), Files(settings.home / "files")
    draft = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder, tarfile.open(draft, "w:gz") as archive:
            copy = Path(folder) / _DATABASE
            _copy_database(database, copy)
            archive.add(copy, _DATABASE)
            # Files are written before the rows that name them, so those found after the database's copy are a superset of its own.
            hashes = list(files.all())
            for sha256 in hashes:
                _add(archive, f"files/{sha256}", files.get(sha256))
            _add(archive, "MANIFEST", "\n".join([_sha256_of_file(copy), *hashes]).encode())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return len(hashes)


def read_backup(settings: Settings, source: Path) -> int:
    """Put the backup in the place of what the home holds; the number of files. The product must not be running.

    Raises BackupDamaged, before anything is changed; Unavailable on PostgreSQL.
    """
    present = _database_file(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=present.parent) as folder:
        database, contents = _unpacked(source, Path(folder))
        if present.exists():
            _erase_again(present, database)
        files = Files(settings.home / "files")
        for content in contents:
            files.put(content.read_bytes())
        for suffix in ("-wal", "-shm"):
            present.with_name(present.name + suffix).unlink(missing_ok=True)
        database.replace(present)
        return len(contents)


def _database_file(settings: Settings) -> Path:
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or url.database is None:
        raise Unavailable({"reason": "postgresql"})
    return Path(url.database)


def _unpacked(source: Path, folder: Path) -> tuple[Path, list[Path]]:
    """Database and files of the archive, each checked."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest = (folder / "MANIFEST").read_text().split("\n")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BackupDamaged(str(source)) from error
    database = folder / _DATABASE
    contents = [folder / "files" / sha256 for sha256 in manifest[1:]]
    if not database.is_file() or _sha256_of_file(database) != manifest[0]:
        raise BackupDamaged("the database in the backup is not whole")
    for content in contents:
        if not content.is_file() or _sha256_of_file(content) != content.name:
            raise BackupDamaged(f"file {content.name} in the backup is not whole")
    with closing(sqlite3.connect(database)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise BackupDamaged("the database in the backup is not sound")
    return database, contents


def _erase_again(present: Path, restored: Path) -> None:
    """Destroy in the restored database the keys of everyone who was erased in the present one."""
    engine = engine_for(f"sqlite:///{present}")
    with engine.connect() as connection:
        erased = connection.execute(
            select(PERSON_KEY.c.person, PERSON_KEY.c.destroyed_at).where(PERSON_KEY.c.destroyed_at.is_not(None))
        ).all()
    engine.dispose()
    engine = engine_for(f"sqlite:///{restored}")
    with engine.begin() as connection:
        for row in erased:
            connection.execute(
                PERSON_KEY.update().where(PERSON_KEY.c.person == row.person).values(wrapped=None, destroyed_at=row.destroyed_at)
            )
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _copy_database(source: Path, target: Path) -> None:
    """SQLite's own online backup: one consistent state, while others go on writing."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _sha256_of_file(path: Path) -> str:
    return sha256_of(path.read_bytes())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o600
    archive.addfile(member, io.BytesIO(content))
