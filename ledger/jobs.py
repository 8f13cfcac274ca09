"""Long work: queued in a transaction, run under a lease with a fencing number, watched and cancelled by its id."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, exists, literal, or_, select, text, update

from contracts.model import Contract, Instant
from contracts.problems import NotFound, TransitionRefused
from ledger.columns import UtcInstant
from ledger.identifiers import new_id
from ledger.tables import JOB
from ledger.upsert import insert_or_update

_ORPHANED = and_(JOB.c.state == "running", JOB.c.lease_until < bindparam("real_now", type_=UtcInstant))
_READY = and_(JOB.c.state == "queued", or_(JOB.c.retry_at.is_(None), JOB.c.retry_at <= bindparam("real_now", type_=UtcInstant)))
_AWAITING = select(JOB.c.id).where(or_(_READY, _ORPHANED))


class Job(Contract):
    """A job as people and clients see it."""

    id: str
    kind: str
    key: str
    state: str
    """queued, running, done, failed or cancelled."""
    progress_done: int
    progress_total: int
    cancel_requested: bool
    result: dict[str, Any] | None
    error: str | None
    queued_at: Instant
    started_at: Instant | None
    finished_at: Instant | None


def enqueue(
    connection: Connection,
    kind: str,
    key: str,
    content: dict[str, Any],
    real_now: Instant,
    rest: timedelta = timedelta(0),
    longest: timedelta = timedelta(0),
) -> str:
    """Queue a job, or give the new content to the one already queued for (kind, key); its id.

    A new one begins after ``rest`` (real time) at the earliest, so that what is ordered meanwhile is done with it. One that still
    rests, and was queued less than ``longest`` ago, rests anew: while orders keep coming it waits for the last of them.
    """
    row = {
        "id": new_id("job"),
        "kind": kind,
        "key": key,
        "content": content,
        "state": "queued",
        "attempts": 0,
        "fence": 0,
        "progress_done": 0,
        "progress_total": 0,
        "cancel_requested": False,
        "queued_at": real_now,
        "retry_at": real_now + rest if rest else None,
    }
    change = {"content": content, "cancel_requested": False, "retry_at": _rests_until(real_now, rest, longest) if rest else None}
    statement = insert_or_update(connection, JOB, row, ("kind", "key"), change, where=text("state = 'queued'"))
    return str(connection.execute(statement.returning(JOB.c.id)).scalar_one())


def _rests_until(real_now: Instant, rest: timedelta, longest: timedelta) -> Any:
    """For the job that is queued already: one that may begin at once is not held up."""
    still_gathers = and_(JOB.c.retry_at.is_not(None), JOB.c.queued_at > real_now - longest)
    return case((still_gathers, literal(real_now + rest, UtcInstant)), else_=JOB.c.retry_at)


def job(connection: Connection, identifier: str) -> Job:
    """Raises NotFound."""
    columns = [JOB.c[name] for name in Job.model_fields]
    row = connection.execute(select(*columns).where(JOB.c.id == identifier)).first()
    if row is None:
        raise NotFound("job", identifier)
    return Job.model_validate(dict(row._mapping))


def jobs(connection: Connection, kind: str | None = None, key: str | None = None, limit: int = 50) -> list[Job]:
    """The newest jobs first."""
    query = select(*[JOB.c[name] for name in Job.model_fields]).order_by(JOB.c.queued_at.desc(), JOB.c.id.desc()).limit(limit)
    if kind is not None:
        query = query.where(JOB.c.kind == kind)
    if key is not None:
        query = query.where(JOB.c.key == key)
    return [Job.model_validate(dict(row._mapping)) for row in connection.execute(query)]


def failed(connection: Connection) -> list[Job]:
    """Jobs that failed for good and were not asked for again since, oldest first."""
    later = JOB.alias("later")
    again = exists().where(later.c.kind == JOB.c.kind, later.c.key == JOB.c.key, later.c.queued_at > JOB.c.queued_at)
    query = select(*[JOB.c[name] for name in Job.model_fields]).where(JOB.c.state == "failed", ~again).order_by(JOB.c.queued_at, JOB.c.id)
    return [Job.model_validate(dict(row._mapping)) for row in connection.execute(query)]


def awaiting(connection: Connection, real_now: Instant) -> set[str]:
    """Jobs that some runner should take now: queued ones, and running ones whose runner died and let the lease run out."""
    return set(connection.execute(_AWAITING, {"real_now": real_now}).scalars())


def cancel(connection: Connection, identifier: str, real_now: Instant) -> None:
    """A queued job is cancelled at once, a running one is asked to stop. Raises NotFound, TransitionRefused when it has ended."""
    query = select(JOB.c.state).where(JOB.c.id == identifier).with_for_update()
    state = connection.execute(query).scalar_one_or_none()
    if state is None:
        raise NotFound("job", identifier)
    if state not in ("queued", "running"):
        raise TransitionRefused("job", state, "cancelled")
    ended = {"state": "cancelled", "finished_at": real_now} if state == "queued" else {}
    connection.execute(update(JOB).where(JOB.c.id == identifier).values(cancel_requested=True, **ended))
