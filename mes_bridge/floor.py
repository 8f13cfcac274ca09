"""One piece's work orders within a transaction: read under the piece's lock, written back with change numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from contracts.plan import OperationKey
from contracts.ports import Specifications
from contracts.product import CharacteristicSpec, ManufacturingSpecification
from contracts.quality import JudgedMeasurement, Verdict
from contracts.texts import Localised
from contracts.work_order import ReportKind, WorkOrderState
from ledger.upsert import insert_new
from mes_bridge.engine.judgement import TakenValue
from mes_bridge.engine.work_orders import ENDED, LIVE, ReportedFact, WorkOrder, predecessors_closed
from mes_bridge.tables import FEED, MeasurementRow, PieceRow, ReportRow, WorkOrderRow

_SHELF_SIZE = 512
_PIECE_OF = (
    select(PieceRow)
    .join(WorkOrderRow, col(WorkOrderRow.piece) == col(PieceRow.piece))
    .where(WorkOrderRow.id == bindparam("of_work_order"))
    .with_for_update(of=PieceRow)
)
_ALL_OF = (
    select(WorkOrderRow).where(WorkOrderRow.piece == bindparam("of_piece")).order_by(col(WorkOrderRow.sequence), col(WorkOrderRow.attempt))
)
_RAISED = update(FEED).where(FEED.c.id == 1).values(change=FEED.c.change + bindparam("count")).returning(FEED.c.change)


class SpecificationShelf:
    """Frozen specifications by hash, kept while they are in use: they never change."""

    def __init__(self, specifications: Specifications) -> None:
        self._specifications = specifications
        self._kept: dict[str, ManufacturingSpecification] = {}

    def take(self, sha256: str) -> ManufacturingSpecification:
        """Raises NotFound."""
        known = self._kept.get(sha256)
        if known is None:
            known = self._specifications.specification(sha256)
            if len(self._kept) >= _SHELF_SIZE:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[sha256] = known
        return known


class Floor:
    """The work orders of one piece as the engine's values; ``save`` writes what changed."""

    def __init__(self, session: Session, piece: PieceRow, rows: Iterable[WorkOrderRow]) -> None:
        self.session = session
        self.piece = piece
        self.rows = {row.id: row for row in rows}
        self.orders = {row.id: as_work_order(row) for row in self.rows.values()}
        self._changed: dict[str, None] = {}
        self._whole = False

    @classmethod
    def of_piece(cls, session: Session, piece: str) -> "Floor | None":
        """The whole piece; waits for whoever else works on it."""
        found = session.exec(select(PieceRow).where(PieceRow.piece == piece).with_for_update()).first()
        return None if found is None else cls(session, found, ()).whole()

    @classmethod
    def of_work_order(cls, session: Session, work_order: str, groups: frozenset[str] | None = None) -> "Floor | None":
        """The piece of a work order, with that one alone until more is asked for.

        None when it is unknown or of a machine group outside ``groups``.
        """
        found = session.exec(_PIECE_OF, params={"of_work_order": work_order}).first()
        if found is None:
            return None
        row = session.get_one(WorkOrderRow, work_order)
        return cls(session, found, (row,)) if groups is None or row.machine_group in groups else None

    def whole(self) -> "Floor":
        """With every work order of the piece: needed when one closes or fails, not for a report on the way."""
        if not self._whole:
            self._whole = True
            for row in self.session.exec(_ALL_OF, params={"of_piece": self.piece.piece}).all():
                if row.id not in self.rows:
                    self.rows[row.id] = row
                    self.orders[row.id] = as_work_order(row)
        return self

    def add(self, row: WorkOrderRow) -> WorkOrder:
        self.rows[row.id] = row
        self.orders[row.id] = as_work_order(row)
        self.session.add(row)
        self._changed[row.id] = None
        return self.orders[row.id]

    def put(self, order: WorkOrder) -> WorkOrder:
        """Take the new value of a work order."""
        if self.orders[order.id] != order:
            self.orders[order.id] = order
            self._changed[order.id] = None
        return order

    def touch(self, work_order: str) -> None:
        """Count as changed although the engine's value is the same (a new document)."""
        self._changed[work_order] = None

    def find(self, key: OperationKey) -> WorkOrder | None:
        return next((order for order in self.whole().orders.values() if order.key == key), None)

    def states(self) -> dict[tuple[int, int], WorkOrderState]:
        """By sequence and attempt; a run that was taken back is none."""
        orders = self.whole().orders.values()
        return {(order.key.sequence, order.key.attempt): order.state for order in orders if order.state not in ENDED}

    def last_runs(self) -> dict[int, WorkOrder]:
        """The last run of each operation by sequence, of those that were not taken back."""
        last: dict[int, WorkOrder] = {}
        for order in self.whole().orders.values():
            if order.state in ENDED:
                continue
            known = last.get(order.key.sequence)
            if known is None or order.key.attempt > known.key.attempt:
                last[order.key.sequence] = order
        return last

    def save(self) -> int:
        """Work out anew what may start (only what the whole piece was needed for can change that), write what changed.

        The number of the last change.
        """
        if self._whole:
            states = self.states()
            for order in list(self.orders.values()):
                if order.state in LIVE:
                    self.put(replace(order, ready=predecessors_closed(order, states)))
        for identifier in self._changed:
            write(self.orders[identifier], self.rows[identifier])
        number = next_changes(self.session, len(self._changed))
        for offset, identifier in enumerate(self._changed):
            self.rows[identifier].change = number - len(self._changed) + 1 + offset
        self._changed.clear()
        return number


def next_changes(session: Session, count: int) -> int:
    """Number ``count`` changes; the last number. Flushes first: the feed's row is the last lock that a transaction takes."""
    session.flush()
    if count == 0:
        return 0
    connection = session.connection()
    number = connection.execute(_RAISED, {"count": count}).scalar()
    if number is None:
        connection.execute(insert_new(connection, FEED, {"id": 1, "change": 0}))
        number = connection.execute(_RAISED, {"count": count}).scalar_one()
    return int(number)


def number(session: Session, rows: Sequence[WorkOrderRow]) -> None:
    """Count the rows as changed, each with a number of its own."""
    for row in rows:
        session.add(row)
    last = next_changes(session, len(rows))
    for offset, row in enumerate(rows):
        row.change = last - len(rows) + 1 + offset


def as_work_order(row: WorkOrderRow) -> WorkOrder:
    return WorkOrder(
        id=row.id,
        key=key_of(row),
        machine_group=row.machine_group,
        revision=row.revision,
        state=WorkOrderState(row.state),
        after=tuple(OperationKey(piece=piece, sequence=sequence, attempt=attempt) for piece, sequence, attempt in row.after),
        ready=row.ready,
        holder=row.holder,
        fence=row.fence,
        lease_until=row.lease_until,
        nonconformance=row.nonconformance,
        failed=row.failed,
    )


def write(order: WorkOrder, row: WorkOrderRow) -> None:
    """The engine's value into its row."""
    row.machine_group = order.machine_group
    row.revision = order.revision
    row.state = order.state.value
    row.after = after_of(order.after)
    row.ready = order.ready
    row.holder = order.holder
    row.fence = order.fence
    row.lease_until = order.lease_until
    row.nonconformance = order.nonconformance
    row.failed = order.failed


def after_of(keys: Iterable[OperationKey]) -> list[list[Any]]:
    return [[key.piece, key.sequence, key.attempt] for key in keys]


def key_of(row: WorkOrderRow | MeasurementRow) -> OperationKey:
    return OperationKey(piece=row.piece, sequence=row.sequence, attempt=row.attempt)


def facts_of(session: Session, work_order: str) -> list[ReportedFact]:
    """What was reported of a work order."""
    rows = session.exec(
        select(ReportRow.sender, ReportRow.id, ReportRow.kind, ReportRow.at).where(ReportRow.work_order == work_order)
    ).all()
    return [ReportedFact(f"{sender} {identifier}", cast(ReportKind, kind), at) for sender, identifier, kind, at in rows]


def judged(row: MeasurementRow, characteristic: CharacteristicSpec) -> JudgedMeasurement:
    return JudgedMeasurement(
        measurement=row.id,
        key=key_of(row),
        checkpoint=row.checkpoint,
        characteristic=characteristic.characteristic,
        label=characteristic.label,
        nominal=characteristic.nominal,
        lower=characteristic.lower,
        upper=characteristic.upper,
        unit=characteristic.unit,
        value=row.value,
        verdict=Verdict(row.verdict),
        gauge=row.gauge,
        gauge_label=_gauge_label(row.gauge, characteristic),
        source=row.source,
        at=row.at,
    )


def _gauge_label(gauge: str, characteristic: CharacteristicSpec) -> Localised:
    """In words when it is the one of the quality plan; another is called what its sender calls it."""
    return characteristic.gauge_label if gauge == characteristic.gauge else Localised(en=gauge, zh=gauge)


def as_taken(row: MeasurementRow) -> TakenValue:
    return TakenValue(row.id, row.checkpoint, Verdict(row.verdict), row.at, row.corrects)
