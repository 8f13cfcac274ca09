"""The rows that reports and leases touch, as plain values: read by one statement, written back by one.

Rows as objects that watch their own changes cost a report more than the database does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, or_, select, update
from sqlalchemy.sql import ColumnElement

from contracts.work_order import WorkOrderState
from ledger.columns import UtcInstant
from ledger.database import is_sqlite
from ledger.upsert import insert_new
from mes_bridge.tables import FEED, MACHINE, MACHINE_HOLD, MEASUREMENT, PIECE, WORK_ORDER, MeasurementRow, PieceRow, WorkOrderRow


@dataclass(slots=True)
class WorkOrderLine:
    """A row of WorkOrderRow, but for its label."""

    id: str
    piece: str
    sequence: int
    attempt: int
    order: str
    plant: str
    name: str
    machine_group: str
    machine: str
    planned_start_at: datetime
    planned_end_at: datetime
    after: list[list[Any]]
    revision: int
    state: str
    ready: bool
    holder: str | None
    fence: int
    lease_until: datetime | None
    nonconformance: str | None
    failed: bool
    change: int
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(slots=True)
class PieceLine:
    """A row of PieceRow, but for its certificate."""

    piece: str
    order: str
    plant: str
    specification_sha256: str
    completed_at: datetime | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """What a row of MeasurementRow says of the value."""

    id: str
    piece: str
    sequence: int
    attempt: int
    checkpoint: str
    value: int
    verdict: str
    gauge: str
    source: str
    at: datetime
    corrects: str | None
    rule: str
    uncertainty: int | None
    uncertainty_unit: str | None
    gauge_overdue: bool


type AnyWorkOrder = WorkOrderLine | WorkOrderRow
"""As it was read, or as it was added."""
type AnyPiece = PieceLine | PieceRow
type AnyMeasurement = MeasuredLine | MeasurementRow


def _columns(table: Table, line: type[Any]) -> tuple[ColumnElement[Any], ...]:
    return tuple(table.c[field.name] for field in fields(line))


WORK_ORDER_LINE = _columns(WORK_ORDER, WorkOrderLine)
_PIECE_LINE = _columns(PIECE, PieceLine)
_CHANGING = tuple(field.name for field in fields(WorkOrderLine))[7:]
"""From the machine group on; what comes before is the same for ever."""

_ONE_WITH_PIECE = (
    select(*_PIECE_LINE, *WORK_ORDER_LINE)
    .join_from(WORK_ORDER, PIECE, WORK_ORDER.c.piece == PIECE.c.piece)
    .where(WORK_ORDER.c.id == bindparam("of_work_order"))
    .with_for_update(of=(PIECE, WORK_ORDER))
)
_ALL_OF = select(*WORK_ORDER_LINE).where(WORK_ORDER.c.piece == bindparam("of_piece")).order_by(WORK_ORDER.c.sequence, WORK_ORDER.c.attempt)
_ONE = select(*WORK_ORDER_LINE).where(WORK_ORDER.c.id == bindparam("of_work_order")).with_for_update()
_RAN_OUT = and_(
    or_(WORK_ORDER.c.state == WorkOrderState.LEASED.value, WORK_ORDER.c.state == WorkOrderState.ACKNOWLEDGED.value),
    WORK_ORDER.c.lease_until <= bindparam("now", type_=UtcInstant),
)
_FREE = (
    select(*WORK_ORDER_LINE)
    .where(
        WORK_ORDER.c.ready.is_(True),
        or_(WORK_ORDER.c.state == WorkOrderState.RELEASED.value, _RAN_OUT),
        WORK_ORDER.c.machine.not_in(select(MACHINE.c.machine).where(MACHINE.c.attended_by.is_not(None))),
        WORK_ORDER.c.machine.not_in(select(MACHINE_HOLD.c.machine).where(MACHINE_HOLD.c.released_at.is_(None))),
    )
    .order_by(WORK_ORDER.c.planned_start_at, WORK_ORDER.c.id)
    .limit(bindparam("count"))
    .with_for_update(of=WORK_ORDER, skip_locked=True)
)
_FREE_OF_GROUPS = _FREE.where(WORK_ORDER.c.machine_group.in_(bindparam("groups", expanding=True)))
_OF_GROUP = select(MACHINE.c.machine).where(MACHINE.c.machine_group == bindparam("group")).limit(1)
_LOCKED = (
    select(WORK_ORDER.c.id)
    .where(WORK_ORDER.c.id.in_(bindparam("of_work_orders", expanding=True)))
    .order_by(WORK_ORDER.c.id)
    .with_for_update()
)
_WRITTEN = update(WORK_ORDER).where(WORK_ORDER.c.id == bindparam("of_work_order"))
_COMPLETED = update(PIECE).where(PIECE.c.piece == bindparam("of_piece"))
_RAISED = update(FEED).where(FEED.c.id == 1).values(change=FEED.c.change + bindparam("count")).returning(FEED.c.change)
_MEASURED = (
    select(*_columns(MEASUREMENT, MeasuredLine))
    .where(
        MEASUREMENT.c.piece == bindparam("of_piece"),
        MEASUREMENT.c.sequence == bindparam("of_sequence"),
        MEASUREMENT.c.attempt == bindparam("of_attempt"),
    )
    .order_by(MEASUREMENT.c.received_at, MEASUREMENT.c.id)
)


def with_piece(connection: Connection, work_order: str) -> tuple[PieceLine, WorkOrderLine] | None:
    """A work order and its piece, both locked and as they are once the lock is had."""
    row = connection.execute(_ONE_WITH_PIECE, {"of_work_order": work_order}).first()
    if row is None:
        return None
    return PieceLine(*row[: len(_PIECE_LINE)]), WorkOrderLine(*row[len(_PIECE_LINE) :])


def of_piece(connection: Connection, piece: str) -> list[WorkOrderLine]:
    """Every work order of a piece, in the order of its routing."""
    return [WorkOrderLine(*row) for row in connection.execute(_ALL_OF, {"of_piece": piece})]


def free(connection: Connection, groups: frozenset[str] | None, now: datetime, count: int) -> list[WorkOrderLine]:
    """Ready work orders that nobody holds, locked, in the order of the plan, of stations where no person works and no alarm holds.

    Those that another takes right now are passed over. ``groups``: of these machine groups; None for all.
    """
    wanted: dict[str, Any] = {"now": now, "count": count}
    query = _FREE if groups is None else _FREE_OF_GROUPS
    return [WorkOrderLine(*row) for row in connection.execute(query, wanted if groups is None else {**wanted, "groups": list(groups)})]


def has_group(connection: Connection, group: str) -> bool:
    """Whether a machine of the group is known."""
    return connection.execute(_OF_GROUP, {"group": group}).first() is not None


def having(connection: Connection, what: ColumnElement[bool], *, lock: bool = False) -> list[WorkOrderLine]:
    """The work orders of which that is true."""
    query = select(*WORK_ORDER_LINE).where(what)
    return [WorkOrderLine(*row) for row in connection.execute(query.with_for_update() if lock else query)]


def one(connection: Connection, work_order: str) -> WorkOrderLine | None:
    """A work order alone, locked."""
    row = connection.execute(_ONE, {"of_work_order": work_order}).first()
    return None if row is None else WorkOrderLine(*row)


def number(connection: Connection, rows: Sequence[AnyWorkOrder]) -> int:
    """Count the rows as changed, each with a number of its own, and write the lines among them; the last number.

    The feed's row is the last lock that a transaction takes: the work orders are locked, and objects flushed, before it.
    """
    if not rows:
        return 0
    lines = [row for row in rows if isinstance(row, WorkOrderLine)]
    if lines and not is_sqlite(connection):
        connection.execute(_LOCKED, {"of_work_orders": [line.id for line in lines]}).all()
    last = _next_changes(connection, len(rows))
    for change, row in enumerate(rows, last - len(rows) + 1):
        row.change = change
    write(connection, lines)
    return last


def write(connection: Connection, rows: Iterable[AnyWorkOrder]) -> None:
    """Everything that may change of the lines among the work orders; objects are their session's to write."""
    written = [_written(row) for row in rows if isinstance(row, WorkOrderLine)]
    if written:
        connection.execute(_WRITTEN, written)


def complete(connection: Connection, piece: AnyPiece, certificate: dict[str, Any], at: datetime) -> None:
    """The piece is made and certified."""
    piece.completed_at = at
    connection.execute(_COMPLETED, {"of_piece": piece.piece, "certificate": certificate, "completed_at": at})


def measured(connection: Connection, piece: str, sequence: int, attempt: int) -> list[MeasuredLine]:
    """The values of a run, in the order they came."""
    run = {"of_piece": piece, "of_sequence": sequence, "of_attempt": attempt}
    return [MeasuredLine(*row) for row in connection.execute(_MEASURED, run)]


def next_change(connection: Connection) -> int:
    """The number of a change to something that is listed beside work orders."""
    return _next_changes(connection, 1)


def _next_changes(connection: Connection, count: int) -> int:
    """Number ``count`` changes; the last number."""
    last = connection.execute(_RAISED, {"count": count}).scalar()
    if last is None:
        connection.execute(insert_new(connection, FEED, {"id": 1, "change": 0}))
        last = connection.execute(_RAISED, {"count": count}).scalar_one()
    return int(last)


def _written(line: WorkOrderLine) -> Mapping[str, Any]:
    return {"of_work_order": line.id, **{name: getattr(line, name) for name in _CHANGING}}
