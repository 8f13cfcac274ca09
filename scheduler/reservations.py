"""How an order's capacity is held, made firm and given back, inside the caller's transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import insert
from sqlmodel import col, select

from contracts.model import Instant
from contracts.plan import OperationKey, OperationState
from contracts.problems import NoPromise, NotFound, TransitionRefused
from contracts.promise import PieceDemand, Reservation
from contracts.texts import Message
from contracts.units import Country
from ledger.identifiers import new_id
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import Change, changing
from scheduler.engine.delivery import due_s, promised_at, promised_elsewhere
from scheduler.engine.materials import Allocation
from scheduler.engine.operations import Operation, Placement, instant, seconds_of
from scheduler.engine.promise import Booked, reserve
from scheduler.live_plan import DONE, FIRM, HELD, RELEASED, LivePlan
from scheduler.reports import absorb
from scheduler.tables import OperationRow, ReservationRow, StockRow
from scheduler.telling import REPLANNED

HOLD = "scheduler.hold"
"""Agenda kind: a hold runs out (real time)."""


def book_order(
    transaction: LedgerTransaction,
    live: LivePlan,
    order: str,
    pieces: Sequence[PieceDemand],
    expires_at: Instant | None,
    country: Country | None = None,
) -> Reservation:
    """Book slots and material for all operations now; ``country`` None: as before, at first the plant's home. Raises NoPromise."""
    with changing(transaction, live, "reserve", order) as change:
        existing = change.session.get(ReservationRow, order)
        if existing is not None and existing.state != RELEASED:
            raise TransitionRefused("reservation", existing.state, HELD)
        attempts = _attempts(change, pieces)
        to = country or (existing.country if existing is not None else change.plant.shipping.home)
        booked = _purchased(change, _booked(change, order, pieces, to))
        shas = {demand.piece: demand.specification_sha256 for demand in pieces}
        row = existing or ReservationRow(
            order=order, plant=live.plant, state=HELD, weight=1, promised_s=0, told_s=0, country=to, finish_s=0, seq=0
        )
        row.state = HELD if expires_at is not None else FIRM
        row.weight = max(demand.weight for demand in pieces)
        row.promised_s = row.told_s = booked.promised_s
        row.country = to
        row.finish_s, row.expires_at, row.planned_version = booked.finish_s, expires_at, 0
        change.touch(row)
        places = {placement.key: placement for placement in booked.placements}
        standard_s = {(demand.piece, step.sequence): step.run_s for demand in pieces for step in demand.request.routing}
        rows = [
            _row(live.plant, entry, places[entry.key], shas[entry.key.piece], _allocated_to(booked, entry), attempts[entry.key.piece])
            | {"standard_s": standard_s[entry.key.piece, entry.key.sequence], "seq": change.seq}
            for entry in booked.operations
        ]
        change.session.flush()
        change.session.connection().execute(insert(OperationRow.__table__), rows)  # type: ignore[attr-defined]
        take_stock(change, [allocation for _, allocation in booked.allocations])
        change.place({placement.key: placement for placement in booked.grown})
        if expires_at is not None:
            transaction.schedule(HOLD, order, expires_at, {"order": order}, clock="real")
        return Reservation(order=order, finish_at=instant(booked.finish_s), promised_at=instant(booked.promised_s), expires_at=expires_at)


def _allocated_to(booked: Booked, operation: Operation) -> list[Allocation]:
    wanted = operation.key.piece, operation.key.sequence
    return [allocation for key, allocation in booked.allocations if (key.piece, key.sequence) == wanted]


def _booked(change: Change, order: str, pieces: Sequence[PieceDemand], country: Country) -> Booked:
    """The booking, with the book as it was before: other threads see it only when it is committed."""
    index, materials = change.book.index, change.book.materials
    booked = reserve(index, change.plant, materials, order, pieces, country, change.now_s, change.book.margin_s, change.book.times)
    for placement in booked.placements:
        index.remove(placement.key)
    for placement in booked.grown:
        index.remove(placement.key)
        index.add(change.book.standings[placement.key].place)
    materials.give_back(allocation for _, allocation in booked.allocations)
    return booked


def _purchased(change: Change, booked: Booked) -> Booked:
    parts = purchased(change, [allocation for _, allocation in booked.allocations])
    return replace(booked, allocations=tuple(zip((key for key, _ in booked.allocations), parts, strict=True)))


def _attempts(change: Change, pieces: Sequence[PieceDemand]) -> dict[str, int]:
    """The attempt with which each piece starts: after those of an earlier reservation of the same piece."""
    names = [demand.piece for demand in pieces]
    earlier = dict.fromkeys(names, 0)
    for piece, attempt in change.session.exec(
        select(OperationRow.piece, OperationRow.attempt).where(col(OperationRow.piece).in_(names))
    ).all():
        earlier[piece] = max(earlier[piece], attempt)
    return {piece: attempt + 1 for piece, attempt in earlier.items()}


def _row(
    plant: str, operation: Operation, place: Placement, specification_sha256: str, allocations: Sequence[Allocation], attempt: int
) -> dict[str, Any]:
    key = operation.key._replace(attempt=attempt)
    return {
        "key": str(key),
        "plant": plant,
        "order": operation.order,
        "piece": key.piece,
        "sequence": key.sequence,
        "attempt": attempt,
        "specification_sha256": specification_sha256,
        "name": operation.name,
        "label": {"en": operation.label.en, "zh": operation.label.zh},
        "machine_group": operation.machine_group,
        "setup_family": operation.setup_family,
        "run_s": operation.run_s,
        "run_on": [list(entry) for entry in operation.run_on],
        "after": [str(before._replace(attempt=attempt)) for before in operation.after],
        "allocated": [stored(allocation) for allocation in allocations],
        "material_s": operation.material_s,
        "weight": operation.weight,
        "state": OperationState.PLANNED.value,
        "machine": place.machine,
        "person": place.person,
        "setup_start_s": place.setup_start_s,
        "start_s": place.start_s,
        "end_s": place.end_s,
        "paused": False,
        "pauses": [],
        "revision": 0,
        "pinned": False,
        "told_machine": "",
        "told_start_s": 0,
    }


def stored(allocation: Allocation) -> dict[str, object]:
    """An allocation as the row keeps it."""
    return {
        "item": allocation.item,
        "supply": allocation.supply,
        "lot": allocation.lot,
        "quantity": allocation.quantity,
        "unit": allocation.unit,
        "available_s": allocation.available_s,
    }


def purchased(change: Change, allocations: Sequence[Allocation]) -> list[Allocation]:
    """The allocations with a purchase for each part that no supply covers: a receipt of its own, so that the piece can be traced to it."""
    parts = []
    for allocation in allocations:
        if allocation.supply is None:
            number = new_id("purchase")
            allocation = replace(allocation, supply=number)
            change.session.add(
                StockRow(
                    plant=change.plant.plant,
                    item=allocation.item,
                    supply=number,
                    quantity=allocation.quantity,
                    free=allocation.quantity,
                    available_s=allocation.available_s,
                    purchased=True,
                    seq=change.seq,
                )
            )
        parts.append(allocation)
    return parts


def take_stock(change: Change, allocations: Sequence[Allocation], sign: int = -1) -> None:
    """Reserve the allocated quantities in the stock's rows (``sign`` 1: give them back; a purchase on its way is given up)."""
    taken: Counter[tuple[str, str]] = Counter()
    for allocation in allocations:
        if allocation.supply is not None:
            taken[allocation.item, allocation.supply] += allocation.quantity
    items = {item for item, _ in taken}
    query = select(StockRow).where(StockRow.plant == change.plant.plant, col(StockRow.item).in_(items))
    rows = {(row.item, row.supply): row for row in change.session.exec(query).all()} if items else {}
    for (item, supply), quantity in taken.items():
        if (item, supply) not in rows:
            raise NotFound("stock", f"{item}/{supply}")
        row = rows[item, supply]
        if sign > 0 and row.purchased and row.available_s > change.now_s:
            row.quantity -= quantity
        else:
            row.free += sign * quantity
        row.seq = change.seq
        change.session.add(row)


def allocated(row: OperationRow) -> list[Allocation]:
    """What the row has reserved."""
    return [
        Allocation(entry["item"], row.sequence, entry["supply"], entry["lot"], entry["quantity"], entry["unit"], entry["available_s"])
        for entry in row.allocated
    ]


def make_firm(transaction: LedgerTransaction, live: LivePlan, order: str, promised: Instant) -> None:
    """A held reservation becomes firm under the promised date.

    Raises TransitionRefused when it was given back meanwhile, NoPromise when its slots end too late for that date.
    """
    with changing(transaction, live, "confirm", order) as change:
        row = change.session.get(ReservationRow, order)
        if row is None:
            raise NotFound("reservation", order)
        if row.state not in (HELD, FIRM):
            raise TransitionRefused("reservation", row.state, FIRM)
        promised_s = seconds_of(promised)
        earliest_s = promised_at(change.plant, row.finish_s, row.country)
        if earliest_s > promised_s:
            raise NoPromise(extra={"promised_at": instant(earliest_s).isoformat()})
        due_moved = due_s(change.plant, promised_s, row.country) != due_s(change.plant, row.promised_s, row.country)
        row.state, row.promised_s, row.told_s, row.expires_at = FIRM, promised_s, promised_s, None
        change.touch(row)
        if due_moved:
            for operation in change.session.exec(select(OperationRow).where(OperationRow.order == order)).all():
                change.touch(operation)
        transaction.unschedule(HOLD, order)


def send_to(transaction: LedgerTransaction, live: LivePlan, order: str, country: Country) -> Reservation:
    """A held order goes to another country: the same slots, the date for there. Raises TransitionRefused when nothing is held."""
    with changing(transaction, live, "confirm", order) as change:
        row = change.session.get(ReservationRow, order)
        if row is None:
            raise NotFound("reservation", order)
        if row.state != HELD:
            raise TransitionRefused("reservation", row.state, HELD)
        if country != row.country:
            row.promised_s = row.told_s = promised_elsewhere(change.plant, row.promised_s, row.country, country)
            row.country = country
            change.touch(row)
            for operation in change.session.exec(select(OperationRow).where(OperationRow.order == order)).all():
                change.touch(operation)
        return Reservation(order=order, finish_at=instant(row.finish_s), promised_at=instant(row.promised_s), expires_at=row.expires_at)


def give_back(transaction: LedgerTransaction, live: LivePlan, order: str, reason: Message) -> bool:
    """Free the order's capacity and the material of what has not begun; False when there was nothing to free."""
    with changing(transaction, live, "release", order) as change:
        row = change.session.get(ReservationRow, order)
        if row is None or row.state in (RELEASED, DONE):
            return False
        row.state, row.expires_at = RELEASED, None
        change.touch(row)
        withdrawn: list[OperationKey] = []
        rows = change.session.exec(select(OperationRow).where(OperationRow.order == order)).all()
        keys = {standing.operation.key for standing in change.book.of_order(order)}
        by_text = {str(key): key for key in keys}
        for operation in rows:
            if operation.state not in (OperationState.PLANNED, OperationState.RELEASED, OperationState.RUNNING):
                continue
            if operation.state == OperationState.RUNNING:
                operation.end_s = max(operation.start_s, min(operation.end_s, change.now_s))
            else:
                take_stock(change, allocated(operation), sign=1)
                operation.allocated = []
            if operation.revision > 0:
                withdrawn.append(by_text[operation.key])
            operation.state = OperationState.CANCELLED
            change.touch(operation)
        change.withdraw(order, withdrawn, reason)
        transaction.unschedule(HOLD, order)
        _mend_setups(change, frozenset(standing.key for standing in change.book.of_order(order) if standing.open))
        return True


def _mend_setups(change: Change, gone: frozenset[OperationKey]) -> None:
    """Who stood behind a freed operation may have to set up for longer: then the plan is repaired."""
    book = change.book
    for machine in {book.standings[key].place.machine for key in gone}:
        before: str | None = None
        for place in book.index.on_machine(machine):
            if place.key in gone:
                continue
            needed = change.plant.setup_s(change.plant.machines[machine].group, before, place.family)
            if needed > place.start_s - place.setup_start_s and not place.fixed:
                absorb(change, {}, REPLANNED, always=True, without=gone)
                return
            before = place.family


def expire(transaction: LedgerTransaction, live: LivePlan, order: str) -> None:
    """A hold has run out: its capacity is free again. One that was made firm stays."""
    row = transaction.session.get(ReservationRow, order)
    if row is not None and row.state == HELD:
        give_back(transaction, live, order, Message(id="scheduler.withdrawn.cancelled"))
