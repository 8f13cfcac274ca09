"""How is a populated database written down as text, a JSON line a row, and read into tables of the same release?"""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Date, DateTime, Engine, LargeBinary, MetaData, Table, func, insert, null, select, text
from sqlmodel import SQLModel

from ledger.files import Files

FOLDER = Path(__file__).parent


def write(engine: Engine, files: Files, target: Path) -> dict[str, int]:
    """Write every row and every file; how many rows of each table."""
    counts: dict[str, int] = {}
    with engine.connect() as connection, target.open("w", encoding="utf-8") as out:
        revision = MigrationContext.configure(connection).get_current_revision()
        out.write(_line({"revision": revision}))
        for sha256 in files.all():
            out.write(_line({"file": _bytes(files.get(sha256))}))
        for table in SQLModel.metadata.sorted_tables:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            counts[table.name] = len(rows)
            for row in rows:
                out.write(_line({"table": table.name, "row": {name: _plain(value) for name, value in row._mapping.items()}}))
    return counts


def revision_of(source: Path) -> str:
    """The revision of the migrations that the rows belong to."""
    with source.open(encoding="utf-8") as lines:
        revision: str = json.loads(next(lines))["revision"]
        return revision


def read(source: Path, engine: Engine, files: Files) -> None:
    """Put rows and files into an installation whose tables are those of ``revision_of``."""
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        for line in _lines(source):
            if "file" in line:
                files.put(base64.b64decode(line["file"]))
            elif "table" in line:
                table = tables.tables[line["table"]]
                connection.execute(insert(table).values({name: _stored(table, name, value) for name, value in line["row"].items()}))
        if connection.dialect.name == "postgresql":
            _continue_numbering(connection, tables)


def _lines(source: Path) -> Iterator[dict[str, Any]]:
    with source.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n"


def _bytes(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return _bytes(value)
    return value.isoformat() if isinstance(value, date) else value


def _stored(table: Table, name: str, value: Any) -> Any:
    """A value as the reflected column takes it."""
    column = table.c[name].type
    if value is None:
        return null()
    if isinstance(column, LargeBinary):
        return base64.b64decode(value)
    if isinstance(column, DateTime):
        moment = datetime.fromisoformat(value)
        return moment if column.timezone else moment.astimezone(UTC).replace(tzinfo=None)
    return date.fromisoformat(value) if isinstance(column, Date) else value


def _continue_numbering(connection: Connection, tables: MetaData) -> None:
    """Rows brought their numbers along; the next one follows the last."""
    for table in tables.tables.values():
        for column in table.primary_key.columns:
            sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar_one()
            if sequence is not None:
                last = connection.execute(select(func.max(column))).scalar_one()
                connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last or 1})
