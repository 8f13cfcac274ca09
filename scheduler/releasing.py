"""Which operations go to manufacturing execution now, and when is the next look due?"""

from collections import defaultdict
from collections.abc import Iterable

from contracts.plan import OperationKey, OperationState
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import Change, changing
from scheduler.engine.capacity import NEVER_S
from scheduler.engine.operations import DAY_S, instant
from scheduler.live_plan import FIRM, LivePlan
from scheduler.reports import overrun
from scheduler.standing import Standing
from scheduler.tables import OperationRow

LONGEST_WAIT_S = 2 * 3600
TICK = "scheduler.release"
"""Agenda kind: operations whose start comes into the release horizon; reports that are missing."""


def tick(transaction: LedgerTransaction, live: LivePlan, waited_s: int = 0) -> None:
    """Push what is overdue, release what is due, schedule the next look: after ``waited_s`` in vain, twice as long."""
    with changing(transaction, live, "overrun", live.plant) as change:
        grace = change.plant.planning.start_grace_s
        wait_s = min(max(2 * waited_s, grace), LONGEST_WAIT_S) if overrun(change) else 0
    release_due(transaction, live, wait_s)


def release_due(transaction: LedgerTransaction, live: LivePlan, wait_s: int = 0) -> None:
    """Planned operations of firm, planned orders that start within the release horizon become released.

    The next look comes not before ``wait_s``: of a silent shop the plan is pushed ever more rarely.
    """
    with changing(transaction, live, "release", live.plant) as change:
        horizon_s = change.now_s + change.plant.planning.release_horizon_h * 3600
        near = [change.book.standings[key] for key in change.book.laid.planned.until(horizon_s)]
        due = [standing for standing in near if _waiting(change, standing)]
        rows = change.rows(standing.key for standing in due)
        orders: defaultdict[str, list[OperationRow]] = defaultdict(list)
        for row in rows.values():
            row.state = OperationState.RELEASED
            orders[row.order].append(row)
        for order in sorted(orders):
            change.release(order, orders[order])
        look_s = max(_next_look_s(change, {standing.key for standing in due}), change.now_s + wait_s)
        transaction.schedule(TICK, live.plant, instant(look_s), {"waited_s": wait_s})


def _waiting(change: Change, standing: Standing) -> bool:
    promise = change.book.promises.get(standing.order)
    return promise is not None and promise.state == FIRM and promise.planned_version > 0


def _next_look_s(change: Change, released: set[OperationKey]) -> int:
    """The next start that comes into the horizon, or the next report that would be missing; two graces from now at the earliest.

    What is released is a day ahead, and what is missing was due a grace ago: a look for each of them would find one thing at a time.
    """
    planning, book = change.plant.planning, change.book

    def first_s(starts: Iterable[tuple[int, OperationKey]]) -> int:
        return next((start_s for start_s, key in starts if book.standings[key].order in book.promises), NEVER_S)

    running = [book.standings[key] for key in book.laid.running]
    running_s = min((standing.place.end_s for standing in running if standing.order in book.promises), default=NEVER_S)
    given_s = min(first_s(book.laid.released), first_s(sorted((book.standings[key].place.start_s, key) for key in released)))
    open_s = first_s(entry for entry in book.laid.planned if entry[1] not in released)
    missing_s, horizon_s = min(running_s, given_s) + planning.start_grace_s, open_s - planning.release_horizon_h * 3600
    return max(min(change.now_s + DAY_S, missing_s, horizon_s), change.now_s + 2 * planning.start_grace_s)
