"""How a process learns at once that something was committed: one thread that listens, whoever waits is woken.

A ring says "look at the ledger", nothing more; a wait that times out looks as well, so that a lost ring costs time only.
PostgreSQL notifies. Beside a SQLite file lies a folder with a named pipe for each process that listens; who commits writes a byte into
each.
"""

import contextlib
import errno
import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from ledger.database import is_sqlite
from ledger.log import logger

CHANNEL = "ledger"
_STOP_LOOK_S = 0.5
_UNREAD = ".unread"
_RECONNECT_S = 1.0


class Doorbell:
    """Starts its thread at the first wait, so after any fork of the process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._name = ""
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
        """Wake everyone who waits, after a commit: here at once, elsewhere by their pipes. (PostgreSQL tells the others: ``announce``.)"""
        self._wake()
        knock(self._engine, besides=self._name)

    def _wake(self) -> None:
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
        if is_sqlite(self._engine):
            _write_into(f"{_folder(self._engine)}/{self._name}")
        if thread is not None and self._started_in == os.getpid() and thread is not threading.current_thread():
            thread.join(timeout=5)

    def _start(self) -> None:
        with self._rung:
            if self._started_in == os.getpid() or self._stop.is_set():
                return
            self._started_in = os.getpid()
            self._name = uuid4().hex
            target = self._listen_sqlite if is_sqlite(self._engine) else self._listen_postgresql
            self._thread = threading.Thread(target=target, name="doorbell", daemon=True)
            self._thread.start()

    def _listen_sqlite(self) -> None:
        while not self._stop.is_set():
            try:
                with _pipe(_folder(self._engine), self._name) as pipe:
                    self._wake()
                    rung = select.poll()
                    rung.register(pipe, select.POLLIN)
                    while not self._stop.is_set():
                        if rung.poll(_STOP_LOOK_S * 1000):
                            os.read(pipe, 65_536)
                            self._wake()
            except OSError as error:
                logger("doorbell").warning("doorbell.lost", error=type(error).__name__)
                self._stop.wait(_RECONNECT_S)

    def _listen_postgresql(self) -> None:
        """The driver is imported here: an installation on SQLite does without."""
        import psycopg

        address = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._stop.is_set():
            try:
                with psycopg.connect(address, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._wake()
                    while not self._stop.is_set():
                        for _ in connection.notifies(timeout=_STOP_LOOK_S, stop_after=1):
                            self._wake()
            except psycopg.OperationalError as error:
                logger("doorbell").warning("doorbell.lost", error=type(error).__name__)
                self._stop.wait(_RECONNECT_S)


def announce(connection: Connection) -> None:
    """Ring the other processes' bells when this transaction commits (for SQLite: ``knock`` after it)."""
    if not is_sqlite(connection):
        connection.execute(text(f"NOTIFY {CHANNEL}"))


def knock(engine: Engine, besides: str = "") -> None:
    """Write a byte into the pipe of every process that listens to this SQLite file; a pipe that nobody reads any more is removed."""
    if not is_sqlite(engine):
        return
    with contextlib.suppress(FileNotFoundError), os.scandir(_folder(engine)) as pipes:
        for pipe in pipes:
            if pipe.name != besides and not pipe.name.endswith(_UNREAD):
                _write_into(pipe.path)


def _write_into(path: str) -> None:
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno == errno.ENXIO:
            Path(path).unlink(missing_ok=True)
        return
    try:
        os.write(pipe, b"\0")
    except (BlockingIOError, BrokenPipeError):
        return  # It is full of rings that its reader has still to hear, or its reader has just gone.
    finally:
        os.close(pipe)


@contextmanager
def _pipe(folder: Path, name: str) -> Iterator[int]:
    """Our pipe, open for reading. It gets its name when it is open: one without a reader would be taken away."""
    folder.mkdir(exist_ok=True)
    unread = folder / f"{name}{_UNREAD}"
    os.mkfifo(unread, 0o600)
    pipe = os.open(unread, os.O_RDWR | os.O_NONBLOCK)
    try:
        unread.rename(folder / name)
        yield pipe
    finally:
        (folder / name).unlink(missing_ok=True)
        os.close(pipe)


def _folder(engine: Engine) -> Path:
    return Path(f"{engine.url.database}-bells")
