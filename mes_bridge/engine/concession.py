"""Who lets a failed piece pass as it is, in which steps, until when."""

from collections.abc import Collection
from datetime import datetime, timedelta

from contracts.problems import ConcessionRefused
from contracts.quality import Concession, ConcessionState
from contracts.texts import Message

S = ConcessionState
TRANSITIONS: dict[ConcessionState, frozenset[ConcessionState]] = {
    S.PROPOSED: frozenset({S.ASKED, S.REFUSED, S.EXPIRED, S.LAPSED}),
    S.ASKED: frozenset({S.ACCEPTED, S.DECLINED, S.REFUSED, S.EXPIRED, S.LAPSED}),
    S.ACCEPTED: frozenset(),
    S.DECLINED: frozenset(),
    S.EXPIRED: frozenset(),
    S.REFUSED: frozenset(),
    S.LAPSED: frozenset(),
}
AWAITED = frozenset({S.PROPOSED, S.ASKED})
"""Somebody's answer is awaited: the piece stays held, its rework or remake does not begin."""


def refusal(reason: str, **params: object) -> ConcessionRefused:
    """``concession.refused.<reason>`` says it in words."""
    return ConcessionRefused({"reason": Message.model_validate({"id": f"concession.refused.{reason}", "params": params})})


def approved(concession: Concession, by: str, now: datetime) -> Concession:
    """The customer may be asked. By the same person again nothing changes. Raises ConcessionRefused: never by who proposed it."""
    if concession.state is S.ASKED and concession.approved_by == by:
        return concession
    if by == concession.proposed_by:
        raise refusal("same_person")
    moved = _moved(concession, S.ASKED, now)
    return moved.model_copy(update={"approved_by": by, "approved_at": now, "until": now + timedelta(days=concession.days)})


def refused(concession: Concession, by: str, now: datetime) -> Concession:
    """A person of quality refuses it, or takes back what was asked. By the same person again nothing changes."""
    if concession.state is S.REFUSED and concession.settled_by == by:
        return concession
    return _settled(_moved(concession, S.REFUSED, now), by, now)


def answered(concession: Concession, accepted: bool, by: str, now: datetime) -> Concession:
    """What the customer says. The same answer again changes nothing."""
    wanted = S.ACCEPTED if accepted else S.DECLINED
    if concession.state is wanted:
        return concession
    if concession.state is S.PROPOSED:
        raise refusal("not_asked")
    return _settled(_moved(concession, wanted, now), by, now)


def expired(concession: Concession, now: datetime) -> Concession:
    """Unchanged before its time, and once it is settled."""
    if concession.state not in AWAITED or now < concession.until:
        return concession
    return _settled(concession.model_copy(update={"state": S.EXPIRED}), None, now)


def lapsed(concession: Concession, now: datetime) -> Concession:
    """Overtaken by another value, or by the end of the piece. Raises ConcessionRefused once it is settled."""
    if concession.state not in AWAITED:
        raise refusal("over")
    return _settled(concession.model_copy(update={"state": S.LAPSED}), None, now)


def covers(concession: Concession, failing: Collection[str]) -> bool:
    """Whether it names exactly the measurements that are out of tolerance: nobody agreed to others."""
    return {one.measurement for one in concession.measurements} == set(failing)


def _moved(concession: Concession, wanted: ConcessionState, now: datetime) -> Concession:
    if wanted not in TRANSITIONS[concession.state]:
        raise refusal("over")
    if now >= concession.until:
        raise refusal("late")
    return concession.model_copy(update={"state": wanted})


def _settled(concession: Concession, by: str | None, now: datetime) -> Concession:
    return concession.model_copy(update={"settled_by": by, "settled_at": now})
