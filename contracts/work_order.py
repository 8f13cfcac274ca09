"""What manufacturing execution systems are given and what they report (ISA-95 part 4 work order, lot size one)."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from contracts.model import Contract, Instant, ReportedInstant
from contracts.problems import TransitionRefused

ReportKind = Literal["started", "progress", "paused", "completed", "scrapped"]
MachineState = Literal["running", "idle", "setup", "down", "off"]


Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An identifier that somebody else chose: no control characters."""
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
"""Free text of a person or a machine."""
Revision = Annotated[int, Field(ge=1, le=2_147_483_647)]
Fence = Annotated[int, Field(ge=0, le=2_147_483_647)]


class WorkOrderState(StrEnum):
    RELEASED = "released"
    LEASED = "leased"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    COMPLETED = "completed"
    """Reported complete; its checkpoints may still be open."""
    CLOSED = "closed"
    """Complete and every checkpoint passed."""
    HELD = "held"
    """A checkpoint failed; a non-conformance decides."""
    SCRAPPED = "scrapped"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


_S = WorkOrderState
TRANSITIONS: dict[WorkOrderState, frozenset[WorkOrderState]] = {
    _S.RELEASED: frozenset({_S.LEASED, _S.ACKNOWLEDGED, _S.IN_PROGRESS, _S.SUPERSEDED, _S.CANCELLED, _S.HELD}),
    _S.LEASED: frozenset({_S.RELEASED, _S.ACKNOWLEDGED, _S.IN_PROGRESS, _S.SUPERSEDED, _S.CANCELLED, _S.HELD}),
    _S.ACKNOWLEDGED: frozenset({_S.RELEASED, _S.IN_PROGRESS, _S.COMPLETED, _S.SCRAPPED, _S.SUPERSEDED, _S.CANCELLED, _S.HELD}),
    _S.IN_PROGRESS: frozenset({_S.PAUSED, _S.COMPLETED, _S.SCRAPPED, _S.HELD, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.IN_PROGRESS, _S.COMPLETED, _S.SCRAPPED, _S.HELD, _S.CANCELLED}),
    _S.COMPLETED: frozenset({_S.CLOSED, _S.HELD}),
    _S.HELD: frozenset({_S.CLOSED, _S.SCRAPPED, _S.RELEASED, _S.IN_PROGRESS, _S.PAUSED, _S.COMPLETED, _S.CANCELLED}),
    _S.CLOSED: frozenset({_S.HELD}),
    _S.SCRAPPED: frozenset({_S.IN_PROGRESS, _S.PAUSED, _S.COMPLETED, _S.CLOSED}),
    _S.SUPERSEDED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""Out of held and scrapped back to work: a corrected value withdrew the non-conformance."""


def moved(state: WorkOrderState, wanted: WorkOrderState) -> WorkOrderState:
    """The new state. Raises TransitionRefused when the table does not allow it."""
    if wanted not in TRANSITIONS[state]:
        raise TransitionRefused("work order", state, wanted)
    return wanted


class ParameterValue(Contract):
    value: int | str
    unit: str | None


class WorkOrderOperation(Contract):
    sequence: int
    name: str
    machine: str
    planned_start: Instant
    planned_end: Instant
    setup_family: str
    parameters: dict[str, ParameterValue]


class WorkOrderMaterial(Contract):
    material: str
    lot: str | None
    quantity: int
    unit: str


class WorkOrderCheckpoint(Contract):
    checkpoint: str
    characteristic: str
    nominal: int
    lower: int
    upper: int
    physical_minimum: int | None = Field(default=None, exclude_if=lambda least: least is None)
    """Below it no value can be, and none is taken; absent: any can be."""
    unit: str
    gauge: str


class WorkOrderFile(Contract):
    name: str
    sha256: str
    href: str


class WorkOrderDocument(Contract):
    """The wire content of one work order; the same canonical hash whichever protocol carries it."""

    work_order: str
    revision: int
    piece: str
    attempt: int
    operation: WorkOrderOperation
    materials: tuple[WorkOrderMaterial, ...]
    checkpoints: tuple[WorkOrderCheckpoint, ...]
    files: tuple[WorkOrderFile, ...]
    test: bool = Field(default=False, exclude_if=lambda test: not test)
    """A test work order: nothing is made, and nothing follows from what is told of it; absent: a real one."""


class LeasedWorkOrder(WorkOrderDocument):
    content_sha256: str
    """Of the document alone, the same over every protocol."""
    fence: int
    lease_until: Instant
    station: str | None = Field(default=None, exclude_if=lambda name: name is None)
    """What the reader calls the machine, where its connection has a name for it; not part of the hashed document."""


class ListedWorkOrder(WorkOrderDocument):
    """A work order as a list shows it; ``fence`` and ``lease_until`` only to the one who holds it."""

    content_sha256: str
    state: WorkOrderState
    change: int
    """Number of its last change; the largest one seen is the next ``since``."""
    fence: int | None = None
    lease_until: Instant | None = None
    station: str | None = Field(default=None, exclude_if=lambda name: name is None)
    """As in a lease."""


class LeaseRequest(Contract):
    machine_group: Name | None = None
    count: int = Field(default=10, ge=1, le=200)
    seconds: int = Field(default=300, ge=1, le=86_400)


class LeaseReference(Contract):
    """Names a held lease; ``seconds`` only when extending."""

    revision: Revision
    fence: Fence
    seconds: int | None = Field(default=None, ge=1, le=86_400)


class Lease(Contract):
    """How a work order stands with the one who asked."""

    work_order: str
    revision: int
    state: WorkOrderState
    fence: int
    lease_until: Instant | None
    """None: it does not run out (work has begun), or it was given back."""


class Report(Contract):
    """An operation report. ``report`` is the sender's own id: the same id twice has one effect."""

    report: Name
    revision: Revision
    fence: Fence | None = None
    kind: ReportKind
    machine: Name | None = None
    at: ReportedInstant
    quantity: int = Field(default=1, ge=0, le=1_000_000)
    rejected: int = Field(default=0, ge=0, le=1_000_000, exclude_if=lambda count: count == 0)
    """Given to material review beside the ``quantity``, of an operation that works on many; a lot of one is ``scrapped`` or not."""
    reason: Words | None = None
    operator: Name | None = None


class Answer(Contract):
    """What a manufacturing execution system says to a revision that was superseded or cancelled while it held it."""

    revision: Revision
    to: Literal["superseded", "cancelled"]
    answer: Literal["accepted", "too_late"]
    progress: int | None = Field(default=None, ge=0, le=100)
    """Percent done when it was too late."""


class Receipt(Contract):
    """What became of a report, measurement or machine state; the same identifier again gets the same receipt."""

    id: str
    result: Literal["accepted", "quarantined"]
    reason: str | None = None
    """Why it was quarantined, or what was remarkable (``previous-revision``, ``late``, ``test``)."""
    work_order: str | None = None
    state: WorkOrderState | None = None
    verdict: str | None = None
    nonconformance: str | None = None


class MeasurementReport(Contract):
    measurement: Name
    work_order: Name
    checkpoint: Name
    value: Decimal = Field(ge=-1_000_000_000, le=1_000_000_000, decimal_places=9)
    unit: Name
    gauge: Name | None = None
    at: ReportedInstant
    source: Literal["gauge", "person", "simulator"]
    corrects: Name | None = None


class MachineStateReport(Contract):
    machine: Name
    state: MachineState | Name
    """A word of the sender's own only where its connection has a mapping for it."""
    at: ReportedInstant
    reason: Words | None = None
