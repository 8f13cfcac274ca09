"""One piece's work orders within a transaction: read under the piece's lock, written back with change numbers."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, bindparam, select
from sqlmodel import Session

from contracts.gauges import DecisionRule
from contracts.plan import OperationKey
from contracts.ports import Specifications
from contracts.product import CharacteristicSpec, ManufacturingSpecification
from contracts.quality import JudgedMeasurement, Verdict
from contracts.texts import Localised
from contracts.units import Quantity, Unit
from contracts.work_order import ReportKind, WorkOrderState
from mes_bridge import lines
from mes_bridge.engine.judgement import TakenValue
from mes_bridge.engine.work_orders import ENDED, LIVE, ReportedFact, WorkOrder, predecessors_closed
from mes_bridge.lines import AnyMeasurement, AnyPiece, AnyWorkOrder
from mes_bridge.tables import REPORT, PieceRow, WorkOrderRow

_SHELF_SIZE = 512
_FACTS = select(REPORT.c.sender, REPORT.c.id, REPORT.c.kind, REPORT.c.at).where(REPORT.c.work_order == bindparam("of_work_order"))


class SpecificationShelf:
    """Frozen specifications by hash, the last used kept: they never change."""

    def __init__(self, specifications: Specifications) -> None:
        self._kept = lru_cache(_SHELF_SIZE)(specifications.specification)

    def take(self, sha256: str) -> ManufacturingSpecification:
        """Raises NotFound."""
        return self._kept(sha256)


class Floor:
    """The work orders of one piece as the engine's values; ``save`` writes what changed."""

    def __init__(self, session: Session, piece: AnyPiece, rows: Iterable[AnyWorkOrder]) -> None:
        self.session = session
        self.piece = piece
        self.rows = {row.id: row for row in rows}
        self.orders = {row.id: as_work_order(row) for row in self.rows.values()}
        self._changed: dict[str, None] = {}
        self._noted: dict[str, None] = {}
        self._whole = False

    @classmethod
    def of_piece(cls, session: Session, piece: str) -> "Floor | None":
        """The whole piece; waits for whoever else works on it."""
        found = session.get(PieceRow, piece, with_for_update=True)
        return None if found is None else cls(session, found, ()).whole()

    @classmethod
    def of_work_order(cls, session: Session, work_order: str, groups: frozenset[str] | None = None) -> "Floor | None":
        """The piece of a work order, with that one alone until more is asked for.

        None when it is unknown or of a machine group outside ``groups``.
        """
        found = lines.with_piece(session.connection(), work_order)
        if found is None:
            return None
        piece, row = found
        return cls(session, piece, (row,)) if groups is None or row.machine_group in groups else None

    def whole(self) -> "Floor":
        """With every work order of the piece: needed when one closes or fails, not for a report on the way."""
        if not self._whole:
            self._whole = True
            for row in lines.of_piece(self.session.connection(), self.piece.piece):
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

    def note(self, work_order: str, machine: str, started_at: datetime | None, finished_at: datetime | None) -> None:
        """Where and when it was made: written, but by itself no change that anybody is told of."""
        row = self.rows[work_order]
        if (row.machine, row.started_at, row.finished_at) != (machine, started_at, finished_at):
            row.machine, row.started_at, row.finished_at = machine, started_at, finished_at
            self._noted[work_order] = None

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
                if order.state in LIVE and (ready := predecessors_closed(order, states)) != order.ready:
                    self.put(replace(order, ready=ready))
        for identifier in self._changed:
            write(self.orders[identifier], self.rows[identifier])
        self.session.flush()
        connection = self.session.connection()
        lines.write(connection, [self.rows[identifier] for identifier in self._noted.keys() - self._changed.keys()])
        number = lines.number(connection, [self.rows[identifier] for identifier in self._changed])
        self._noted.clear()
        self._changed.clear()
        self.session.flush()
        return number


def as_work_order(row: AnyWorkOrder) -> WorkOrder:
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


def write(order: WorkOrder, row: AnyWorkOrder) -> None:
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


def key_of(row: AnyWorkOrder | AnyMeasurement) -> OperationKey:
    return OperationKey(piece=row.piece, sequence=row.sequence, attempt=row.attempt)


def facts_of(connection: Connection, work_order: str) -> list[ReportedFact]:
    """What was reported of a work order."""
    rows = connection.execute(_FACTS, {"of_work_order": work_order})
    return [ReportedFact(f"{sender} {identifier}", cast(ReportKind, kind), at) for sender, identifier, kind, at in rows]


def judged(row: AnyMeasurement, characteristic: CharacteristicSpec) -> JudgedMeasurement:
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
        rule=cast(DecisionRule, row.rule),
        uncertainty=uncertainty_of(row),
        gauge_overdue=row.gauge_overdue,
    )


def uncertainty_of(row: AnyMeasurement) -> Quantity | None:
    """Of the gauge, as it was when the value was taken."""
    if row.uncertainty is None or row.uncertainty_unit is None:
        return None
    return Quantity(value=row.uncertainty, unit=cast(Unit, row.uncertainty_unit))


def _gauge_label(gauge: str, characteristic: CharacteristicSpec) -> Localised:
    """In words when it is the one of the quality plan; another is called what its sender calls it."""
    return characteristic.gauge_label if gauge == characteristic.gauge else Localised(en=gauge, zh=gauge)


def as_taken(row: AnyMeasurement) -> TakenValue:
    return TakenValue(row.id, row.checkpoint, Verdict(row.verdict), row.at, row.corrects)
