"""How a process learns at once that something was committed: one thread that listens, whoever waits is woken.

A ring says "look at the ledger", nothing more; a wait that times out looks as well, so that a lost ring costs time only.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, text

from ledger.database import is_sqlite
from ledger.log import logger

CHANNEL = "ledger"
_POLL_S = 0.01
_BUSY_POLL_S = 0.001
_BUSY_FOR_S = 0.05
"""After a change the file is looked at more often for a while: whoever works hand in hand with another process waits for it (``eager``)."""
_RECONNECT_S = 1.0


class Doorbell:
    """Starts its thread at the first wait, so after any fork of the process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.eager = True
        """Whether somebody waits for what this process does at a ring; to look more rarely costs the others less."""
        self._rung = threading.Condition()
        self._rings = 0
        self._listeners: list[Callable[[], None]] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._started_in: int | None = None

    @property
    def rings(self) -> int:
        """How often the bell rang so far; take it before looking, hand it to ``wait``."""
        self._start()
        with self._rung:
            return self._rings

    def wait(self, timeout_s: float, since: int | None = None) -> bool:
        """Sleep until the bell rings (again after ``since`` rings). False when ``timeout_s`` ran out."""
        self._start()
        with self._rung:
            seen = self._rings if since is None else since
            return self._rung.wait_for(lambda: self._rings != seen or self._stop.is_set(), timeout_s)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` in the bell's thread at every ring; it must be quick. The answer takes it off again."""
        with self._rung:
            self._listeners.append(listener)
        self._start()

        def leave() -> None:
            with self._rung:
                self._listeners.remove(listener)

        return leave

    def ring(self) -> None:
        """Wake everyone who waits in this process."""
        with self._rung:
            self._rings += 1
            self._rung.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def close(self) -> None:
        """End the thread and wake everyone."""
        self._stop.set()
        with self._rung:
            self._rung.notify_all()
            thread = self._thread
        if thread is not None and self._started_in == os.getpid() and thread is not threading.current_thread():
            thread.join(timeout=5)

    def _start(self) -> None:
        with self._rung:
            if self._started_in == os.getpid() or self._stop.is_set():
                return
            self._started_in = os.getpid()
            target = self._poll_sqlite if is_sqlite(self._engine) else self._listen_postgresql
            self._thread = threading.Thread(target=target, name="doorbell", daemon=True)
            self._thread.start()

    def _poll_sqlite(self) -> None:
        connection = sqlite3.connect(str(self._engine.url.database), timeout=30, check_same_thread=False)
        try:
            seen, changed_at = _data_version(connection), 0.0
            while not self._stop.wait(_BUSY_POLL_S if self.eager and time.monotonic() - changed_at < _BUSY_FOR_S else _POLL_S):
                version = _data_version(connection)
                if version != seen:
                    seen, changed_at = version, time.monotonic()
                    self.ring()
        finally:
            connection.close()

    def _listen_postgresql(self) -> None:
        address = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._stop.is_set():
            try:
                with psycopg.connect(address, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self.ring()
                    while not self._stop.is_set():
                        for _ in connection.notifies(timeout=0.5, stop_after=1):
                            self.ring()
            except psycopg.OperationalError as error:
                logger("doorbell").warning("doorbell.lost", error=type(error).__name__)
                self._stop.wait(_RECONNECT_S)


def announce(connection: Connection) -> None:
    """Ring the other processes' bells when this transaction commits (SQLite's file tells by itself)."""
    if not is_sqlite(connection):
        connection.execute(text(f"NOTIFY {CHANNEL}"))


def _data_version(connection: sqlite3.Connection) -> Any:
    return connection.execute("PRAGMA data_version").fetchone()[0]
