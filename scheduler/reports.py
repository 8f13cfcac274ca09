"""What does a report from the shop change in the plan? Facts first, then only what can no longer stand."""

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Table, bindparam
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from contracts.events import MachineStateChanged, OperationCompleted, OperationPaused, OperationStarted
from contracts.plan import OperationKey, OperationState
from contracts.problems import NotFound
from contracts.texts import Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import Change, changing, difference
from scheduler.engine.calendar import Breakdown
from scheduler.engine.operations import GONE, Operation, Placement, seconds_of
from scheduler.live_plan import LivePlan
from scheduler.replanning import REPLAN
from scheduler.standing import Standing
from scheduler.tables import BlockedRow, OperationRow, ReservationRow
from scheduler.telling import OVERDUE

_OPERATION: Table = OperationRow.__table__  # type: ignore[attr-defined]
_ENDED = (OperationState.DONE, *sorted(GONE))
_STILL_TO_DO = (
    select_columns(_OPERATION.c.key).where(_OPERATION.c.order == bindparam("of_order"), _OPERATION.c.state.not_in(_ENDED)).limit(1)
)
DOWN_S = 3600
"""How long a machine that is down is expected to be so (and again, until it reports otherwise)."""


def started(transaction: LedgerTransaction, live: LivePlan, event: OperationStarted) -> None:
    """The operation runs; its place follows the report when that is further from the plan than the start's grace.

    A start that is told after the completion is only written down: it says how long the work took.
    """
    with changing(transaction, live, "started", str(event.key)) as change:
        standing = _standing(change, event.key)
        if standing is None:
            return
        at_s, place = seconds_of(event.at), standing.place
        if standing.state is OperationState.DONE:
            if standing.began_s is None and standing.ended_s is not None:
                change.report(standing, OperationState.DONE, began_s=min(at_s, standing.ended_s), at_s=at_s)
            return
        began_s = at_s if standing.began_s is None else standing.began_s
        change.report(standing, OperationState.RUNNING, began_s=began_s, at_s=at_s)
        if event.machine != place.machine or abs(at_s - place.start_s) > change.plant.planning.start_grace_s:
            place = _moved_to(change, place, event.machine, at_s)
        absorb(change, {event.key: _fact(standing, OperationState.RUNNING, place)}, _late_before_yours(standing), _late(standing))


def paused(transaction: LedgerTransaction, live: LivePlan, event: OperationPaused) -> None:
    """The operation waits on its machine; how long, later reports tell."""
    with changing(transaction, live, "paused", str(event.key)) as change:
        standing = _standing(change, event.key)
        if standing is None or standing.state is OperationState.DONE:
            return
        change.report(standing, standing.state, paused=True, began_s=standing.began_s, at_s=seconds_of(event.at))


def completed(transaction: LedgerTransaction, live: LivePlan, event: OperationCompleted) -> None:
    """The operation is done; time that it did not need is free, time that it took too much pushes what follows."""
    with changing(transaction, live, "completed", str(event.key)) as change:
        standing = _standing(change, event.key)
        if standing is None:
            return
        at_s, place = seconds_of(event.at), standing.place
        change.report(standing, OperationState.DONE, began_s=standing.began_s, ended_s=at_s, at_s=at_s)
        if event.machine != place.machine:
            began_s = min(place.start_s, at_s) if standing.began_s is None else standing.began_s
            place = _moved_to(change, place, event.machine, began_s)
        if abs(at_s - place.end_s) > change.plant.planning.start_grace_s:
            start = min(place.start_s, at_s)
            place = replace(place, setup_start_s=min(place.setup_start_s, start), start_s=start, end_s=at_s)
        absorb(change, {event.key: _fact(standing, OperationState.DONE, place)}, _late_before_yours(standing), _late(standing))
        if not any(other.open and other.key != event.key for other in change.book.of_order(standing.order)):
            close_order(change, standing.order, max(at_s, change.now_s), _late(standing))


def _late(standing: Standing) -> Message:
    return Message(id="scheduler.cause.late_report", params={"operation": standing.operation.label})


def _late_before_yours(standing: Standing) -> Message:
    return Message(id="scheduler.cause.late_before_yours", params={"operation": standing.operation.label})


def machine_state(transaction: LedgerTransaction, live: LivePlan, event: MachineStateChanged) -> None:
    """A machine that is down takes its time out of the plan; up again, the rest of it comes back, for orders at risk to use."""
    with changing(transaction, live, "machine", event.machine) as change:
        if event.machine not in change.plant.machines:
            raise NotFound("machine", event.machine)
        at_s = seconds_of(event.at)
        open_rows = change.session.exec(
            select(BlockedRow).where(BlockedRow.plant == live.plant, BlockedRow.machine == event.machine, col(BlockedRow.open).is_(True))
        ).all()
        if event.state == "setup":
            _being_set_up(change, event.machine, at_s)
        if event.state != "down":
            for row in open_rows:
                row.open, row.to_s, row.seq = False, max(row.from_s, min(row.to_s, at_s)), change.seq
                change.session.add(row)
            if open_rows:
                transaction.schedule(REPLAN, live.plant, transaction.now)
            return
        if open_rows:
            return
        change.session.merge(
            BlockedRow(plant=live.plant, machine=event.machine, from_s=at_s, to_s=at_s + DOWN_S, reason=event.reason, seq=change.seq)
        )
        change.breakdowns = (*change.breakdowns, Breakdown(event.machine, at_s, at_s + DOWN_S))
        absorb(change, {}, machine_down(change, event.machine), always=True)


def _being_set_up(change: Change, machine: str, at_s: int) -> None:
    """The machine is set up for what it does next: how long that takes is known when it begins."""
    waiting = (standing for place in change.book.index.on_machine(machine) if (standing := change.book.standings.get(place.key)))
    following = next((standing.key for standing in waiting if standing.open and not standing.operation.begun), None)
    if following is not None:
        for row in change.rows([following]).values():
            row.setup_began_s = at_s
            change.touch(row)


def overrun(change: Change) -> bool:
    """What should have begun, ended or come up again by now has not: the plan is pushed to what can still be. False when nothing is."""
    grace, book = change.plant.planning.start_grace_s, change.book
    facts = {
        standing.key: replace(standing.operation, placement=replace(standing.place, end_s=change.now_s + grace))
        for standing in (book.standings[key] for key in book.laid.running)
        if standing.place.end_s + grace <= change.now_s
    }
    not_begun = book.laid.planned.until(change.now_s - grace) + book.laid.released.until(change.now_s - grace)
    down = _still_down(change)
    late = bool(down) or any(book.standings[key].order in book.promises for key in not_begun)
    if facts or late:
        absorb(change, facts, machine_down(change, down[0]) if down else OVERDUE, always=late)
    return bool(facts) or late


def machine_down(change: Change, machine: str) -> Message:
    return Message(id="scheduler.cause.machine_down", params={"group": change.plant.groups[change.plant.machines[machine].group].label})


def _still_down(change: Change) -> list[str]:
    """Machines that should be up again by now and are not: each is expected back later."""
    rows = change.session.exec(
        select(BlockedRow).where(BlockedRow.plant == change.plant.plant, col(BlockedRow.open).is_(True), BlockedRow.to_s <= change.now_s)
    ).all()
    for row in rows:
        row.to_s, row.seq = change.now_s + DOWN_S, change.seq
        change.session.add(row)
        change.breakdowns = (*change.breakdowns, Breakdown(row.machine, row.from_s, row.to_s))
    return [row.machine for row in rows]


def _standing(change: Change, key: OperationKey) -> Standing | None:
    """The operation that a report speaks of; None when that attempt no longer counts or was done long ago. Raises NotFound."""
    standing = change.book.standings.get(key)
    if standing is None and (row := reported(change, key)) is not None and row.state != OperationState.DONE:
        raise NotFound("operation", str(key))
    return standing


def reported(change: Change, key: OperationKey) -> OperationRow | None:
    """The row that a report speaks of; None when that attempt no longer counts. Raises NotFound."""
    row = change.session.get(OperationRow, str(key))
    if row is None:
        raise NotFound("operation", str(key))
    return None if row.state in GONE else row


def absorb(
    change: Change,
    facts: Mapping[OperationKey, Operation],
    cause: Message,
    own: Message | None = None,
    always: bool = False,
    without: frozenset[OperationKey] = frozenset(),
) -> None:
    """Write what was reported; when it moves (or ``always``), repair the plan and tell whom that moves.

    ``own``: what the reported orders are told instead of ``cause``. ``without``: operations that are no longer to be made.
    """
    places = {key: operation.placement for key, operation in facts.items() if operation.placement is not None}
    moved = difference(change, places.values())
    if always or moved:
        known = ChainMap(dict(facts), change.book.laid.operations)
        held = held_back(change, known, without)
        free = None if without else change.repaired_nearby({**places, **held})
        if free is not None and free.harmless:
            repair = free.repair
        else:
            operations = [_held(facts.get(key, entry), held) for key, entry in change.book.laid.operations.items() if key not in without]
            repair = change.repaired(operations, [place for place in change.book.places() if place.key not in without], free)
        moved = difference(change, repair.placements)
    change.place(moved)
    change.settle(moved, {operation.order: own for operation in facts.values()} if own else {}, cause)


def frozen(change: Change, operations: Iterable[Operation]) -> list[Operation]:
    """The operations, those that are being set up right now in their place."""
    known = {operation.key: operation for operation in operations}
    held = held_back(change, known)
    return [_held(operation, held) for operation in known.values()]


def _held(operation: Operation, held: Mapping[OperationKey, Placement]) -> Operation:
    return replace(operation, placement=held[operation.key]) if operation.key in held else operation


def held_back(
    change: Change, known: Mapping[OperationKey, Operation], without: frozenset[OperationKey] = frozenset()
) -> dict[OperationKey, Placement]:
    """Operations being set up right now keep their place, unless what they wait for, their machine or person is not ready."""
    being_set_up = change.book.laid.being_set_up(change.now_s, change.plant.planning.start_grace_s)
    near = [known[key] for key in being_set_up if key in known and key not in without]
    near = [operation for operation in near if operation.open and operation.placement is None]
    if not near:
        return {}
    begun = (operation for key, operation in known.items() if key not in without and operation.begun)
    facts = [place for operation in begun if (place := operation.placement) is not None]
    held = {}
    for operation in near:
        place = change.book.standings[operation.key].place
        waits = operation.not_before_s > place.start_s or any(
            known[key].state is not OperationState.DONE for key in operation.after if key in known and key not in without
        )
        if not waits and _stands(change, place, operation.machine_group, facts):
            held[operation.key] = replace(place, fixed=True)
    return held


def _stands(change: Change, place: Placement, group: str, facts: Iterable[Placement]) -> bool:
    """Whether machine and person are free for the place and the machine is set up as the place expects."""
    before: Placement | None = None
    for fact in facts:
        same = fact.machine == place.machine or (fact.person is not None and fact.person == place.person)
        if same and fact.end_s > place.setup_start_s and fact.setup_start_s < place.end_s:
            return False
        if fact.machine == place.machine and (before is None or fact.setup_start_s > before.setup_start_s):
            before = fact
    if change.plant.setup_s(group, before.family if before else None, place.family) > place.start_s - place.setup_start_s:
        return False
    return not any(
        entry.machine == place.machine and entry.from_s < place.end_s and entry.to_s > place.setup_start_s for entry in change.breakdowns
    )


def _fact(standing: Standing, state: OperationState, place: Placement) -> Operation:
    return replace(standing.operation, state=state, placement=replace(place, fixed=True))


def _moved_to(change: Change, place: Placement, machine: str, start_s: int) -> Placement:
    """The place as reported: whole length from its real start, on its real machine, by the same person when the group is the same."""
    if machine not in change.plant.machines:
        raise NotFound("machine", machine)
    length = place.end_s - place.start_s
    setup = place.start_s - place.setup_start_s
    return replace(place, machine=machine, setup_start_s=start_s - setup, start_s=start_s, end_s=start_s + length)


def close_order(change: Change, order: str, ready_s: int, cause: Message) -> None:
    """An order with nothing left to do leaves the plan: ready when we hear of it, for the carrier takes nothing before."""
    change.session.flush()
    if change.session.connection().execute(_STILL_TO_DO, {"of_order": order}).first() is None:
        reservation = change.session.get(ReservationRow, order)
        if reservation is not None:
            change.finish(reservation, ready_s, cause)
