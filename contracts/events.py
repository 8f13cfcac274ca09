"""Events that leave a room through the outbox; past tense, one class a fact."""

from typing import ClassVar

from contracts.model import Contract, Instant
from contracts.order import OrderedPiece
from contracts.plan import OperationKey, ReleasedOperation
from contracts.quality import Certificate, Concession, Disposition, JudgedMeasurement, NonConformance
from contracts.texts import Message
from contracts.work_order import MachineState


class Event(Contract):
    """``aggregate`` orders delivery: events of one aggregate reach a subscriber in the order they were emitted."""

    type: ClassVar[str]

    @property
    def aggregate(self) -> str:
        raise TypeError(f"{type(self).__name__} names no aggregate")


class OrderEvent(Event):
    order: str
    plant: str

    @property
    def aggregate(self) -> str:
        return self.order


class PlantEvent(Event):
    plant: str

    @property
    def aggregate(self) -> str:
        return self.plant


class OrderHeld(OrderEvent):
    """Capacity is reserved until ``expires_at``; payment is awaited."""

    type = "order.held"
    expires_at: Instant


class OrderPlaced(OrderEvent):
    """Payment is authorised and the reservation confirmed."""

    type = "order.placed"
    person: str
    pieces: tuple[OrderedPiece, ...]
    promised_at: Instant
    at: Instant


class OrderChanged(OrderEvent):
    """The customer changed what is to be made; capacity is reserved anew, ``pieces`` are the ones to make from now on."""

    type = "order.changed"
    pieces: tuple[OrderedPiece, ...]
    promised_at: Instant
    at: Instant


class OrderExpired(OrderEvent):
    """A hold ran out before payment; its capacity is free again."""

    type = "order.expired"


class OrderCancelled(OrderEvent):
    """The order will not be made; its capacity is free again."""

    type = "order.cancelled"
    at: Instant


class OrderShipped(OrderEvent):
    """The carrier has every piece of the order."""

    type = "order.shipped"
    at: Instant


class OrderDelivered(OrderEvent):
    """The date passed by which the carrier brings what was shipped; the product is in service."""

    type = "order.delivered"
    at: Instant


class OrderPlanned(OrderEvent):
    """The order stands in a published plan version for the first time, or its finish changed."""

    type = "order.planned"
    version: int
    finish_at: Instant
    expected_at: Instant
    """Plan's finish plus delivery, as the promise counts it."""


class PlanPublished(PlantEvent):
    """A new plan version is in force."""

    type = "plan.published"
    version: int
    at: Instant
    reason: Message


class PromiseChanged(OrderEvent):
    """The plan can no longer keep the promised date (or can again): the customer is told.

    New date = plan's finish + delivery. ``cause`` is one sentence.
    """

    type = "promise.changed"
    old_promised_at: Instant
    new_promised_at: Instant
    cause: Message
    at: Instant


class OperationsReleased(OrderEvent):
    """Operations given to manufacturing execution, new or with a raised revision."""

    type = "operations.released"
    operations: tuple[ReleasedOperation, ...]


class OperationsWithdrawn(OrderEvent):
    """Released operations that must not be made any more (cancelled order, scrapped attempt)."""

    type = "operations.withdrawn"
    keys: tuple[OperationKey, ...]
    reason: Message


class OperationStarted(OrderEvent):
    """Setup or work on the operation has begun."""

    type = "operation.started"
    key: OperationKey
    name: str
    machine: str
    at: Instant


class OperationPaused(OrderEvent):
    """Work on the operation stands still."""

    type = "operation.paused"
    key: OperationKey
    machine: str
    reason: str | None
    at: Instant


class OperationCompleted(OrderEvent):
    """Reported complete and every checkpoint of the operation passed."""

    type = "operation.completed"
    key: OperationKey
    name: str
    machine: str
    at: Instant


class MeasurementJudged(OrderEvent):
    """A value was taken at a checkpoint and judged."""

    type = "measurement.judged"
    piece: str
    measurement: JudgedMeasurement


class NonConformanceRaised(OrderEvent):
    """The piece is held until its rework or remake has run; ``nonconformance.restart`` runs again as attempt n+1."""

    type = "nonconformance.raised"
    nonconformance: NonConformance


class NonConformanceClosed(OrderEvent):
    """The rework or remake has passed its checkpoint, or the customer accepted the piece as it is."""

    type = "nonconformance.closed"
    nonconformance: str
    piece: str
    disposition: Disposition
    at: Instant


class NonConformanceWithdrawn(OrderEvent):
    """Its value had been recorded wrongly and was corrected before rework or remake began: that is not needed, the piece goes on."""

    type = "nonconformance.withdrawn"
    nonconformance: NonConformance
    resumed: tuple[OperationKey, ...]
    """The failed run and those that were given up with it: they count again."""
    correction: str
    """The measurement with the right value."""
    at: Instant


class ConcessionProposed(OrderEvent):
    """Somebody of quality proposes to use a failed piece as it is; its rework or remake waits for the answers."""

    type = "concession.proposed"
    nonconformance: NonConformance
    concession: Concession


class ConcessionAsked(OrderEvent):
    """A second person of quality approved it; the customer is asked until ``concession.until``."""

    type = "concession.asked"
    nonconformance: NonConformance
    concession: Concession


class ConcessionSettled(OrderEvent):
    """Accepted: the piece goes on as it is, rework or remake is not needed. Otherwise: that begins."""

    type = "concession.settled"
    nonconformance: NonConformance
    concession: Concession
    resumed: tuple[OperationKey, ...]
    """When accepted: the failed run and those that were given up with it; they count again."""


class PieceCompleted(OrderEvent):
    """Every operation of the piece is complete and every checkpoint passed."""

    type = "piece.completed"
    piece: str
    certificate: Certificate
    at: Instant


class MachineStateChanged(PlantEvent):
    """A machine runs, idles, is set up, is down or off."""

    type = "machine.state_changed"
    machine: str
    state: MachineState
    at: Instant
    reason: str | None


EVENTS: dict[str, type[Event]] = {
    event.type: event
    for event in (
        OrderHeld,
        OrderPlaced,
        OrderChanged,
        OrderExpired,
        OrderCancelled,
        OrderShipped,
        OrderDelivered,
        OrderPlanned,
        PlanPublished,
        PromiseChanged,
        OperationsReleased,
        OperationsWithdrawn,
        OperationStarted,
        OperationPaused,
        OperationCompleted,
        MeasurementJudged,
        NonConformanceRaised,
        NonConformanceClosed,
        NonConformanceWithdrawn,
        ConcessionProposed,
        ConcessionAsked,
        ConcessionSettled,
        PieceCompleted,
        MachineStateChanged,
    )
}
"""Every event by its type name."""
