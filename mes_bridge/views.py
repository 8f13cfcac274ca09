"""What the terminal and the quality pages are shown."""

from typing import Literal

from contracts.model import Contract, Instant
from contracts.plan import OperationKey
from contracts.product import CharacteristicSpec
from contracts.quality import Concession, JudgedMeasurement, NonConformance
from contracts.texts import Localised
from contracts.work_order import MachineState, ReportKind, WorkOrderDocument, WorkOrderState


class Station(Contract):
    """A machine with what lies before it."""

    machine: str
    machine_group: str
    state: MachineState
    since_at: Instant | None
    reason: str | None
    ready: int
    """Work orders that may start now."""
    running: int
    """Started or paused, or complete with an open checkpoint."""
    waiting: int
    """Released, but what comes before is not closed."""
    held: int
    on_hold: bool = False
    """An alarm of a control chart holds its next pieces."""
    attended_by: str | None = None
    """The person whose station it is for now: machine clients leave its work alone."""


class QueueItem(Contract):
    """A work order in a machine's queue, in the order of the plan."""

    work_order: str
    order: str
    key: OperationKey
    name: str
    label: Localised
    machine: str
    planned_start_at: Instant
    planned_end_at: Instant
    state: WorkOrderState
    ready: bool
    holder: str | None
    nonconformance: str | None


class MeasuredValue(Contract):
    measurement: JudgedMeasurement
    sender: str
    """Who recorded it."""
    corrects: str | None
    counts: bool
    """False once corrected or measured again."""


class CheckpointView(Contract):
    characteristic: CharacteristicSpec
    current: JudgedMeasurement | None
    history: tuple[MeasuredValue, ...]


class TakenReport(Contract):
    report: str
    kind: ReportKind
    machine: str
    at: Instant
    reason: str | None
    operator: str | None
    sender: str


class WorkOrderView(Contract):
    """Everything about one work order."""

    item: QueueItem
    plant: str
    specification_sha256: str
    document: WorkOrderDocument
    checkpoints: tuple[CheckpointView, ...]
    open_checkpoints: tuple[str, ...]
    reports: tuple[TakenReport, ...]
    started_at: Instant | None
    finished_at: Instant | None


NonConformanceState = Literal["open", "closed", "void", "withdrawn"]


class NonConformanceView(Contract):
    nonconformance: NonConformance
    label: Localised
    """The failed operation."""
    state: NonConformanceState
    closed_at: Instant | None
    correction: str | None
    """The measurement that withdrew it."""
    concession: str | None
    """Whose answers are awaited."""


class NonConformanceStory(Contract):
    """A non-conformance with every question that was asked about it, newest first."""

    view: NonConformanceView
    concessions: tuple[Concession, ...]
    may_propose: bool
    """It is open, a value raised it, and nothing is asked yet; whether the repair has begun is looked at when somebody proposes."""


class QuarantinedView(Contract):
    sender: str
    kind: str
    id: str
    reason: str
    """``mes_bridge.quarantine.<reason>`` says it in words."""
    received_at: Instant


class StoryEntry(Contract):
    """Something that happened to a piece; exactly one of ``report``, ``measured``, ``nonconformance`` is set."""

    at: Instant
    key: OperationKey
    label: Localised
    report: TakenReport | None = None
    measured: MeasuredValue | None = None
    nonconformance: NonConformanceView | None = None


class PieceStory(Contract):
    piece: str
    order: str
    plant: str
    specification_sha256: str
    held: bool
    asked: bool
    """Held because somebody is asked whether it may be used as it is."""
    cancelled: bool
    completed_at: Instant | None
    entries: tuple[StoryEntry, ...]
