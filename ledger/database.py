"""How the database is opened: SQLite (WAL, FULL, writers one after the other) or PostgreSQL."""

import sqlite3
import time

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from contracts.problems import Unavailable
from ledger.settings import Settings

WRITING = "ledger_writing"
"""Execution option: True for transactions that will write (SQLite: BEGIN IMMEDIATE), False for those that must not."""
ALONE = "ledger_alone"
"""Execution option: each statement stands alone, without a transaction around it."""

DISK_FULL = "53100"
DEADLOCK = "40P01"
"""PostgreSQL's SQLSTATEs (appendix A of its manual)."""
_PATIENCE_S = 30
"""Real time that a writer waits for its turn."""
_LOOK_S = 0.0005
"""Real time between two looks at whether it has come. SQLite's own waiting sleeps ever longer, many times what a transaction takes."""


def open_engine(settings: Settings) -> Engine:
    """The engine for the settings' database."""
    return engine_for(settings.database)


def engine_for(url: str) -> Engine:
    """An engine for ``sqlite:///FILE`` or ``postgresql+psycopg://…``. Error texts hide parameters: they may be personal."""
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        engine = create_engine(url, hide_parameters=True, pool_size=10, max_overflow=40, connect_args={"timeout": _PATIENCE_S})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend == "postgresql":
        return create_engine(url, hide_parameters=True, pool_size=10, max_overflow=40, pool_pre_ping=True)
    raise ValueError(f"LOTONE_DATABASE_URL names the database {backend!r}; use sqlite or postgresql")


def is_sqlite(engine: Engine | Connection) -> bool:
    return engine.dialect.name == "sqlite"


def writing(engine: Engine) -> Engine:
    """The same pool, for transactions that write."""
    return engine.execution_options(**{WRITING: True})


def reading(engine: Engine) -> Engine:
    """The same pool, for transactions that only read, each on one snapshot."""
    if is_sqlite(engine):
        return engine.execution_options(**{WRITING: False})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def asking(engine: Engine) -> Engine:
    """The same pool, for a single statement that reads: it is one snapshot by itself and costs no transaction."""
    return engine.execution_options(**{ALONE: True}) if is_sqlite(engine) else engine.execution_options(isolation_level="AUTOCOMMIT")


def refusal(error: OperationalError) -> Exception:
    """What to tell the caller: Unavailable when the storage is full, stays locked or locked two crosswise, else the error itself."""
    state = getattr(error.orig, "sqlstate", None)
    if state == DISK_FULL or "disk is full" in str(error.orig):
        return Unavailable({"reason": "storage-full"})
    if state == DEADLOCK or "database is locked" in str(error.orig):
        return Unavailable({"reason": "storage-busy"})
    return error


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_PATIENCE_S * 1000}", "cache_size=-16000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(ALONE):
        return
    writes = options.get(WRITING)
    query_only = writes is False
    if connection.info.get("query_only", False) is not query_only:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if query_only else 'OFF'}")
        connection.info["query_only"] = query_only
    if writes:
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Begin as soon as no other process writes."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute("PRAGMA busy_timeout=0")
    try:
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                    return
                time.sleep(_LOOK_S)
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout={_PATIENCE_S * 1000}")
