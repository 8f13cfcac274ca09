"""What the mes_bridge room stores."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ledger.columns import Json, Long, UtcInstant


class PieceRow(SQLModel, table=True):
    """A piece that was given to the shop floor; its row is the lock of all its work orders."""

    __tablename__ = "mes_bridge_piece"
    piece: str = Field(primary_key=True)
    order: str = Field(index=True)
    plant: str
    specification_sha256: str
    certificate: dict[str, Any] | None = Field(default=None, sa_type=Json)
    completed_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    cancelled: bool = False


class WorkOrderRow(SQLModel, table=True):
    """One run of one operation; its documents lie in the revisions."""

    __tablename__ = "mes_bridge_work_order"
    __table_args__ = (
        UniqueConstraint("piece", "sequence", "attempt"),
        Index("ix_mes_bridge_work_order_lease", "ready", "state", "planned_start_at"),
        Index("ix_mes_bridge_work_order_machine", "machine", "state"),
        Index("ix_mes_bridge_work_order_change", "change"),
    )
    id: str = Field(primary_key=True)
    piece: str
    sequence: int
    attempt: int
    order: str
    plant: str
    name: str
    label: dict[str, str] = Field(sa_type=Json)
    machine_group: str
    machine: str
    planned_start_at: datetime = Field(sa_type=UtcInstant)
    planned_end_at: datetime = Field(sa_type=UtcInstant)
    after: list[list[Any]] = Field(sa_type=Json)
    revision: int
    state: str
    ready: bool = False
    holder: str | None = None
    fence: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    nonconformance: str | None = None
    failed: bool = False
    change: int = Field(default=0, sa_type=Long)
    started_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    finished_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class RevisionRow(SQLModel, table=True):
    """A work order's document under one revision: ``current``, ``superseded``, ``cancelled``, or ``too_late`` (work had begun)."""

    __tablename__ = "mes_bridge_revision"
    work_order: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=Json)
    content_sha256: str
    standing: str = "current"
    holder: str | None = None
    """Who held it when it was superseded or cancelled."""
    change: int = Field(default=0, sa_type=Long)
    answer: str | None = None
    progress: int | None = None
    answered_by: str | None = None


class ReportRow(SQLModel, table=True):
    """An operation report that was taken; the sender's identifier has one effect."""

    __tablename__ = "mes_bridge_report"
    __table_args__ = (Index("ix_mes_bridge_report_work_order", "work_order"),)
    sender: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    work_order: str
    revision: int
    kind: str
    machine: str
    at: datetime = Field(sa_type=UtcInstant)
    quantity: int
    rejected: int = 0
    reason: str | None
    operator: str | None
    body_sha256: str
    receipt: dict[str, Any] = Field(sa_type=Json)
    received_at: datetime = Field(sa_type=UtcInstant)


class MeasurementRow(SQLModel, table=True):
    """A measured value as it was given and as it was judged; a correction is a new row."""

    __tablename__ = "mes_bridge_measurement"
    __table_args__ = (
        Index("ix_mes_bridge_measurement_piece", "piece", "sequence", "attempt"),
        Index("ix_mes_bridge_measurement_checkpoint", "checkpoint", "at"),
        Index(
            "ix_mes_bridge_measurement_corrects",
            "corrects",
            sqlite_where=text("corrects IS NOT NULL"),
            postgresql_where=text("corrects IS NOT NULL"),
        ),
    )
    sender: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    work_order: str
    piece: str
    sequence: int
    attempt: int
    checkpoint: str
    given_value: str
    given_unit: str
    value: int = Field(sa_type=Long)
    verdict: str
    gauge: str
    source: str
    at: datetime = Field(sa_type=UtcInstant)
    corrects: str | None
    rule: str = "simple"
    uncertainty: int | None = None
    """Of its gauge (k = 2), in whole ``uncertainty_unit``."""
    uncertainty_unit: str | None = None
    gauge_overdue: bool = False
    place: float | None
    """Between its own piece's limits, 0 at the lower and 1 at the upper one; None where they leave no room."""
    stream: str
    """Values of one checkpoint with the same one are of one characteristic."""
    body_sha256: str
    receipt: dict[str, Any] = Field(sa_type=Json)
    received_at: datetime = Field(sa_type=UtcInstant)


class CalibrationRow(SQLModel, table=True):
    """A calibration that was recorded: until when a gauge's values may be believed, by which certificate."""

    __tablename__ = "mes_bridge_calibration"
    __table_args__ = (UniqueConstraint("gauge", "certificate"),)
    id: str = Field(primary_key=True)
    gauge: str
    calibrated_on: date
    calibrated_until: date
    certificate: str
    recorded_by: str
    recorded_at: datetime = Field(sa_type=UtcInstant)


class QuarantineRow(SQLModel, table=True):
    """Something that was sent and could not be placed, with the reason; kept for a person to look at."""

    __tablename__ = "mes_bridge_quarantine"
    sender: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    reason: str
    content: dict[str, Any] = Field(sa_type=Json)
    body_sha256: str
    receipt: dict[str, Any] = Field(sa_type=Json)
    received_at: datetime = Field(sa_type=UtcInstant)


class NonConformanceRow(SQLModel, table=True):
    """A failed piece: ``open`` until the failed operation has run again and closed.

    ``void`` when its order was cancelled, ``withdrawn`` when its value was corrected before the work on it began.
    """

    __tablename__ = "mes_bridge_nonconformance"
    __table_args__ = (Index("ix_mes_bridge_nonconformance_piece", "piece", "state"),)
    id: str = Field(primary_key=True)
    piece: str
    order: str
    plant: str
    sequence: int
    attempt: int
    content: dict[str, Any] = Field(sa_type=Json)
    interrupted: dict[str, Any] = Field(sa_type=Json)
    """``engine.withdrawal.Interrupted``."""
    state: str = "open"
    raised_at: datetime = Field(sa_type=UtcInstant)
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    correction: str | None = None
    """The measurement that withdrew it."""
    concession: str | None = None
    """The one whose answers are awaited: its rework or remake does not begin meanwhile."""


class ConcessionRow(SQLModel, table=True):
    """A question whether a failed piece may be used as it is, with every answer."""

    __tablename__ = "mes_bridge_concession"
    id: str = Field(primary_key=True)
    nonconformance: str = Field(index=True)
    piece: str = Field(index=True)
    state: str
    content: dict[str, Any] = Field(sa_type=Json)
    """``contracts.quality.Concession``."""


class MachineRow(SQLModel, table=True):
    """A machine that work orders were released for, and what it last said of itself."""

    __tablename__ = "mes_bridge_machine"
    machine: str = Field(primary_key=True)
    plant: str
    machine_group: str
    state: str = "idle"
    since_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    reason: str | None = None
    attended_by: str | None = None
    """The person who works here: machine clients are given none of its work."""


class MachineHoldRow(SQLModel, table=True):
    """An alarm of a control chart that holds a machine's next pieces, until somebody of quality said what it was; one at a time."""

    __tablename__ = "mes_bridge_machine_hold"
    __table_args__ = (
        Index("ix_mes_bridge_machine_hold_machine", "machine", "released_at"),
        Index(
            "ix_mes_bridge_machine_hold_open",
            "machine",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    plant: str
    machine: str
    checkpoint: str
    measurement: str
    rules: list[str] = Field(sa_type=Json)
    held_at: datetime = Field(sa_type=UtcInstant)
    released_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    released_by: str | None = None
    cause: str | None = None


class MachineStateRow(SQLModel, table=True):
    """What a machine said of itself, each once."""

    __tablename__ = "mes_bridge_machine_state"
    machine: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=UtcInstant)
    state: str = Field(primary_key=True)
    reason: str | None
    sender: str
    received_at: datetime = Field(sa_type=UtcInstant)


class PaperRow(SQLModel, table=True):
    """A pressed paper, found by what it was made of."""

    __tablename__ = "mes_bridge_paper"
    content_sha256: str = Field(primary_key=True)
    paper: str
    subject: str = Field(index=True)
    file_sha256: str
    pressed_at: datetime = Field(sa_type=UtcInstant)


class TracedPieceRow(SQLModel, table=True):
    """A finished piece under its trade item and serial number."""

    __tablename__ = "mes_bridge_traced_piece"
    serial: str = Field(primary_key=True)
    gtin: str
    piece: str = Field(unique=True)


class TraceEventRow(SQLModel, table=True):
    """An EPCIS event, ours or captured; ``seq`` in the order of recording."""

    __tablename__ = "mes_bridge_trace_event"
    __table_args__ = (
        Index("ix_mes_bridge_trace_event_at", "event_at", "seq"),
        {"sqlite_autoincrement": True},
    )
    seq: int | None = Field(default=None, primary_key=True, sa_type=Long)
    id: str = Field(unique=True)
    type: str
    step: str | None
    disposition: str | None
    action: str | None
    event_at: datetime = Field(sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)
    sender: str | None
    """Who captured it; None: it is ours."""
    content: dict[str, Any] = Field(sa_type=Json)


class TraceMentionRow(SQLModel, table=True):
    """What an event is about, to find it by."""

    __tablename__ = "mes_bridge_trace_mention"
    __table_args__ = (Index("ix_mes_bridge_trace_mention_seq", "seq"),)
    identifier: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=Long)


class TrialRow(SQLModel, table=True):
    """A test work order for one machine client; what it told of it is kept here, and nowhere else."""

    __tablename__ = "mes_bridge_trial"
    id: str = Field(primary_key=True)
    client: str = Field(index=True)
    machine_group: str
    document: dict[str, Any] = Field(sa_type=Json)
    content_sha256: str
    state: str
    holder: str | None = None
    fence: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    change: int = Field(default=0, sa_type=Long)
    messages: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """``Told`` each, in the order in which they came."""
    created_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime = Field(sa_type=UtcInstant)


class WebhookRow(SQLModel, table=True):
    """Where a machine client is told of work orders; its messages lie in the ledger's channel ``webhook:<id>``."""

    __tablename__ = "mes_bridge_webhook"
    id: str = Field(primary_key=True)
    client: str = Field(unique=True)
    url: str
    secret: bytes
    """Locked by the vault."""
    earlier: list[dict[str, str]] = Field(default_factory=list, sa_type=Json)
    """Secrets that were replaced, the oldest first, locked and in base64; each signs too ``until`` (real time)."""
    created_at: datetime = Field(sa_type=UtcInstant)
    ended_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    ended_because: str | None = None


class VocabularyRow(SQLModel, table=True):
    """A machine client uses names of its own: by kind, theirs → ours."""

    __tablename__ = "mes_bridge_vocabulary"
    client: str = Field(primary_key=True)
    names: dict[str, dict[str, str]] = Field(sa_type=Json)


class FeedRow(SQLModel, table=True):
    """The number of the last change to any work order; taken last in a transaction, so that ``since`` misses none."""

    __tablename__ = "mes_bridge_feed"
    id: int = Field(default=1, primary_key=True)
    change: int = Field(default=0, sa_type=Long)


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


PIECE = _table(PieceRow)
WORK_ORDER = _table(WorkOrderRow)
REVISION = _table(RevisionRow)
MACHINE = _table(MachineRow)
MACHINE_HOLD = _table(MachineHoldRow)
CALIBRATION = _table(CalibrationRow)
REPORT = _table(ReportRow)
MEASUREMENT = _table(MeasurementRow)
QUARANTINE = _table(QuarantineRow)
TRIAL = _table(TrialRow)
FEED = _table(FeedRow)
WEBHOOK = _table(WebhookRow)
VOCABULARY = _table(VocabularyRow)
TRACED_PIECE = _table(TracedPieceRow)
TRACE_EVENT = _table(TraceEventRow)
TRACE_MENTION = _table(TraceMentionRow)
