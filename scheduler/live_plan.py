"""What does the plan of a plant hold right now, in this process? It catches up with the capacity log and never misses a change."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from threading import RLock
from typing import Any

from sqlalchemy import Row, Select, Table, bindparam, func, or_, tuple_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from contracts.plan import OperationKey, OperationState
from contracts.problems import NotFound
from contracts.units import Country
from scheduler.engine.calendar import Breakdown, OvertimeDay
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.delivery import due_s, promised_at
from scheduler.engine.laid_plan import LaidPlan
from scheduler.engine.margin import LEARNED_FROM, margin_s
from scheduler.engine.materials import Materials, Supply
from scheduler.engine.operations import DAY_S, GONE, Operation, Placement
from scheduler.engine.plant import Plant, ShiftChange, parse_plant
from scheduler.engine.staffing import Staffed, staffed
from scheduler.engine.times import Times
from scheduler.learned import TIMES, times_in_force
from scheduler.standing import Standing, standing_of
from scheduler.tables import BlockedRow, CapacityChangeRow, OperationRow, PlantRow, ReservationRow, StockRow

_OPERATION: Table = OperationRow.__table__  # type: ignore[attr-defined]
_RESERVATION: Table = ReservationRow.__table__  # type: ignore[attr-defined]
_STOCK: Table = StockRow.__table__  # type: ignore[attr-defined]
_WITHOUT_TEXT = (defer(PlantRow.text),)  # type: ignore[arg-type]
_parsed = lru_cache(maxsize=4)(parse_plant)


def _plant_of(head: PlantRow) -> Plant:
    """The published plant with the other hours of shifts that planners adopted."""
    plant = _parsed(head.text)
    adopted = [ShiftChange.model_validate(entry) for entry in head.shift_changes]
    known = tuple(change for change in adopted if change.shift in plant.shifts)
    return plant.model_copy(update={"shift_changes": (*plant.shift_changes, *known)}) if known else plant


def _since(table: Table) -> Select[Any]:
    """The rows of a plant that changed after a number of its capacity log."""
    return table.select().where(table.c.plant == bindparam("of_plant"), table.c.seq > bindparam("after"))


_CHANGED = {table: _since(table) for table in (_RESERVATION, _OPERATION, _STOCK)}
_BLOCKED = _since(BlockedRow.__table__).limit(1)  # type: ignore[attr-defined]
_LOG: Table = CapacityChangeRow.__table__  # type: ignore[attr-defined]
_LOGGED = (
    select_columns(_LOG.c.seq, _LOG.c.mark, _LOG.c.kind)
    .where(_LOG.c.plant == bindparam("of_plant"), _LOG.c.seq >= bindparam("number"))
    .order_by(_LOG.c.seq)
)
_REPORTS = frozenset({"started", "paused", "completed"})
BY_HAND = frozenset({"move", "lock", "unlock", "undo"})
"""What planners do."""
_LEAVE_STOCK = _REPORTS | BY_HAND | {"overrun", "machine", "confirm", "publish", "defer", "scenario", "hours", "rush"}
"""Kinds of change that write no stock."""
_LEAVE_HOURS = _REPORTS | BY_HAND | {"reserve", "confirm", "release", "restart", "resume", "defer"}
"""Kinds of change that write neither overtime nor breakdowns."""
KEPT_S = 3 * DAY_S
"""How long finished operations stay in memory; each machine's last one stays longer, for what it is set up for."""
HELD, FIRM, DONE, RELEASED = "held", "firm", "done", "released"
LIVE = (HELD, FIRM)


@dataclass(frozen=True, slots=True)
class Promise:
    """An order's reservation as the plan needs it."""

    order: str
    state: str
    weight: int
    promised_s: int
    told_s: int
    due_s: int
    finish_s: int
    country: Country
    """Where it goes."""
    planned_version: int


@dataclass
class Book:
    """A plant in memory. Changed only by its LivePlan, under the LivePlan's lock."""

    plant: Plant
    plant_sha256: str
    """As it was published: under another release the same text may be read as another plant."""
    shift_changes: list[dict[str, Any]]
    """Adopted by planners, as they are in ``plant``."""
    built_s: int
    seq: int
    mark: str
    version: int
    overtime: tuple[OvertimeDay, ...]
    breakdowns: tuple[Breakdown, ...]
    laid: LaidPlan
    materials: Materials
    promises: dict[str, Promise]
    margin_s: int
    """Open seconds between planned and promised finish of the next promise."""
    times: Times
    """Learned times by which the next operations are planned."""
    reopened_seq: int
    """Change at which hours were last counted anew."""
    standings: dict[OperationKey, Standing] = field(default_factory=dict)

    @property
    def index(self) -> CapacityIndex:
        return self.laid.index

    @cached_property
    def staffed(self) -> dict[str, list[Staffed]]:
        """What each group can do by time, with the overtime and breakdowns of this book."""
        return {group: staffed(self.index.calendar, group) for group in self.plant.groups}

    def operations(self) -> list[Operation]:
        """What engines plan with: open operations, due when their promise says, and what the machines last did."""
        return [standing.operation for standing in self.standings.values()]

    def places(self) -> list[Placement]:
        """Where those operations stand."""
        return [standing.place for standing in self.standings.values()]

    def of_order(self, order: str) -> list[Standing]:
        """An order's operations by start."""
        found = [self.standings[key] for key in self.laid.of_order(order)]
        return sorted(found, key=lambda standing: (standing.place.start_s, standing.key.sequence))

    def lay(self, changed: Sequence[Standing]) -> None:
        """Take operations in, or as they stand now."""
        self.laid.lay([(standing.operation, standing.place) for standing in changed])
        for standing in changed:
            if standing.state in GONE:
                self.standings.pop(standing.key, None)
            else:
                self.standings[standing.key] = standing


class LivePlan:
    """One plant's book, shared by the threads of a process. Quoting takes no lock of the database."""

    def __init__(self, plant: str) -> None:
        self.plant = plant
        self._lock = RLock()
        self._book: Book | None = None

    @contextmanager
    def read(self, session: Session, now_s: int) -> Iterator[Book]:
        """The book as committed, for one thread at a time; the reader leaves it as it was."""
        with self._lock:
            yield self._caught_up(session, head_of(session, self.plant), now_s)

    @contextmanager
    def work(self, session: Session, head: PlantRow, now_s: int) -> Iterator[Book]:
        """The book inside a transaction that holds the plant's lock (and its row, read under it), what it wrote itself included.

        What it wrote does not outlive its rollback: a change is known by its number and its mark.
        """
        with self._lock:
            book = self._caught_up(session, head, now_s)
            try:
                yield book
            except BaseException:
                book.laid.suspects = None
                raise

    def plant_now(self, session: Session) -> Plant:
        """The published plant alone, without the plan."""
        head, book = head_of(session, self.plant), self._book
        return book.plant if book is not None and _holds_plant(book, head) else _plant_of(head)

    def plant_as_published(self, session: Session) -> Plant:
        """The plant with its own figures, whatever was learned."""
        return _plant_of(head_of(session, self.plant))

    def _caught_up(self, session: Session, head: PlantRow, now_s: int) -> Book:
        book = self._book
        if book is None or not book.built_s <= now_s <= book.built_s + DAY_S or not _holds_plant(book, head):
            book = self._book = _built(session, head, now_s)
            return book
        if (head.seq, head.mark) == (book.seq, book.mark):
            return book
        session.flush()
        log = session.connection().execute(_LOGGED, {"of_plant": head.plant, "number": book.seq}).all()
        if not log or (log[0].seq, log[0].mark) != (book.seq, book.mark):
            # The book holds a change that was never committed.
            book = self._book = _built(session, head, now_s)
            return book
        kinds = {row.kind for row in log[1:]}
        if TIMES in kinds:
            book = self._book = _built(session, head, now_s)
            return book
        if not kinds <= _LEAVE_HOURS and _reopened(session, head, book):
            book = self._book = _laid_anew(session, head, book, now_s)
        _follow(session, head, book, stock=not kinds <= _LEAVE_STOCK)
        return book


def head_of(session: Session, plant: str, fresh: bool = False) -> PlantRow:
    """The plant's row without its text, which few need; ``fresh``: as the database has it now. Raises NotFound."""
    row = session.get(PlantRow, plant, populate_existing=fresh, options=_WITHOUT_TEXT)
    if row is None:
        raise NotFound("plant", plant)
    return row


def finished_promise(session: Session, book: Book, order: str) -> Promise:
    """The promise of an order that is no longer in the plan. Raises NotFound."""
    row = session.get(ReservationRow, order)
    if row is None or row.plant != book.plant.plant:
        raise NotFound("order", order)
    return _promise(book.plant, row)


def overtime_of(head: PlantRow) -> tuple[OvertimeDay, ...]:
    return tuple(OvertimeDay(group, date.fromisoformat(day)) for group, day in head.overtime)


def ordered_of(head: PlantRow, today: date) -> frozenset[OvertimeDay]:
    """Overtime that planners ordered and that is still to come."""
    return frozenset(OvertimeDay(group, date.fromisoformat(day)) for group, day in head.ordered if date.fromisoformat(day) >= today)


def _holds_plant(book: Book, head: PlantRow) -> bool:
    return head.sha256 == book.plant_sha256 and head.shift_changes == book.shift_changes


def _reopened(session: Session, head: PlantRow, book: Book) -> bool:
    """Whether hours changed, so that free time must be counted anew."""
    if overtime_of(head) != book.overtime:
        return True
    return session.connection().execute(_BLOCKED, {"of_plant": head.plant, "after": book.seq}).first() is not None


def _empty(session: Session, head: PlantRow, plant: Plant, now_s: int) -> CapacityIndex:
    """A plan without operations in the hours as they are now."""
    blocked = session.exec(select(BlockedRow).where(BlockedRow.plant == head.plant, BlockedRow.to_s > now_s - KEPT_S)).all()
    breakdowns = tuple(Breakdown(row.machine, row.from_s, row.to_s) for row in blocked)
    to_s = now_s + plant.planning.horizon_days * DAY_S
    return CapacityIndex(plant, now_s - KEPT_S, to_s, overtime_of(head), breakdowns)


def _laid_anew(session: Session, head: PlantRow, book: Book, now_s: int) -> Book:
    """The same book in the hours as they are now."""
    book.laid.lay_anew(_empty(session, head, book.plant, now_s))
    return replace(book, overtime=overtime_of(head), breakdowns=book.index.calendar.breakdowns, reopened_seq=head.seq)


def _built(session: Session, head: PlantRow, now_s: int) -> Book:
    times = times_in_force(session, head.plant)
    plant = times.with_setups(_plant_of(head))
    index = _empty(session, head, plant, now_s)
    stock = session.exec(select(StockRow).where(StockRow.plant == head.plant, StockRow.free > 0)).all()
    reservations = session.exec(select(ReservationRow).where(ReservationRow.plant == head.plant, col(ReservationRow.state).in_(LIVE))).all()
    promises = {row.order: _promise(plant, row) for row in reservations}
    book = Book(
        plant=plant,
        plant_sha256=head.sha256,
        shift_changes=list(head.shift_changes),
        built_s=now_s,
        seq=head.seq,
        mark=head.mark,
        version=head.version,
        overtime=overtime_of(head),
        breakdowns=index.calendar.breakdowns,
        laid=LaidPlan(index),
        materials=Materials(plant, [_supply(row) for row in stock]),
        promises=promises,
        margin_s=_margin_s(session, plant),
        times=times,
        reopened_seq=head.seq,
    )
    live = select(ReservationRow.order).where(ReservationRow.plant == head.plant, col(ReservationRow.state).in_(LIVE))
    last = select(_OPERATION.c.machine, func.max(_OPERATION.c.end_s)).where(
        _OPERATION.c.plant == head.plant, _OPERATION.c.state == OperationState.DONE
    )
    session.flush()
    set_up = tuple_(_OPERATION.c.machine, _OPERATION.c.end_s).in_(last.group_by(_OPERATION.c.machine))
    wanted = or_(_OPERATION.c.order.in_(live), _OPERATION.c.end_s > now_s - KEPT_S, set_up)
    _lay(book, session.connection().execute(_OPERATION.select().where(_OPERATION.c.plant == head.plant, wanted)).all())
    return book


def _follow(session: Session, head: PlantRow, book: Book, stock: bool) -> None:
    """Take over what changed since: each changed row carries the number of its last change."""
    since, connection = {"of_plant": head.plant, "after": book.seq}, session.connection()
    reservations, rows = (connection.execute(_CHANGED[table], since).all() for table in (_RESERVATION, _OPERATION))
    changed = connection.execute(_CHANGED[_STOCK], since).all() if stock else ()
    for reservation in reservations:
        if reservation.state in LIVE:
            book.promises[reservation.order] = _promise(book.plant, reservation)
        else:
            book.promises.pop(reservation.order, None)
    if any(reservation.state == DONE for reservation in reservations):
        book.margin_s = _margin_s(session, book.plant)
    if changed:
        supplies = {(supply.item, supply.supply): supply for supply in book.materials.supplies()}
        supplies |= {(row.item, row.supply): _supply(row) for row in changed}
        book.materials = Materials(book.plant, [supply for supply in supplies.values() if supply.quantity > 0])
    _lay(book, rows)
    book.seq, book.mark = head.seq, head.mark
    book.version = head.version


def _lay(book: Book, rows: Sequence[Row[Any]]) -> None:
    book.lay([standing_of(row, _due(book, row.order)) for row in rows])


def _due(book: Book, order: str) -> int:
    promise = book.promises.get(order)
    return promise.due_s if promise is not None else 2**40


def _promise(plant: Plant, row: ReservationRow | Row[Any]) -> Promise:
    return Promise(
        order=row.order,
        state=row.state,
        weight=row.weight,
        promised_s=row.promised_s,
        told_s=row.told_s,
        due_s=due_s(plant, row.promised_s, row.country),
        finish_s=row.finish_s,
        country=row.country,
        planned_version=row.planned_version,
    )


def _margin_s(session: Session, plant: Plant) -> int:
    """What the plant's last finished orders teach."""
    done = select(ReservationRow.promised_s, ReservationRow.finish_s, ReservationRow.country).where(
        ReservationRow.plant == plant.plant, ReservationRow.state == DONE
    )
    rows = session.exec(done.order_by(col(ReservationRow.seq).desc()).limit(LEARNED_FROM)).all()
    late = sum(1 for promised_s, finish_s, country in rows if promised_at(plant, finish_s, country) > promised_s)
    return margin_s(late, len(rows) - late, plant.planning.service_level_percent, plant.planning.first_margin_h * 3600)


def _supply(row: StockRow | Row[Any]) -> Supply:
    return Supply(row.supply, row.item, row.lot, row.free, row.available_s)
