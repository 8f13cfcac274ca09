"""Is the product alive, ready, busy? And what time is it there?"""

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from contracts.access import Permission
from contracts.model import Contract, Instant
from contracts.problems import NotFound, Unavailable
from ledger.jobs import Job, cancel, job
from ledger.tables import DELIVERY, JOB, OUTSIDE
from lotone.refusals import Refusals
from lotone.wiring import House
from presentation.api import answer, body, describe
from presentation.guard import current_principal, public, requires

QUIET_WITHIN_S = 5.0
_LOOK_S = 0.05


class ClockState(Contract):
    """Business time; ``rate`` is business seconds a real second."""

    mode: str
    rate: int
    now: Instant


class Advance(Contract):
    """Step towards ``to``; null means to the next thing that falls due."""

    to: Instant | None = None


class Advanced(Contract):
    """``advanced`` is False when nothing could be done; ``idle`` when nothing is due either."""

    now: Instant
    advanced: bool
    idle: bool


def blueprint(house: House, refusals: Refusals) -> Blueprint:
    """Probes, metrics, jobs and the clock."""
    pages = Blueprint("probes", __name__)
    ledger = house.ledger

    @pages.get("/healthz")
    @public
    def healthz() -> Response:
        return answer({"status": "alive"})

    @pages.get("/readyz")
    @public
    def readyz() -> Response:
        try:
            ledger.clock.now()
            ready = house.configurator.is_for_sale()
        except SQLAlchemyError as error:
            current_app.logger.warning("not ready: %s", type(error).__name__)
            ready = False
        if not ready:
            raise Unavailable({"what": "database"}, extra={"retry_after_s": 2})
        return answer({"status": "ready"})

    @pages.get("/metrics")
    @public
    def metrics() -> Response:
        return current_app.response_class(generate_latest(_measured(house, refusals)), content_type=CONTENT_TYPE_LATEST)

    @pages.get("/api/v1/clock")
    @describe("Business time", answers={200: ClockState})
    @public
    def clock() -> Response:
        return answer(ClockState(mode=ledger.clock.mode, rate=ledger.clock.rate, now=ledger.clock.now()))

    @pages.post("/api/v1/clock/advance")
    @describe("Step business time (stepped mode only)", body=Advance, answers={200: Advanced})
    @requires(Permission.STEP_CLOCK)
    def advance() -> Response:
        return answer(_advance(house, body(Advance).to))

    @pages.get("/api/v1/jobs/<identifier>")
    @describe("A long work's progress and result, for whoever was given its identifier", answers={200: Job}, problems=(NotFound,))
    @requires(Permission.VIEW_CATALOGUE)
    def show_job(identifier: str) -> Response:
        with ledger.reading() as reading:
            found = job(reading.connection(), identifier)
        hidden = {} if found.error is None or current_principal().may(Permission.VIEW_PLAN) else {"error": found.state}
        return answer(found.model_copy(update=hidden))

    @pages.post("/api/v1/jobs/<identifier>/cancel")
    @describe("Cancel a long work", answers={200: "application/json"}, problems=(NotFound,))
    @requires(Permission.CHANGE_PLAN)
    def cancel_job(identifier: str) -> Response:
        with ledger.transaction(current_principal()) as transaction:
            cancel(transaction.session.connection(), identifier, transaction.real_now)
            transaction.audit("job.cancel", identifier)
        with ledger.reading() as reading:
            return answer(job(reading.connection(), identifier))

    return pages


def _advance(house: House, to: Instant | None) -> Advanced:
    """Wait until the ledger is quiet, then step; never past the next due agenda row."""
    ledger = house.ledger
    before = ledger.clock.now()
    for _ in range(int(QUIET_WITHIN_S / _LOOK_S)):
        seen = ledger.doorbell.rings
        if ledger.quiet():
            break
        ledger.doorbell.wait(_LOOK_S, since=seen)
    else:
        return Advanced(now=before, advanced=False, idle=False)
    target = to if to is not None else ledger.next_agenda_at("business")
    if target is None:
        return Advanced(now=before, advanced=False, idle=True)
    reached = ledger.clock.advance(target)
    return Advanced(now=reached, advanced=reached > before, idle=False)


def _measured(house: House, refusals: Refusals) -> CollectorRegistry:
    """What waits, by kind, at this moment."""
    registry = CollectorRegistry()
    waiting = Gauge("lotone_waiting", "Rows that wait or are parked", ["table", "state"], registry=registry)
    slow = Gauge("lotone_slow_transactions", "Write transactions over 100 ms in this process", registry=registry)
    slow.set(house.ledger.slow_transactions)
    refused = Gauge("lotone_refused", "Requests that this process refused for being too many", ["why"], registry=registry)
    for why, count in refusals.counts().items():
        refused.labels(why).set(count)
    with house.ledger.reading() as session:
        for name, table in (("delivery", DELIVERY), ("job", JOB), ("outside", OUTSIDE)):
            rows = session.connection().execute(select(table.c.state, func.count()).group_by(table.c.state))
            for state, count in rows:
                waiting.labels(name, state).set(count)
    return registry
