"""Which operations run again after a failed check, and what waits for them instead of for the failed ones?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import select

from contracts.events import NonConformanceRaised
from contracts.plan import OperationKey, OperationState
from contracts.product import BomLine
from contracts.quality import NonConformance
from contracts.texts import Localised, Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import Change, changing, difference
from scheduler.engine.materials import Allocation, Materials
from scheduler.engine.operations import BEGUN, WAITING, Operation, Placement
from scheduler.live_plan import DONE, FIRM, LivePlan
from scheduler.reports import frozen, reported
from scheduler.reservations import purchased, stored, take_stock
from scheduler.standing import Standing, parse_key, put, standing_of
from scheduler.tables import OperationRow, ReservationRow

CARRIED = {
    *("plant", "order", "piece", "sequence", "specification_sha256", "name", "label", "machine_group", "setup_family", "after", "weight"),
    *("machine", "person", "setup_start_s", "start_s", "end_s"),
}
"""What the next attempt has of the one before; its place only until the repair gives it one."""


def restarted(transaction: LedgerTransaction, live: LivePlan, event: NonConformanceRaised) -> None:
    """The begun operations of ``restart`` run again as the next attempt; whoever waited for them waits for that; the plan is repaired.

    Operations that have not begun need no second attempt. Material of a remake is reserved anew.
    """
    found = event.nonconformance
    with changing(transaction, live, "restart", str(found.key)) as change:
        if reported(change, found.key) is None:
            return
        runs = runs_of(change, found.key.piece)
        rows = latest_of(runs)
        again = [rows[sequence] for sequence in found.restart if sequence in rows and rows[sequence].state in BEGUN]
        failed = rows[found.key.sequence]
        if failed not in again:
            again.append(failed)
        materials = Materials(change.plant, change.book.materials.supplies())
        own = {row.sequence: [run for run in runs if run.sequence == row.sequence] for row in again}
        fresh = {sequence: _next_attempt(change, own[sequence], found, materials) for sequence in own}
        rewired = rewire(change, {**rows, **fresh})
        _scrap(change, again, found)
        replan(change, list(fresh.values()), rewired, {row.key for row in again}, _cause(found, rows))


def runs_of(change: Change, piece: str) -> list[OperationRow]:
    """Every run of the piece's operations, by attempt."""
    return sorted(change.session.exec(select(OperationRow).where(OperationRow.piece == piece)).all(), key=lambda row: row.attempt)


def latest_of(runs: Iterable[OperationRow]) -> dict[int, OperationRow]:
    """The run that counts of each operation: the last one that was not taken back."""
    return {row.sequence: row for row in sorted(runs, key=lambda row: row.attempt) if row.state != OperationState.CANCELLED}


def _next_attempt(change: Change, runs: Sequence[OperationRow], found: NonConformance, materials: Materials) -> OperationRow:
    """``runs``: those of the operation so far. Rework uses the material that is in the piece."""
    row = runs[-1]
    key = OperationKey(piece=row.piece, sequence=row.sequence, attempt=row.attempt + 1)
    rework = found.disposition == "rework"
    equipped = next((run for run in reversed(runs) if run.allocated), row)
    allocations = [] if rework else _material_anew(change, equipped, materials)
    fresh = OperationRow(
        **row.model_dump(include=CARRIED),
        key=str(key),
        attempt=key.attempt,
        **_length(runs[0], found.rework_s if rework and row.sequence == found.key.sequence else None),
        allocated=[stored(allocation) for allocation in allocations],
        material_s=max((allocation.available_s for allocation in allocations), default=0),
        state=OperationState.PLANNED,
        seq=0,
    )
    change.touch(fresh)
    return fresh


def _length(first: OperationRow, rework_s: int | None) -> dict[str, Any]:
    """As long as the first attempt, or as the rework is said to take."""
    if rework_s:
        return {"run_s": rework_s, "standard_s": rework_s, "run_on": []}
    return {"run_s": first.run_s, "standard_s": first.standard_s, "run_on": first.run_on}


def _material_anew(change: Change, row: OperationRow, materials: Materials) -> list[Allocation]:
    """Reserved at once in the stock's rows, so that the next operation of the branch does not get the same."""
    quantities: dict[str, int] = {}
    units = {entry["item"]: entry["unit"] for entry in row.allocated}
    for entry in row.allocated:
        quantities[entry["item"]] = quantities.get(entry["item"], 0) + entry["quantity"]
    lines = [
        BomLine(item=item, label=Localised(en=item, zh=item), quantity=quantity, unit=units[item], operation=row.sequence)
        for item, quantity in sorted(quantities.items())
    ]
    allocations = purchased(change, materials.allocate(lines, change.now_s))
    materials.take(allocations)
    take_stock(change, allocations)
    return allocations


def rewire(change: Change, latest: Mapping[int, OperationRow]) -> list[OperationRow]:
    """Every operation still to be made waits for the latest attempts; the rows whose waiting changed."""
    changed = []
    for row in latest.values():
        if row.state not in WAITING:
            continue
        after = [latest[parse_key(text).sequence].key for text in row.after]
        if after != row.after:
            row.after = after
            change.touch(row)
            changed.append(row)
    return changed


def behind(latest: Mapping[int, OperationRow], rows: Iterable[OperationRow]) -> list[OperationRow]:
    """What is still to be made and waits for one of the ``rows``, near and far."""
    reached, found = {row.key for row in rows}, []
    for row in sorted(latest.values(), key=lambda row: row.sequence):
        if row.state in WAITING and row.key not in reached and not reached.isdisjoint(row.after):
            reached.add(row.key)
            found.append(row)
    return found


def _scrap(change: Change, again: Iterable[OperationRow], found: NonConformance) -> None:
    withdrawn = []
    for row in again:
        if row.state == OperationState.RUNNING:
            put(row, replace(_place(row), end_s=max(row.start_s, min(row.end_s, change.now_s))))
            if row.sequence != found.key.sequence:
                withdrawn.append(parse_key(row.key))
        row.state = OperationState.SCRAPPED
        change.touch(row)
    change.withdraw(found.order, withdrawn, Message(id="scheduler.withdrawn.restarted"))


def _place(row: OperationRow) -> Placement:
    return standing_of(row, 0).place


def replan(
    change: Change,
    laid: Sequence[OperationRow],
    rewired: Sequence[OperationRow],
    gone: set[str],
    cause: Message,
    sooner: Message | None = None,
    behind: Iterable[OperationRow] = (),
) -> None:
    """Repair the plan with the runs ``laid`` into it and those ``gone`` from it, and tell whom that moves.

    ``sooner``: what waits, and what comes ``behind`` it, may begin earlier than it stands; the order's customer is told an earlier date,
    with this cause.
    """
    order = laid[0].order
    reservation = change.session.get(ReservationRow, order)
    if reservation is not None and reservation.state == DONE:
        reservation.state = FIRM
        change.touch(reservation)
    promise = change.book.promises.get(order)
    due_s = promise.due_s if promise is not None else 2**40
    touched = [*rewired, *laid]
    now = {row.key: standing_of(row, due_s).operation for row in touched}
    operations = _operations(change.book.standings.values(), now, gone)
    loose = gone | ({row.key for row in (*rewired, *behind)} if sooner is not None else set())
    places = [standing.place for standing in change.book.standings.values() if str(standing.key) not in loose]
    repair = change.repaired(frozen(change, operations), places)
    moved = difference(change, repair.placements)
    forced = {parse_key(row.key) for row in touched if row.state == OperationState.RELEASED and row.revision > 0}
    still = {placement.key: placement for placement in repair.placements if placement.key in forced}
    change.place({**still, **moved}, frozenset(forced))
    left = frozenset(parse_key(text) for text in gone)
    change.settle({**still, **moved}, {order: cause}, Message(id="scheduler.cause.displaced"), left, {order: sooner} if sooner else {})


def _operations(standings: Iterable[Standing], now: Mapping[str, Operation], gone: set[str]) -> list[Operation]:
    operations = [now.get(text, standing.operation) for standing in standings if (text := str(standing.key)) not in gone]
    known = {str(operation.key) for operation in operations}
    return operations + [operation for text, operation in now.items() if text not in known]


def _cause(found: NonConformance, rows: Mapping[int, OperationRow]) -> Message:
    """Why, in one sentence for the customer."""
    first = rows[min((sequence for sequence in found.restart if sequence in rows), default=found.key.sequence)]
    operation = Localised(**first.label)
    if found.measurement is None:
        return Message(id="scheduler.cause.scrapped", params={"operation": Localised(**rows[found.key.sequence].label)})
    params = {"characteristic": found.measurement.label, "operation": operation}
    return Message(id=f"scheduler.cause.{found.disposition}", params=params)
