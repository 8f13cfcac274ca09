"""Whether anything is left to do at the present business time; what the stepped clock waits for."""

from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, ScalarSelect, and_, bindparam, exists, func, or_, select

from contracts.model import Instant
from ledger.columns import UtcInstant
from ledger.tables import AGENDA, DELIVERY, EVENT, JOB, OUTSIDE, SUBSCRIPTION

AgendaClock = Literal["business", "real"]

_PARKED = OUTSIDE.alias()
_BEHIND_PARKED = exists(
    select(_PARKED.c.seq).where(
        _PARKED.c.channel == OUTSIDE.c.channel, _PARKED.c.lane == OUTSIDE.c.lane, _PARKED.c.seq < OUTSIDE.c.seq, _PARKED.c.state == "parked"
    )
)
_BUSY = select(
    or_(
        exists(select(EVENT.c.seq).where(EVENT.c.seq > select(func.min(SUBSCRIPTION.c.handed_out)).scalar_subquery())),
        exists(select(DELIVERY.c.seq).where(DELIVERY.c.state == "waiting")),
        exists(
            select(AGENDA.c.kind).where(
                AGENDA.c.state == "waiting",
                or_(
                    and_(AGENDA.c.clock == "business", AGENDA.c.due_at <= bindparam("now", type_=UtcInstant)),
                    and_(AGENDA.c.clock == "real", AGENDA.c.due_at <= bindparam("real_now", type_=UtcInstant)),
                ),
            )
        ),
        exists(select(JOB.c.id).where(JOB.c.state.in_(("queued", "running")))),
        exists(select(OUTSIDE.c.seq).where(OUTSIDE.c.state.in_(("waiting", "claimed")), ~_BEHIND_PARKED)),
    )
)


def next_due(clock: AgendaClock) -> ScalarSelect[Any]:
    """When the next agenda row of a clock falls due, as part of a query."""
    return select(func.min(AGENDA.c.due_at)).where(AGENDA.c.state == "waiting", AGENDA.c.clock == clock).scalar_subquery()


_CLOCKS: tuple[AgendaClock, ...] = get_args(AgendaClock)
_NEXT = {clock: select(next_due(clock)) for clock in _CLOCKS}


def is_quiet(connection: Connection, now: Instant, real_now: Instant) -> bool:
    """One query: no event to hand out or deliver, no due agenda row, no job or message queued or in hand.

    Work that waits for a retry is still owed at this time and so not quiet; parked work is somebody's decision and is, and so is what
    waits behind it.
    """
    return not connection.execute(_BUSY, {"now": now, "real_now": real_now}).scalar_one()


def next_agenda_at(connection: Connection, clock: AgendaClock) -> Instant | None:
    """When the next agenda row of a clock falls due; None when there is none."""
    due: datetime | None = connection.execute(_NEXT[clock]).scalar_one()
    return due
