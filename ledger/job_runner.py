"""Who runs long work: takes a job under a lease, keeps the lease alive, records its end."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, or_, select, update
from sqlalchemy.engine import Row

from contracts.access import SYSTEM, Principal
from contracts.problems import StaleFence
from ledger.log import logger
from ledger.retry import pause, told
from ledger.tables import JOB
from ledger.unit_of_work import Ledger, LedgerTransaction

ATTEMPTS = 3
"""A job that failed (or whose runner died) so often is failed for good."""
LEASE = timedelta(seconds=15)


class JobCancelled(Exception):
    """Somebody cancelled the job; the handler lets this pass."""


class JobRun:
    """A job in the hands of its handler."""

    def __init__(self, ledger: Ledger, row: Row[Any], lease: timedelta) -> None:
        self.id: str = row.id
        self.kind: str = row.kind
        self.key: str = row.key
        self.content: dict[str, Any] = row.content
        self.fence: int = row.fence
        self.result: dict[str, Any] = {}
        """What the job's page shows at the end; set by the handler."""
        self.ended = False
        self._ledger = ledger
        self._lease = lease

    def progress(self, done: int, total: int) -> None:
        """Tell how far it is. Raises JobCancelled, or StaleFence when the lease was lost."""
        with self._ledger.transaction(SYSTEM) as transaction:
            asked_to_stop = self._hold(transaction, progress_done=done, progress_total=total)
        if asked_to_stop:
            raise JobCancelled(self.id)

    @contextmanager
    def transaction(self, actor: Principal = SYSTEM) -> Iterator[LedgerTransaction]:
        """A transaction that commits only while this run still holds the job. Raises StaleFence."""
        with self._ledger.transaction(actor) as transaction:
            self._hold(transaction)
            yield transaction

    def finish(self, transaction: LedgerTransaction, result: dict[str, Any]) -> None:
        """Mark the job done in the transaction of its effect: then the effect happens once, whatever dies when."""
        self._update(transaction.session.connection(), state="done", result=result, finished_at=transaction.real_now, lease_until=None)
        self.ended = True

    def extend(self) -> None:
        """Keep the lease. Raises StaleFence."""
        with self._ledger.transaction(SYSTEM) as transaction:
            self._hold(transaction)

    def _hold(self, transaction: LedgerTransaction, **values: Any) -> bool:
        row = self._update(transaction.session.connection(), lease_until=transaction.real_now + self._lease, **values)
        return bool(row.cancel_requested)

    def _update(self, connection: Connection, **values: Any) -> Row[Any]:
        mine = and_(JOB.c.id == self.id, JOB.c.fence == self.fence, JOB.c.state == "running")
        row = connection.execute(update(JOB).where(mine).values(**values).returning(JOB.c.cancel_requested)).first()
        if row is None:
            raise StaleFence({"job": self.id})
        return row


class JobRunner:
    """Runs jobs one after the other; any number of runners may work on one ledger."""

    def __init__(self, ledger: Ledger, handlers: Mapping[str, Callable[[JobRun], None]], lease: timedelta = LEASE) -> None:
        self._ledger = ledger
        self._handlers = dict(handlers)
        self._lease = lease

    def run_once(self) -> bool:
        """Take one job and run it to its end. False when there was none to take."""
        run = self._claim()
        if run is None:
            return False
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(run, over), name=f"lease {run.id}", daemon=True)
        keeper.start()
        try:
            self._handlers[run.kind](run)
        except JobCancelled:
            self._end(run, state="cancelled")
        except StaleFence:
            logger("ledger").warning("job.lease_lost", job=run.id, kind=run.kind)
        except Exception as error:  # noqa: BLE001 - the outermost edge of a handler: the failure is recorded and shown
            logger("ledger").error("job.failed", job=run.id, kind=run.kind, exc_info=True)
            self._fail(run, told(error))
        else:
            if not run.ended:
                self._end(run, state="done", result=run.result)
        finally:
            over.set()
            keeper.join()
        return True

    def _claim(self) -> JobRun | None:
        with self._ledger.reading() as session:
            if session.connection().execute(self._takable().limit(1)).first() is None:
                return None
        with self._ledger.transaction(SYSTEM) as transaction:
            connection = transaction.session.connection()
            now = transaction.real_now
            self._give_up_dead(connection)
            row = connection.execute(self._takable().limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            claimed = connection.execute(
                update(JOB)
                .where(JOB.c.id == row.id)
                .values(state="running", fence=JOB.c.fence + 1, attempts=JOB.c.attempts + 1, lease_until=now + self._lease, started_at=now)
                .returning(JOB.c.id, JOB.c.kind, JOB.c.key, JOB.c.content, JOB.c.fence)
            ).one()
        return JobRun(self._ledger, claimed, self._lease)

    def _takable(self) -> Any:
        """Queued jobs of our kinds with no other of their (kind, key) running, and running ones whose lease ran out."""
        now = self._ledger.clock.real_now()
        other = JOB.alias("other")
        busy = exists(
            select(other.c.id).where(
                other.c.kind == JOB.c.kind, other.c.key == JOB.c.key, other.c.state == "running", other.c.id != JOB.c.id
            )
        )
        queued = and_(JOB.c.state == "queued", or_(JOB.c.retry_at.is_(None), JOB.c.retry_at <= now), ~busy)
        expired = and_(JOB.c.state == "running", JOB.c.lease_until < now)
        return select(JOB.c.id).where(JOB.c.kind.in_(list(self._handlers)), or_(expired, queued)).order_by(JOB.c.queued_at, JOB.c.id)

    def _give_up_dead(self, connection: Connection) -> None:
        now = self._ledger.clock.real_now()
        expired = and_(JOB.c.state == "running", JOB.c.lease_until < now)
        ended = {"finished_at": now, "lease_until": None}
        connection.execute(update(JOB).where(expired, JOB.c.cancel_requested).values(state="cancelled", **ended))
        connection.execute(
            update(JOB).where(expired, JOB.c.attempts >= ATTEMPTS).values(state="failed", error="its runner died again and again", **ended)
        )

    def _keep(self, run: JobRun, over: threading.Event) -> None:
        while not over.wait(self._lease.total_seconds() / 3):
            try:
                run.extend()
            except StaleFence:
                return

    def _end(self, run: JobRun, **values: Any) -> None:
        with self._ledger.transaction(SYSTEM) as transaction:
            try:
                run._update(transaction.session.connection(), finished_at=transaction.real_now, lease_until=None, **values)
            except StaleFence:
                logger("ledger").warning("job.lease_lost", job=run.id, kind=run.kind)

    def _fail(self, run: JobRun, error: str) -> None:
        with self._ledger.transaction(SYSTEM) as transaction:
            connection = transaction.session.connection()
            attempts = connection.execute(select(JOB.c.attempts).where(JOB.c.id == run.id)).scalar_one()
            follower = select(JOB.c.id).where(JOB.c.kind == run.kind, JOB.c.key == run.key, JOB.c.state == "queued")
            final = attempts >= ATTEMPTS or connection.execute(follower).first() is not None
        if final:
            self._end(run, state="failed", error=error)
        else:
            self._requeue(run, error, attempts)

    def _requeue(self, run: JobRun, error: str, attempts: int) -> None:
        with self._ledger.transaction(SYSTEM) as transaction:
            run._update(
                transaction.session.connection(),
                state="queued",
                error=error,
                lease_until=None,
                retry_at=transaction.real_now + pause(attempts),
            )
