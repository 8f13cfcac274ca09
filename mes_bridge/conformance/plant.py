"""What the conformance plant does to its work orders: as planner, as another client, as a person at the station."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlmodel import col, select

from contracts.access import SYSTEM, Principal, Role
from contracts.events import OperationsReleased, OperationsWithdrawn
from contracts.plan import AllocatedMaterial, OperationKey, ReleasedOperation
from contracts.product import ManufacturingSpecification
from contracts.texts import Message
from contracts.work_order import LeaseReference, LeaseRequest, WorkOrderDocument
from ledger.unit_of_work import Ledger
from mes_bridge import lines
from mes_bridge.conformance.product import CUT, Products
from mes_bridge.floor import as_work_order, write
from mes_bridge.gauges import NoGauges
from mes_bridge.service import Service
from mes_bridge.tables import NonConformanceRow, RevisionRow, WorkOrderRow

NAME = "conformance"
"""Of the plant; the site in the topics of its namespace."""
SOMEBODY = Principal(id="conformance-client", role=Role.MACHINE_CLIENT, name="another client")
PERSON = Principal(id="conformance-operator", role=Role.OPERATOR, name="operator")
WORK = timedelta(seconds=2)
"""Planned for each operation."""


class Plant:
    """Every deed is one use case of the room, done as somebody of the shop floor would."""

    def __init__(self, ledger: Ledger, machine_group: str, publish_amqp: bool = False) -> None:
        self.products = Products(ledger.files, machine_group)
        self.service = Service(ledger, self.products, NoGauges(), publish_amqp=publish_amqp)
        self._ledger = ledger
        self._group = machine_group
        self._repaired: set[str] = set()

    @property
    def machine(self) -> str:
        return f"{self._group}-1"

    def release(self, piece: str, operations: int) -> None:
        specification = self.products.plain if operations == 1 else self.products.finished
        self._release([self._operation(piece, specification, step.sequence) for step in specification.routing])

    def revise(self, row: WorkOrderRow) -> None:
        """The plan moves it: the same work under a raised revision."""
        self._release([self._operation(row.piece, self._of(row.piece), row.sequence, row.attempt, row.revision + 1)])

    def cancel(self, row: WorkOrderRow) -> None:
        key = OperationKey(row.piece, row.sequence, row.attempt)
        event = OperationsWithdrawn(order=row.order, plant=NAME, keys=(key,), reason=Message(id="conformance.withdrawn"))
        with self._ledger.transaction(SYSTEM) as transaction:
            self.service.on_operations_withdrawn(transaction, event)

    def run_out(self, row: WorkOrderRow) -> None:
        """As if the client had been away for the whole lease: somebody else had it since, and gave it back."""
        with self._ledger.transaction(SYSTEM) as transaction:
            line = lines.one(transaction.connection, row.id)
            if line is not None:
                write(replace(as_work_order(line), lease_until=transaction.real_now), line)
                lines.number(transaction.connection, [line])
        for item in self.service.lease(LeaseRequest(machine_group=self._group, count=1, seconds=60), SOMEBODY):
            self.service.give_back(item.work_order, LeaseReference(revision=item.revision, fence=item.fence), SOMEBODY)

    def take(self, row: WorkOrderRow) -> None:
        """A person works at the station and makes it."""
        self.service.attend(self.machine, PERSON)
        self.service.start(row.id, PERSON)
        self.service.complete(row.id, PERSON)
        self.service.measure(row.id, "length", Decimal("540"), "mm", PERSON)
        self.service.leave(self.machine, PERSON)

    def fail(self, row: WorkOrderRow) -> None:
        """The piece is measured again after its first operation, and is too short."""
        first = next(each for each in self.rows([row.piece]) if each.sequence == CUT)
        self.service.measure(first.id, "length", Decimal("530"), "mm", PERSON)

    def repair(self) -> None:
        """What the planner does about a failed piece: its operation again, and what follows under a raised revision."""
        with self._ledger.reading() as session:
            raised = session.exec(select(NonConformanceRow).where(NonConformanceRow.state == "open")).all()
        for one in raised:
            if one.id not in self._repaired:
                self._repaired.add(one.id)
                self._run_again(one.piece, one.sequence, one.attempt + 1)

    def rows(self, pieces: Sequence[str]) -> list[WorkOrderRow]:
        with self._ledger.reading() as session:
            query = select(WorkOrderRow).where(col(WorkOrderRow.piece).in_(pieces))
            return list(session.exec(query.order_by(WorkOrderRow.piece, col(WorkOrderRow.sequence), col(WorkOrderRow.attempt))).all())

    def document(self, row: WorkOrderRow) -> WorkOrderDocument:
        with self._ledger.reading() as session:
            return WorkOrderDocument.model_validate(session.get_one(RevisionRow, (row.id, row.revision)).document)

    def _run_again(self, piece: str, sequence: int, attempt: int) -> None:
        specification, known = self._of(piece), self.rows([piece])
        again = [self._operation(piece, specification, sequence, attempt, after=())]
        following = (row for row in known if row.sequence > sequence and row.attempt == 1)
        again += [
            self._operation(piece, specification, row.sequence, 1, row.revision + 1, (OperationKey(piece, sequence, attempt),))
            for row in following
        ]
        self._release(again)

    def _of(self, piece: str) -> ManufacturingSpecification:
        return self.products.finished if any(row.sequence > CUT for row in self.rows([piece])) else self.products.plain

    def _operation(
        self,
        piece: str,
        specification: ManufacturingSpecification,
        sequence: int,
        attempt: int = 1,
        revision: int = 1,
        after: tuple[OperationKey, ...] | None = None,
    ) -> ReleasedOperation:
        step = next(one for one in specification.routing if one.sequence == sequence)
        start = self._ledger.clock.now().replace(microsecond=0)
        return ReleasedOperation(
            key=OperationKey(piece, sequence, attempt),
            order=piece.replace("piece", "order"),
            plant=NAME,
            specification_sha256=specification.sha256(),
            name=step.name,
            label=step.label,
            machine_group=self._group,
            machine=self.machine,
            setup_family=step.setup_family,
            planned_start_at=start,
            planned_end_at=start + WORK,
            run_s=step.run_s,
            after=tuple(OperationKey(piece, one) for one in step.after) if after is None else after,
            materials=(AllocatedMaterial(item="bar", lot="L-1", quantity=1, unit="piece"),),
            revision=revision,
        )

    def _release(self, operations: Sequence[ReleasedOperation]) -> None:
        event = OperationsReleased(order=operations[0].order, plant=NAME, operations=tuple(operations))
        with self._ledger.transaction(SYSTEM) as transaction:
            self.service.on_operations_released(transaction, event)
