"""How to insert a row that may already be there, on both engines."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from ledger.database import is_sqlite


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Insert:
    """An insert that leaves an existing row (of the same unique key) as it is. Its ``rowcount`` tells nothing; see ``inserted``."""
    insert = sqlite.insert(table) if is_sqlite(connection) else postgresql.insert(table)
    return insert.values(values).on_conflict_do_nothing()


def inserted(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert the row now unless one of the same unique key is there; whether it was inserted."""
    return connection.execute(_inserting(is_sqlite(connection), table), values).first() is not None


@cache
def _inserting(sqlite_dialect: bool, table: Table) -> Any:
    """Composed once for each table; the columns are those of the values."""
    insert = sqlite.insert(table) if sqlite_dialect else postgresql.insert(table)
    return insert.on_conflict_do_nothing().returning(next(iter(table.primary_key.columns)))


def insert_or_update(
    connection: Connection, table: Table, values: Mapping[str, Any], on: Sequence[str], change: Mapping[str, Any], where: Any = None
) -> Insert:
    """An insert that changes the existing row with the same ``on`` columns; ``where`` names a partial index."""
    if is_sqlite(connection):
        return sqlite.insert(table).values(values).on_conflict_do_update(index_elements=on, index_where=where, set_=change)
    return postgresql.insert(table).values(values).on_conflict_do_update(index_elements=on, index_where=where, set_=change)
