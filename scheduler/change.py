"""How is a plant's capacity changed? Lock first, count in memory, number the change, mark every row with it."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from contracts.events import OperationsReleased, OperationsWithdrawn, OrderPlanned
from contracts.plan import OperationKey, OperationState
from contracts.texts import Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.engine.affected import repaired_nearby
from scheduler.engine.delivery import due_s, promised_at
from scheduler.engine.operations import Operation, Placement, instant, seconds_of
from scheduler.engine.promise import endangers
from scheduler.engine.replan import Repair, Weighed, repair
from scheduler.live_plan import DONE, FIRM, HELD, Book, LivePlan, head_of
from scheduler.replanning import REPLAN
from scheduler.standing import Standing, released
from scheduler.tables import CapacityChangeRow, OperationRow, PlantRow, ReservationRow
from scheduler.telling import tell, tell_what_stands

_OPERATION = OperationRow.__table__  # type: ignore[attr-defined]
_PLACE: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("machine", "person", "setup_start_s", "start_s", "end_s", "seq")}
_PLANT = PlantRow.__table__  # type: ignore[attr-defined]
_NUMBERED = update(_PLANT).where(_PLANT.c.plant == bindparam("of_plant")).values(seq=bindparam("new_seq"), mark=bindparam("new_mark"))
_LOGGED = insert(CapacityChangeRow.__table__)  # type: ignore[attr-defined]
_LOCKED = "scheduler.locked"
"""Plants whose lock the session's transaction holds since an earlier change, with their rows: nobody else writes them."""
_REPORT: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("state", "paused", "pauses", "began_s", "ended_s", "seq")}
_REPORTED = update(_OPERATION).where(_OPERATION.c.key == bindparam("of")).values(_REPORT)
_PLACED = update(_OPERATION).where(_OPERATION.c.key == bindparam("of")).values(_PLACE)
PUBLISH = "publish"
"""The kind of change that a new plan is; what it could not save, the next one right after it will not."""


class Change:
    """One change of a plant's capacity inside an open transaction that holds the plant's lock."""

    def __init__(self, transaction: LedgerTransaction, head: PlantRow, book: Book, kind: str, subject: str) -> None:
        self.transaction = transaction
        self.session = transaction.session
        self.head = head
        self.book = book
        self.plant = book.plant
        self.breakdowns = book.breakdowns
        self.overtime = book.overtime
        self.version = book.version
        self.now_s = seconds_of(transaction.now)
        self._kind, self._subject = kind, subject
        self._seq = 0

    @property
    def seq(self) -> int:
        """The number of this change, given at its first write."""
        if self._seq == 0:
            self._seq = numbered(self.session, self.head, self._kind, self._subject, self.now_s)
        return self._seq

    def rows(self, keys: Iterable[OperationKey]) -> dict[OperationKey, OperationRow]:
        """The operations' rows."""
        wanted = {str(key): key for key in keys}
        found: dict[OperationKey, OperationRow] = {}
        names = sorted(wanted)
        for first in range(0, len(names), 500):
            query = select(OperationRow).where(col(OperationRow.key).in_(names[first : first + 500]))
            found |= {wanted[row.key]: row for row in self.session.exec(query).all()}
        return found

    def touch(self, row: OperationRow | ReservationRow) -> None:
        """The row is part of this change."""
        row.seq = self.seq
        self.session.add(row)

    def report(
        self,
        standing: Standing,
        state: OperationState,
        began_s: int | None,
        at_s: int,
        ended_s: int | None = None,
        paused: bool = False,
    ) -> None:
        """Write down what the shop reported of an operation; ``at_s``: from then on it is paused, or no longer."""
        ended_s = standing.ended_s if ended_s is None else ended_s
        pauses = standing.pauses_at(at_s, paused)
        values = {"state": state.value, "paused": paused, "pauses": pauses, "began_s": began_s, "ended_s": ended_s, "seq": self.seq}
        self.session.flush()
        written = {f"new_{name}": value for name, value in values.items()}
        self.session.connection().execute(_REPORTED, {"of": str(standing.key), **written})
        self._read_again({str(standing.key)})

    def _read_again(self, keys: Collection[str]) -> None:
        for known in list(self.session.identity_map.values()):
            if isinstance(known, OperationRow) and known.key in keys:
                self.session.refresh(known)

    def place(self, placements: Mapping[OperationKey, Placement], forced: frozenset[OperationKey] = frozenset()) -> None:
        """Write new places; released operations that moved far (or are ``forced``) get a raised revision.

        Far: another machine, or the repair's threshold. Smaller drift is left to the shop: ``after`` says what may start, not the time.
        """
        if not placements:
            return
        self.session.flush()
        self.session.connection().execute(_PLACED, [_place_values(key, placement, self.seq) for key, placement in placements.items()])
        self._read_again({str(key) for key in placements})
        raised: defaultdict[str, list[OperationRow]] = defaultdict(list)
        for row in self.rows(key for key, placement in placements.items() if key in forced or self._far(placement)).values():
            if row.state == OperationState.RELEASED:
                raised[row.order].append(row)
        for order in sorted(raised):
            self.release(order, raised[order])

    def _far(self, placement: Placement) -> bool:
        standing = self.book.standings.get(placement.key)
        if standing is None or standing.state is not OperationState.RELEASED:
            return False
        drift = abs(standing.told_start_s - placement.start_s)
        return standing.told_machine != placement.machine or drift >= self.plant.planning.repair_threshold_s

    def release(self, order: str, rows: Iterable[OperationRow]) -> None:
        """Give operations of an order to manufacturing execution, anew or for the first time."""
        given = sorted(rows, key=lambda row: (row.start_s, row.key))
        for row in given:
            row.revision += 1
            row.told_machine, row.told_start_s = row.machine, row.start_s
            row.allocated = [{**entry, "lot": entry["supply"]} for entry in row.allocated]
            self.touch(row)
        self.transaction.emit(OperationsReleased(order=order, plant=self.plant.plant, operations=tuple(released(row) for row in given)))

    def withdraw(self, order: str, keys: Iterable[OperationKey], reason: Message) -> None:
        """Released operations that must not be made any more."""
        gone = tuple(sorted(keys, key=str))
        if gone:
            self.transaction.emit(OperationsWithdrawn(order=order, plant=self.plant.plant, keys=gone, reason=reason))

    def repaired(self, operations: Iterable[Operation], places: Iterable[Placement], free: Weighed | None = None) -> Repair:
        """The plan repaired around facts, in memory. ``free``: its first way, when that was tried already."""
        found = repair(
            self.plant,
            list(operations),
            list(places),
            self.now_s,
            self.plant.planning.repair_threshold_s,
            self.overtime,
            self.breakdowns,
            calendar=self.book.index.calendar if self.breakdowns == self.book.breakdowns else None,
            free=free,
        )
        self.book.laid.suspects = set(found.lost)
        return found

    def repaired_nearby(self, facts: Mapping[OperationKey, Placement]) -> Weighed | None:
        """Its first way around facts alone, looking only at what they touch; None when that does not tell."""
        if self.breakdowns != self.book.breakdowns:
            return None
        return repaired_nearby(self.book.laid, facts, self.now_s, self.plant.planning.repair_threshold_s)

    def settle(
        self,
        places: Mapping[OperationKey, Placement],
        causes: Mapping[str, Message],
        otherwise: Message,
        gone: frozenset[OperationKey] = frozenset(),
        sooner: Mapping[str, Message] | None = None,
    ) -> None:
        """Note each order's finish after the change and tell every customer whose promise it moves.

        ``places``: every place that changed. ``causes``: why, for an order; else ``otherwise``. ``gone``: attempts that no longer count.
        ``sooner``: orders whose customers are told of any earlier date at once, and why (see ``telling`` for the others).
        """
        if not places:
            return
        orders = {placement.order for placement in places.values()}
        finishes: dict[str, int] = dict.fromkeys(orders, 0)
        for standing in (each for order in orders for each in self.book.of_order(order)):
            if standing.key not in places and standing.key not in gone:
                finishes[standing.order] = max(finishes[standing.order], self._back(standing.place))
        for placement in places.values():
            finishes[placement.order] = max(finishes[placement.order], self._back(placement))
        for row in self.reservations(finishes):
            self._settle_order(row, finishes[row.order], causes.get(row.order, otherwise), (sooner or {}).get(row.order))

    def reservations(self, orders: Iterable[str]) -> list[ReservationRow]:
        """The orders' reservations, by order."""
        wanted = select(ReservationRow).where(col(ReservationRow.order).in_(list(orders)))
        return sorted(self.session.exec(wanted).all(), key=lambda row: row.order)

    def finish(self, row: ReservationRow, ready_s: int, cause: Message) -> None:
        """Nothing of the order is left to do; it can be picked up from ``ready_s`` on. A customer who has to wait longer is told."""
        self._settle_order(row, ready_s, cause, None)
        tell_what_stands(self.transaction, self.plant, row)
        row.state = DONE
        self.touch(row)

    def _back(self, placement: Placement) -> int:
        return placement.end_s + self.plant.after_s(placement.machine)

    def _settle_order(self, row: ReservationRow, finish_s: int, cause: Message, sooner: Message | None) -> None:
        if row.state not in (FIRM, HELD) or row.finish_s == finish_s:
            return
        before, expected = (promised_at(self.plant, each, row.country) for each in (row.finish_s, finish_s))
        endangered = endangers(self.plant, row.finish_s, finish_s, due_s(self.plant, row.promised_s, row.country))
        before_s, row.finish_s = row.finish_s, finish_s
        self.touch(row)
        if row.state != FIRM:
            return
        if endangered and self._kind != PUBLISH:
            self.transaction.schedule(REPLAN, self.plant.plant, self.transaction.now)
        if row.planned_version and expected != before:
            self.planned(row)
        tell(self.transaction, self.plant, row, before_s, cause, sooner)

    def planned(self, row: ReservationRow) -> None:
        """Say where the order stands in the plan."""
        row.planned_version = self.version
        self.touch(row)
        self.transaction.emit(
            OrderPlanned(
                order=row.order,
                plant=self.plant.plant,
                version=row.planned_version,
                finish_at=instant(row.finish_s),
                expected_at=instant(promised_at(self.plant, row.finish_s, row.country)),
            )
        )


def numbered(session: Session, head: PlantRow, kind: str, subject: str, at_s: int) -> int:
    """The next number of the plant's capacity log. The caller holds the plant's lock; its row is written."""
    seq, mark, connection = head.seq + 1, secrets.token_hex(8), session.connection()
    connection.execute(_NUMBERED, {"of_plant": head.plant, "new_seq": seq, "new_mark": mark})
    log = {"plant": head.plant, "seq": seq, "mark": mark, "kind": kind, "subject": subject[:120], "at_s": at_s}
    connection.execute(_LOGGED, log)
    set_committed_value(head, "seq", seq)
    set_committed_value(head, "mark", mark)
    return seq


@contextmanager
def changing(transaction: LedgerTransaction, live: LivePlan, kind: str, subject: str) -> Iterator[Change]:
    """The plant's lock, its caught-up book, and a change to fill. Nothing slow in here."""
    held: dict[str, PlantRow] = transaction.session.info.setdefault(_LOCKED, {})
    if live.plant not in held:
        transaction.lock_plant(live.plant)
    transaction.session.flush()
    head = held.get(live.plant) or head_of(transaction.session, live.plant, fresh=True)
    held[live.plant] = head
    with live.work(transaction.session, head, seconds_of(transaction.now)) as book:
        yield Change(transaction, head, book, kind, subject)


def difference(change: Change, placements: Iterable[Placement]) -> dict[OperationKey, Placement]:
    """Those of the places that are new: another machine, person or time than in the book."""
    found: dict[OperationKey, Placement] = {}
    for placement in placements:
        standing = change.book.standings.get(placement.key)
        if standing is None or _spot(standing.place) != _spot(placement):
            found[placement.key] = placement
    return found


def _place_values(key: OperationKey, placement: Placement, seq: int) -> dict[str, object]:
    return {
        "of": str(key),
        "new_machine": placement.machine,
        "new_person": placement.person,
        "new_setup_start_s": placement.setup_start_s,
        "new_start_s": placement.start_s,
        "new_end_s": placement.end_s,
        "new_seq": seq,
    }


def _spot(placement: Placement) -> tuple[str, str | None, int, int, int]:
    return placement.machine, placement.person, placement.setup_start_s, placement.start_s, placement.end_s
