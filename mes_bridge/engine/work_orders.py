"""Who may work on a work order, and what a set of reports makes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.plan import OperationKey
from contracts.problems import StaleFence, StaleRevision, TransitionRefused
from contracts.work_order import LeaseReference, ReportKind, WorkOrderState, moved

S = WorkOrderState

WAITING = frozenset({S.RELEASED, S.LEASED, S.ACKNOWLEDGED})
"""Nobody has begun."""
AT_WORK = frozenset({S.IN_PROGRESS, S.PAUSED})
IN_HAND = AT_WORK | {S.COMPLETED}
"""Begun and not closed: the station still has something to do about it."""
BEGUN = IN_HAND | {S.CLOSED}
FINISHED = frozenset({S.CLOSED, S.SCRAPPED, S.SUPERSEDED, S.CANCELLED})
ENDED = frozenset({S.SUPERSEDED, S.CANCELLED})
"""Taken back before anything was made under it."""
LIVE = frozenset({S.RELEASED, S.LEASED, S.ACKNOWLEDGED, S.IN_PROGRESS, S.PAUSED, S.COMPLETED, S.HELD})
"""Something may still come."""

_KIND_RANK: dict[ReportKind, int] = {"started": 0, "progress": 1, "paused": 2, "completed": 3, "scrapped": 4}


@dataclass(frozen=True)
class WorkOrder:
    """One run of one operation on the shop floor. ``fence`` rises with each lease; times of leases are real time."""

    id: str
    key: OperationKey
    machine_group: str
    revision: int
    state: WorkOrderState
    after: tuple[OperationKey, ...]
    ready: bool = False
    """Every operation before it is closed."""
    holder: str | None = None
    fence: int = 0
    lease_until: datetime | None = None
    nonconformance: str | None = None
    """The open non-conformance that holds it."""
    failed: bool = False
    """It is held by its own failed checkpoint, not by another operation's."""


@dataclass(frozen=True)
class ReportedFact:
    """What a report says, without who sent it under which revision: only this counts for the state."""

    report: str
    kind: ReportKind
    at: datetime


def leasable(order: WorkOrder, now: datetime) -> bool:
    """Ready, begun by nobody, and free or with a lease that ran out."""
    if not order.ready or order.state not in WAITING:
        return False
    return order.state is S.RELEASED or (order.lease_until is not None and order.lease_until <= now)


def lease(order: WorkOrder, holder: str, now: datetime, seconds: int) -> WorkOrder:
    """Given to a holder under a new fence. Raises TransitionRefused when it is not to be had."""
    if not leasable(order, now):
        raise TransitionRefused("work order", order.state, S.LEASED)
    free = order.state if order.state is S.RELEASED else _back(order.state)
    return replace(order, state=moved(free, S.LEASED), holder=holder, fence=order.fence + 1, lease_until=now + timedelta(seconds=seconds))


def acknowledge(order: WorkOrder, holder: str, reference: LeaseReference, now: datetime) -> WorkOrder:
    """The holder has stored it. Acknowledging again changes nothing."""
    held = _held_by(order, holder, reference)
    if held.state in BEGUN or held.state is S.ACKNOWLEDGED:
        return held
    held = replace(held, state=moved(held.state, S.ACKNOWLEDGED))
    return held if reference.seconds is None else replace(held, lease_until=now + timedelta(seconds=reference.seconds))


def extend(order: WorkOrder, holder: str, reference: LeaseReference, now: datetime) -> WorkOrder:
    """The lease runs ``seconds`` from now (300 when none are given)."""
    return replace(_held_by(order, holder, reference), lease_until=now + timedelta(seconds=reference.seconds or 300))


def give_back(order: WorkOrder, holder: str, reference: LeaseReference) -> WorkOrder:
    """The holder does not want it. Raises TransitionRefused once it has begun."""
    held = _held_by(order, holder, reference)
    if held.state not in WAITING:
        raise TransitionRefused("work order", held.state, S.RELEASED)
    return replace(held, state=_back(held.state), holder=None, lease_until=None)


def left_to_persons(order: WorkOrder) -> WorkOrder:
    """Free again because a person works at its station; what the holder reports under its fence is refused from now on."""
    if order.state not in WAITING:
        raise TransitionRefused("work order", order.state, S.RELEASED)
    return replace(order, state=_back(order.state), holder=None, lease_until=None, fence=order.fence + 1)


def revise(order: WorkOrder, revision: int, after: tuple[OperationKey, ...], machine_group: str) -> WorkOrder:
    """The same work under a raised revision, free again; a lease of the old revision ends (superseded)."""
    if order.state not in WAITING and order.state is not S.HELD:
        raise TransitionRefused("work order", order.state, S.SUPERSEDED)
    state = order.state if order.state is S.HELD else S.RELEASED
    return replace(order, revision=revision, after=after, machine_group=machine_group, state=state, holder=None, lease_until=None)


def admit(order: WorkOrder, sender: str, is_person: bool, revision: int, fence: int | None) -> WorkOrder:
    """The work order with ``sender`` as its holder, if the sender may report on it.

    A person at the terminal takes it over from a machine client, whose fence is stale from then on. A client must hold it
    (under the current fence, if it names one); when nobody holds it the last fence still counts, so that what was begun
    under a superseded revision can be told. Raises StaleFence.
    """
    if order.holder is not None and order.holder != sender and not is_person:
        raise StaleFence({"given": fence or 0, "current": order.fence})
    if fence is not None and fence != order.fence:
        raise StaleFence({"given": fence, "current": order.fence})
    if order.holder == sender or (is_person and order.state in FINISHED):
        return order
    raised = order.fence + 1 if order.holder is not None else order.fence
    return replace(order, holder=sender, fence=raised, lease_until=None)


def worked(facts: Iterable[ReportedFact]) -> WorkOrderState | None:
    """What the reports say was done, whatever order they came in. None: nothing has begun.

    Scrapped outweighs completed, completed outweighs the rest; of the rest the latest by its own time counts.
    """
    ordered = sorted(facts, key=lambda fact: (fact.at, _KIND_RANK[fact.kind], fact.report))
    kinds = {fact.kind for fact in ordered}
    if "scrapped" in kinds:
        return S.SCRAPPED
    if "completed" in kinds:
        return S.COMPLETED
    if not ordered:
        return None
    return S.PAUSED if ordered[-1].kind == "paused" else S.IN_PROGRESS


def begun_at(facts: Iterable[ReportedFact]) -> datetime | None:
    """When the work began, as far as the reports tell: the earliest of them."""
    return min((fact.at for fact in facts), default=None)


def finished_at(facts: Iterable[ReportedFact]) -> datetime | None:
    """When the work was complete: the earliest completion."""
    return min((fact.at for fact in facts if fact.kind == "completed"), default=None)


def moves(order: WorkOrder, wanted: WorkOrderState) -> bool:
    """Whether what was done moves the work order on; of a failed or finished one it is only kept."""
    if order.state in {S.HELD, S.SCRAPPED}:
        return False
    if order.state in {S.COMPLETED, S.CLOSED}:
        return wanted is S.SCRAPPED
    return wanted is not order.state


def gate(order: WorkOrder, wanted: WorkOrderState) -> None:
    """Nothing is done on a held piece, nor before what comes first is closed. Raises TransitionRefused."""
    if (order.state is S.HELD and not order.failed) or (order.state in WAITING and not order.ready):
        raise TransitionRefused("work order", order.state, wanted)


def steps(state: WorkOrderState, wanted: WorkOrderState) -> tuple[WorkOrderState, ...]:
    """The states passed on the way from ``state`` to ``wanted``, each allowed by the table.

    A completion without a start implies the start; a scrapped piece that was closed is held first. Raises TransitionRefused.
    """
    if wanted is state:
        return ()
    way: list[WorkOrderState] = []
    if state in WAITING and wanted in {S.PAUSED, S.COMPLETED, S.SCRAPPED}:
        way.append(S.IN_PROGRESS)
    if state in {S.COMPLETED, S.CLOSED} and wanted is S.SCRAPPED:
        way.append(S.HELD)
    way.append(wanted)
    position = state
    for step in way:
        position = moved(position, step)
    return tuple(way)


def predecessors_closed(order: WorkOrder, states: Mapping[tuple[int, int], WorkOrderState]) -> bool:
    """True when the latest known run of every operation before it is closed.

    ``states``: (sequence, attempt) → state of the piece's work orders. A predecessor that was never released is open;
    one that was run again counts by its last run, whichever attempt ``after`` names.
    """
    latest: dict[int, int] = {}
    for sequence, attempt in states:
        latest[sequence] = max(attempt, latest.get(sequence, 0))
    for key in order.after:
        attempt = max(key.attempt, latest.get(key.sequence, 0))
        if states.get((key.sequence, attempt)) is not S.CLOSED:
            return False
    return True


def _back(state: WorkOrderState) -> WorkOrderState:
    return state if state is S.RELEASED else moved(state, S.RELEASED)


def _held_by(order: WorkOrder, holder: str, reference: LeaseReference) -> WorkOrder:
    """Raises StaleFence for another holder or fence, StaleRevision for an old paper."""
    if order.revision != reference.revision:
        raise StaleRevision(reference.revision, order.revision)
    if order.holder != holder or order.fence != reference.fence:
        raise StaleFence({"given": reference.fence, "current": order.fence})
    return order
