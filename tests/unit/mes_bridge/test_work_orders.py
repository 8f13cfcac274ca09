"""Leases, fences, revisions and the way along the table of states."""

from datetime import timedelta

import pytest

from contracts.plan import OperationKey
from contracts.problems import StaleFence, StaleRevision, TransitionRefused
from contracts.work_order import TRANSITIONS, LeaseReference, WorkOrderState
from mes_bridge.engine.work_orders import (
    WorkOrder,
    acknowledge,
    admit,
    extend,
    gate,
    give_back,
    leasable,
    lease,
    moves,
    predecessors_closed,
    revise,
    steps,
)
from tests.unit.mes_bridge.shop import START

S = WorkOrderState
KEY = OperationKey(piece="p", sequence=20)
ORDER = WorkOrder(id="w", key=KEY, machine_group="CUT", revision=3, state=S.RELEASED, after=(), ready=True)
REFERENCE = LeaseReference(revision=3, fence=1)


def test_what_is_held_by_its_failed_value_cannot_be_given_back() -> None:
    held = WorkOrder(**{**vars(lease(ORDER, "a", START, 60)), "state": S.HELD, "failed": True})
    with pytest.raises(TransitionRefused):
        give_back(held, "a", REFERENCE)


def test_a_lease_raises_the_fence_and_runs_out() -> None:
    first = lease(ORDER, "a", START, 60)
    assert (first.fence, first.holder, first.lease_until) == (1, "a", START + timedelta(seconds=60))
    assert not leasable(first, START + timedelta(seconds=59))
    second = lease(first, "b", START + timedelta(seconds=60), 60)
    assert (second.fence, second.holder, second.state) == (2, "b", S.LEASED)
    with pytest.raises(StaleFence):
        acknowledge(second, "a", REFERENCE, START)


def test_an_acknowledged_lease_runs_out_too() -> None:
    kept = acknowledge(lease(ORDER, "a", START, 60), "a", LeaseReference(revision=3, fence=1, seconds=600), START)
    assert kept.state is S.ACKNOWLEDGED
    assert not leasable(kept, START + timedelta(seconds=599))
    assert lease(kept, "b", START + timedelta(seconds=600), 60).holder == "b"


def test_begun_work_is_never_leased_to_another() -> None:
    for state in (S.IN_PROGRESS, S.PAUSED, S.COMPLETED, S.CLOSED, S.HELD, S.SCRAPPED, S.SUPERSEDED, S.CANCELLED):
        begun = WorkOrder(**{**vars(lease(ORDER, "a", START, 1)), "state": state})
        with pytest.raises(TransitionRefused):
            lease(begun, "b", START + timedelta(days=1), 60)


def test_what_is_not_ready_is_not_leased() -> None:
    with pytest.raises(TransitionRefused):
        lease(WorkOrder(**{**vars(ORDER), "ready": False}), "a", START, 60)


def test_extending_and_giving_back_need_the_lease() -> None:
    held = lease(ORDER, "a", START, 60)
    assert extend(held, "a", REFERENCE, START + timedelta(seconds=50)).lease_until == START + timedelta(seconds=350)
    free = give_back(held, "a", REFERENCE)
    assert (free.state, free.holder, free.fence) == (S.RELEASED, None, 1)
    with pytest.raises(StaleRevision):
        extend(held, "a", LeaseReference(revision=2, fence=1), START)


def test_a_raised_revision_ends_the_lease_but_the_last_holder_may_still_tell() -> None:
    revised = revise(lease(ORDER, "a", START, 60), 4, (), "CUT")
    assert (revised.revision, revised.holder, revised.state) == (4, None, S.RELEASED)
    assert admit(revised, "a", is_person=False, revision=3, fence=1).holder == "a"
    taken = lease(revised, "b", START, 60)
    with pytest.raises(StaleFence):
        admit(taken, "a", is_person=False, revision=3, fence=1)


def test_begun_work_is_not_revised() -> None:
    with pytest.raises(TransitionRefused):
        revise(WorkOrder(**{**vars(ORDER), "state": S.IN_PROGRESS}), 4, (), "CUT")


def test_a_person_takes_over_and_the_client_is_stale() -> None:
    held = admit(lease(ORDER, "a", START, 60), "person", is_person=True, revision=3, fence=None)
    assert (held.holder, held.fence) == ("person", 2)
    with pytest.raises(StaleFence):
        admit(held, "a", is_person=False, revision=3, fence=1)


def test_every_way_is_along_the_table() -> None:
    for state in S:
        for wanted in S:
            try:
                way = steps(state, wanted)
            except TransitionRefused:
                continue
            for step in way:
                assert step in TRANSITIONS[state]
                state = step


def test_a_completion_implies_its_start_and_scrap_of_finished_work_its_hold() -> None:
    assert steps(S.RELEASED, S.COMPLETED) == (S.IN_PROGRESS, S.COMPLETED)
    assert steps(S.CLOSED, S.SCRAPPED) == (S.HELD, S.SCRAPPED)
    assert steps(S.PAUSED, S.PAUSED) == ()
    with pytest.raises(TransitionRefused):
        steps(S.CANCELLED, S.IN_PROGRESS)


def test_finished_work_is_only_moved_by_scrap() -> None:
    closed = WorkOrder(**{**vars(ORDER), "state": S.CLOSED})
    assert not moves(closed, S.IN_PROGRESS)
    assert moves(closed, S.SCRAPPED)
    assert not moves(WorkOrder(**{**vars(ORDER), "state": S.HELD}), S.SCRAPPED)


def test_only_the_failed_work_order_of_a_held_piece_takes_reports() -> None:
    held = WorkOrder(**{**vars(ORDER), "state": S.HELD})
    with pytest.raises(TransitionRefused):
        gate(held, S.IN_PROGRESS)
    gate(WorkOrder(**{**vars(held), "failed": True}), S.IN_PROGRESS)


def test_a_predecessor_counts_by_its_last_run() -> None:
    waits = WorkOrder(**{**vars(ORDER), "after": (OperationKey(piece="p", sequence=10),)})
    assert not predecessors_closed(waits, {})
    assert predecessors_closed(waits, {(10, 1): S.CLOSED})
    assert not predecessors_closed(waits, {(10, 1): S.CLOSED, (10, 2): S.RELEASED})
    assert predecessors_closed(waits, {(10, 1): S.SCRAPPED, (10, 2): S.CLOSED})
    second = WorkOrder(**{**vars(ORDER), "after": (OperationKey(piece="p", sequence=10, attempt=2),)})
    assert not predecessors_closed(second, {(10, 1): S.CLOSED}), "the attempt it waits for is not released yet"
