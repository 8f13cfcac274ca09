"""One use case, one transaction: what it changes, the events it emits, the work it orders, in a single commit."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from contracts.access import Principal
from contracts.events import Event
from contracts.model import Contract, Instant
from contracts.ports import Transaction
from ledger import agenda, idempotency, inbox, jobs, outbox, outside
from ledger.clock import Clock
from ledger.database import asking, open_engine, reading, refusal, writing
from ledger.doorbell import Doorbell, announce
from ledger.files import Files
from ledger.log import logger
from ledger.quiet import AgendaClock, is_quiet, next_agenda_at
from ledger.settings import Settings
from ledger.tables import AUDIT, PLANT_LOCK
from ledger.upsert import inserted
from ledger.vault import Vault

SLOW_S = 0.1
"""A write transaction that is open longer than this is reported."""
_AUDITED = insert(AUDIT)
_LOCKED_PLANT = select(PLANT_LOCK.c.plant).where(PLANT_LOCK.c.plant == bindparam("of_plant")).with_for_update()


class LedgerTransaction:
    """An open write transaction. Everything asked of it happens at the commit, or not at all."""

    def __init__(self, ledger: "Ledger", connection: Connection, actor: Principal) -> None:
        self.connection = connection
        self.actor = actor
        self._ledger = ledger
        self._now: Instant | None = None
        self._events: list[Event] = []
        self._outcome: dict[str, Any] | None = None
        self._status: int | None = None
        self._found: dict[str, Any] = {}
        self.did: list[str] = []
        """What was asked so far: for the report of a slow transaction."""

    @cached_property
    def session(self) -> Session:
        """The same transaction for rows as objects; made when it is first asked for."""
        return Session(self.connection, expire_on_commit=False, join_transaction_mode="rollback_only")

    @property
    def now(self) -> Instant:
        """Business time, the same throughout the transaction."""
        if self._now is None:
            self._now = self._ledger.clock.now_in(self.connection)
        return self._now

    @property
    def real_now(self) -> Instant:
        return self._ledger.clock.real_now()

    def emit(self, event: Event) -> None:
        """Let the event leave at the commit."""
        self._events.append(event)
        self.did.append(event.type)

    def audit(self, action: str, subject: str, *, plant: str = "", facts: dict[str, Any] | None = None) -> None:
        """Record who did what to what; identifiers and product facts only, never personal values."""
        row = {
            "plant": plant,
            "at": self.now,
            "real_at": self.real_now,
            "actor": self.actor.id,
            "role": self.actor.role,
            "action": action,
            "subject": subject,
            "facts": facts or {},
        }
        self.connection.execute(_AUDITED, row)
        self.did.append(action)

    def lock_plant(self, plant: str) -> None:
        """Take the plant's lock until the end; first, before reading what the change rests on."""
        if self.connection.execute(_LOCKED_PLANT, {"of_plant": plant}).first() is None:
            inserted(self.connection, PLANT_LOCK, {"plant": plant})
            self.connection.execute(_LOCKED_PLANT, {"of_plant": plant}).one()

    def schedule(
        self, kind: str, key: str, due_at: Instant, content: dict[str, Any] | None = None, clock: AgendaClock = "business"
    ) -> None:
        """Have the agenda's handler of ``kind`` called at ``due_at``; replaces what was scheduled for the same (kind, key)."""
        agenda.schedule(self.connection, kind, key, due_at, content or {}, clock)

    def unschedule(self, kind: str, key: str) -> None:
        """Take it off the agenda; nothing there is no error."""
        agenda.unschedule(self.connection, kind, key)

    def enqueue(
        self,
        kind: str,
        key: str,
        content: dict[str, Any] | None = None,
        rest: timedelta = timedelta(0),
        longest: timedelta = timedelta(0),
    ) -> str:
        """Order long work; the job's id. A queued job of the same (kind, key) is used, with the new content.

        A new one begins after ``rest`` of real time, to be done for what else comes meanwhile, and rests anew with each
        that comes within ``longest``.
        """
        return jobs.enqueue(self.connection, kind, key, content or {}, self.real_now, rest, longest)

    def send(self, channel: str, key: str, content: dict[str, Any], lane: str | None = None) -> None:
        """Give a message to the relay; the same (channel, key) again is not sent twice. Those of one ``lane`` leave one after the other."""
        outside.send(self.connection, channel, key, content, self.real_now, lane)

    def take(self, consumer: str, message: str) -> bool:
        """Inbox: False when ``consumer`` took this message before, and then there is nothing to do."""
        return inbox.take(self.connection, consumer, message, self.real_now)

    def seal(self, person: str, content: Contract | dict[str, Any]) -> bytes:
        """Encrypt personal values under the person's key."""
        return self._ledger.vault.seal_content(self.session, person, content, self.real_now)

    def outcome(self, content: dict[str, Any], status: int | None = None) -> None:
        """What a repeated request is told when this one's answer is lost after the commit: ``{"order": id}``.

        With ``status`` it is the whole answer, and stored as such in this commit when the request is this one transaction.
        """
        self._outcome, self._status = content, status

    def once[T](self, name: str, look: Callable[[], T]) -> T:
        """What ``look`` finds, looked up once in the transaction: for what it reads again and again and does not change."""
        if name not in self._found:
            self._found[name] = look()
        found: T = self._found[name]
        return found

    def flush(self) -> None:
        """Write what the rows as objects hold, so that what follows in the transaction finds it."""
        if "session" in self.__dict__:
            self.session.flush()

    def complete(self) -> None:
        """Everything that is written last; the ledger calls it just before the commit."""
        self.flush()
        idempotency.mark_committed(self.connection, self._outcome, self._status, self.real_now)
        if self._events:
            outbox.append(self.connection, self._events, self.actor.id, self.now, self.real_now)
        announce(self.connection)

    def close(self) -> None:
        """Let go of the rows; the ledger calls it at the end, however that came."""
        if "session" in self.__dict__:
            self.session.close()


class Ledger:
    """The durable side of the installation; one a process."""

    def __init__(self, engine: Engine, clock: Clock, files: Files, vault: Vault) -> None:
        self.engine = engine
        self.clock = clock
        self.files = files
        self.vault = vault
        self.doorbell = Doorbell(engine)
        self.slow_transactions = 0
        """Write transactions that were open longer than ``SLOW_S``."""
        self._ask = asking(engine)
        self._read = reading(engine)
        self._write = writing(engine)
        self._writer = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._thread = threading.local()

    @classmethod
    def open(cls, settings: Settings) -> "Ledger":
        """The ledger that the settings name. Its tables come from the migrations."""
        engine = open_engine(settings)
        return cls(engine, Clock(engine), Files(settings.home / "files"), Vault(settings.vault_key))

    @contextmanager
    def transaction(self, actor: Principal) -> Iterator[LedgerTransaction]:
        """One use case's transaction: commits at the end, rolls back on any error. They do not nest.

        Raises Unavailable when the storage is full, stays locked, or ended this one of two that waited for each other.
        """
        if getattr(self._thread, "open", False):
            raise RuntimeError("a transaction is already open in this thread; pass it on instead")
        self._thread.open = True
        if self._writer is not None:
            self._writer.acquire()
        try:
            with self._write.connect() as connection:
                transaction = LedgerTransaction(self, connection, actor)
                began = time.perf_counter()
                try:
                    connection.begin()
                    began = time.perf_counter()
                    yield transaction
                    transaction.complete()
                    connection.commit()
                except OperationalError as error:
                    raise refusal(error) from error.orig
                finally:
                    transaction.close()
                    self._report(time.perf_counter() - began, transaction)
        finally:
            if self._writer is not None:
                self._writer.release()
            self._thread.open = False
        self.doorbell.ring()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one snapshot that cannot write."""
        with Session(self._read, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """A connection for a single statement that reads."""
        with self._ask.connect() as connection:
            yield connection

    def quiet(self) -> bool:
        """Whether nothing is left to do at the present business time. One query."""
        now = self.clock.now()
        with self.asking() as connection:
            return is_quiet(connection, now, self.clock.real_now())

    def next_agenda_at(self, clock: AgendaClock = "business") -> Instant | None:
        """When the next agenda row falls due."""
        with self.asking() as connection:
            return next_agenda_at(connection, clock)

    def close(self) -> None:
        """Give back threads and connections."""
        self.doorbell.close()
        self.engine.dispose()

    def _report(self, open_s: float, transaction: LedgerTransaction) -> None:
        if open_s > SLOW_S:
            self.slow_transactions += 1
            logger("ledger").warning("transaction.slow", milliseconds=round(open_s * 1000), actor=transaction.actor.id, did=transaction.did)


def session_of(transaction: Transaction) -> Session:
    """The session behind the opaque transaction of a port."""
    if not isinstance(transaction, LedgerTransaction):
        raise TypeError(f"not a ledger transaction: {type(transaction).__name__}")
    return transaction.session


def ledger_transaction(transaction: Transaction) -> LedgerTransaction:
    """The full transaction behind the opaque one of a port."""
    if not isinstance(transaction, LedgerTransaction):
        raise TypeError(f"not a ledger transaction: {type(transaction).__name__}")
    return transaction
