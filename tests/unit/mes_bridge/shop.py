"""A small plant for tests: one specification of six operations, released as a scheduler would."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from sqlmodel import select

from contracts.access import SYSTEM, Permission, Principal, Role
from contracts.events import EVENTS, Event, NonConformanceRaised, OperationsReleased, OperationsWithdrawn
from contracts.gauges import InspectionRules
from contracts.plan import AllocatedMaterial, OperationKey, ReleasedOperation
from contracts.ports import Transaction
from contracts.problems import NotFound
from contracts.product import (
    WHOLE,
    CharacteristicSpec,
    ManufacturingSpecification,
    OperationParameter,
    OperationSpec,
    OperationStory,
    Price,
    StoredFile,
)
from contracts.quality import NonConformance
from contracts.texts import Language, Localised, Message
from contracts.units import Money
from contracts.work_order import MeasurementReport, Receipt, Report, ReportKind
from ledger.tables import EventRow
from ledger.unit_of_work import Ledger
from mes_bridge.service import Service

START = datetime.fromisoformat("2026-11-24T08:00:00+00:00")
MES = Principal(id="client_a", role=Role.MACHINE_CLIENT, name="a")
OTHER_MES = Principal(id="client_b", role=Role.MACHINE_CLIENT, name="b")
OPERATOR = Principal(id="staff_o", role=Role.OPERATOR, name="operator")


def words(text: str) -> Localised:
    return Localised(en=text, zh=text)


def _operation(sequence: int, name: str, group: str, after: tuple[int, ...]) -> OperationSpec:
    parameters = (OperationParameter(name="length", label=words("length"), value=540, unit="mm"),)
    return OperationSpec(
        sequence=sequence,
        name=name,
        label=words(name),
        machine_group=group,
        setup_family="-",
        run_s=600,
        after=after,
        parameters=parameters,
    )


def _characteristic(checkpoint: str, operation: int, disposition: Any, restart: tuple[int, ...]) -> CharacteristicSpec:
    return CharacteristicSpec(
        checkpoint=checkpoint,
        operation=operation,
        characteristic=checkpoint,
        label=words(checkpoint),
        nominal=10_000,
        lower=9_900,
        upper=10_100,
        unit="um",
        gauge="caliper",
        gauge_label=Localised(en="caliper", zh="卡尺"),
        disposition=disposition,
        restart=restart,
        rework_s=300 if disposition == "rework" else None,
    )


SPECIFICATION = ManufacturingSpecification(
    family="bicycle",
    family_label=words("bicycle"),
    family_version="1",
    family_sha256="0" * 64,
    gtin="09506000010014",
    choices=(),
    dimensions=(),
    materials=(),
    routing=(
        _operation(10, "cut", "CUT", ()),
        _operation(20, "weld", "WELD", (10,)),
        _operation(30, "align", "ALIGN", (20,)),
        _operation(40, "true", "TRUE", ()),
        _operation(50, "assemble", "ASSY", (30, 40)),
        _operation(60, "inspect", "INSP", (50,)),
    ),
    quality=(
        _characteristic("twist", 30, "remake", (10, 20, 30)),
        _characteristic("runout", 40, "rework", (40,)),
        _characteristic("tension", 40, "rework", (40,)),
        _characteristic("play", 60, "rework", (60,)),
    ),
    price=Price(
        lines=(),
        net=Money(amount=1, currency="CNY"),
        tax_percent=0,
        tax=Money(amount=0, currency="CNY"),
        total=Money(amount=1, currency="CNY"),
    ),
    care=(Localised(en="Oil the chain.", zh="链条要上油。"),),
)
"""Frame (10, 20, 30 measured: remake) and wheel (40 measured twice: rework) meet in 50; 60 is measured: rework."""


class KnownSpecifications:
    """Specifications by hash, as the configurator would answer."""

    def __init__(self, *known: ManufacturingSpecification) -> None:
        self._known = {one.sha256(): one for one in known}

    def specification(self, sha256: str) -> ManufacturingSpecification:
        if sha256 not in self._known:
            raise NotFound("specification", sha256)
        return self._known[sha256]

    def drawing_svg(self, sha256: str, language: Language, picture: str = WHOLE) -> str:
        raise NotFound("drawing", sha256)


class PlantRules:
    """Rules for measured values, as the plant file would have them: none, unless a test says so."""

    def __init__(self) -> None:
        self.rules = InspectionRules()

    def inspection_rules(self, transaction: Transaction | None = None) -> InspectionRules:
        return self.rules


class OwnOrders:
    """Orders as the storefront would open them: with the key "mine", or for staff."""

    promised_at = datetime.fromisoformat("2026-12-11T22:59:59Z")
    expected_at: datetime | None = None
    cancelled_at: datetime | None = None

    def order(self, principal: Principal, order: str, key: str | None = None) -> Self:
        if key != "mine" and not principal.may(Permission.VIEW_ALL_ORDERS):
            raise NotFound("order", order)
        return self


class Shop:
    """The room on a ledger, with the scheduler's part played by hand."""

    def __init__(
        self, ledger: Ledger, publish_amqp: bool = False, files: tuple[str, ...] = ("frame.svg",), story: tuple[OperationStory, ...] = ()
    ) -> None:
        sha256 = ledger.files.put(b"<svg/>")
        self.specification = SPECIFICATION.model_copy(
            update={
                "files": tuple(StoredFile(name=name, sha256=sha256, media_type="image/svg+xml") for name in files),
                "story": story,
            }
        )
        self.ledger = ledger
        self.inspection = PlantRules()
        self.service = Service(ledger, KnownSpecifications(self.specification), self.inspection, publish_amqp=publish_amqp)
        self._sent = 0

    def release(self, piece: str = "piece_1", sequences: tuple[int, ...] = (10, 20, 30, 40, 50, 60), **changes: Any) -> None:
        self.release_operations([self.operation(piece, sequence, **changes) for sequence in sequences])

    def release_operations(self, operations: list[ReleasedOperation]) -> None:
        event = OperationsReleased(order=operations[0].order, plant="riverside", operations=tuple(operations))
        with self.ledger.transaction(SYSTEM) as transaction:
            self.service.on_operations_released(transaction, event)

    def operation(
        self, piece: str, sequence: int, attempt: int = 1, revision: int = 1, after: tuple[OperationKey, ...] | None = None, **changes: Any
    ) -> ReleasedOperation:
        step = next(one for one in SPECIFICATION.routing if one.sequence == sequence)
        start = START + timedelta(minutes=sequence)
        released = ReleasedOperation(
            key=OperationKey(piece=piece, sequence=sequence, attempt=attempt),
            order=piece.replace("piece", "order"),
            plant="riverside",
            specification_sha256=self.specification.sha256(),
            name=step.name,
            label=step.label,
            machine_group=step.machine_group,
            machine=f"{step.machine_group}-1",
            setup_family="-",
            planned_start_at=start,
            planned_end_at=start + timedelta(minutes=10),
            run_s=600,
            after=tuple(OperationKey(piece=piece, sequence=one) for one in step.after) if after is None else after,
            materials=(AllocatedMaterial(item="tube", lot="L1", quantity=2, unit="piece"),),
            revision=revision,
        )
        return released.model_copy(update=changes)

    def withdraw(self, *keys: OperationKey) -> None:
        order = keys[0].piece.replace("piece", "order")
        event = OperationsWithdrawn(order=order, plant="riverside", keys=keys, reason=Message(id="scheduler.withdrawn"))
        with self.ledger.transaction(SYSTEM) as transaction:
            self.service.on_operations_withdrawn(transaction, event)

    def answer_nonconformance(self, raised: NonConformance) -> None:
        """As the scheduler does: the restarted operations as attempt n+1, what follows with a raised revision and new predecessors."""
        runs = {one.sequence: 1 for one in SPECIFICATION.routing}
        revisions: dict[int, int] = {}
        for view in self.listed():
            if view.piece == raised.key.piece and view.attempt >= runs[view.operation.sequence]:
                runs[view.operation.sequence] = view.attempt
                revisions[view.operation.sequence] = view.revision
        again = {sequence: runs[sequence] + 1 for sequence in raised.restart}
        operations = []
        for step in SPECIFICATION.routing:
            follows = any(one in again for one in step.after) and step.sequence not in again
            if step.sequence in again or follows:
                after = tuple(OperationKey(piece=raised.key.piece, sequence=one, attempt=again.get(one, runs[one])) for one in step.after)
                attempt = again.get(step.sequence, runs[step.sequence])
                revision = revisions[step.sequence] + 1 if follows else 1
                operations.append(self.operation(raised.key.piece, step.sequence, attempt=attempt, revision=revision, after=after))
        self.release_operations(operations)

    def id_of(self, sequence: int, attempt: int = 1, piece: str = "piece_1") -> str:
        for one in self.listed():
            if (one.piece, one.operation.sequence, one.attempt) == (piece, sequence, attempt):
                return one.work_order
        raise LookupError(f"no work order {piece}/{sequence}.{attempt}")

    def listed(self) -> list[Any]:
        return self.service.work_orders(MES, limit=1000)

    def state(self, sequence: int, attempt: int = 1, piece: str = "piece_1") -> str:
        return self.service.work_order(self.id_of(sequence, attempt, piece)).item.state.value

    def report(
        self, work_order: str, kind: ReportKind, by: Principal = MES, minutes: int | None = None, report: str | None = None, **fields: Any
    ) -> Receipt:
        self._sent += 1
        at = self.ledger.clock.now() if minutes is None else START + timedelta(minutes=minutes)
        fields.setdefault("revision", self.service.work_order(work_order).item and self._revision(work_order))
        given = Report(report=report or f"r{self._sent}", kind=kind, at=at, **fields)
        return self.service.report(work_order, given, by)

    def _revision(self, work_order: str) -> int:
        return self.service.work_order(work_order).document.revision

    def measure(self, work_order: str, checkpoint: str, value: str = "10", unit: str = "mm", by: Principal = MES, **fields: Any) -> Receipt:
        self._sent += 1
        fields.setdefault("measurement", f"m{self._sent}")
        fields.setdefault("at", self.ledger.clock.now())
        fields.setdefault("source", "gauge")
        given = MeasurementReport(work_order=work_order, checkpoint=checkpoint, value=Decimal(value), unit=unit, **fields)
        return self.service.record(given, by)

    def make(self, *sequences: int, attempt: int = 1, piece: str = "piece_1", value: str = "10") -> None:
        """Start, complete and measure operations."""
        for sequence in sequences:
            work_order = self.id_of(sequence, attempt, piece)
            self.report(work_order, "started")
            self.report(work_order, "completed")
            for gate in SPECIFICATION.quality:
                if gate.operation == sequence:
                    self.measure(work_order, gate.checkpoint, value)

    def events(self, kind: type[Event] | None = None) -> list[Any]:
        with self.ledger.reading() as session:
            rows = session.exec(select(EventRow).order_by(EventRow.seq)).all()
        return [EVENTS[row.type].model_validate(row.content) for row in rows if kind is None or row.type == kind.type]

    def last_nonconformance(self) -> NonConformance:
        event: NonConformanceRaised = self.events(NonConformanceRaised)[-1]
        return event.nonconformance
