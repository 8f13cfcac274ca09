"""What the ledger stores: events and who still awaits them, due work, jobs, messages to the outside, clock, audit, answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ledger.columns import Json, Long, UtcInstant


class PlantLock(SQLModel, table=True):
    """One row a plant; whoever changes the plant's capacity holds it."""

    __tablename__ = "ledger_plant_lock"
    plant: str = Field(primary_key=True)


class EventRow(SQLModel, table=True):
    """The outbox: every event ever emitted, numbered in the order of commits."""

    __tablename__ = "ledger_event"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: int | None = Field(default=None, primary_key=True, sa_type=Long)
    id: str = Field(unique=True)
    type: str
    aggregate: str = Field(index=True)
    content: dict[str, Any] = Field(sa_type=Json)
    actor: str
    at: datetime = Field(sa_type=UtcInstant)
    real_at: datetime = Field(sa_type=UtcInstant)


class SubscriptionRow(SQLModel, table=True):
    """How far the events were handed out to a subscription."""

    __tablename__ = "ledger_subscription"
    name: str = Field(primary_key=True)
    event_type: str
    handed_out: int = Field(default=0, sa_type=Long)


class DeliveryRow(SQLModel, table=True):
    """An event that a subscription has not taken yet; ``waiting`` or ``parked``. Gone once taken: then the inbox has it."""

    __tablename__ = "ledger_delivery"
    __table_args__ = (
        Index("ix_ledger_delivery_order", "subscription", "aggregate", "seq"),
        Index("ix_ledger_delivery_due", "state", "seq"),
        Index(
            "ix_ledger_delivery_failed",
            "subscription",
            "aggregate",
            "seq",
            sqlite_where=text("attempts > 0"),
            postgresql_where=text("attempts > 0"),
        ),
    )
    subscription: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=Long)
    aggregate: str
    state: str = "waiting"
    attempts: int = 0
    retry_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    error: str | None = None


class InboxRow(SQLModel, table=True):
    """A message that a consumer has taken (or dropped); written with its effect in one transaction."""

    __tablename__ = "ledger_inbox"
    consumer: str = Field(primary_key=True)
    message: str = Field(primary_key=True)
    outcome: str = "done"
    real_at: datetime = Field(sa_type=UtcInstant)


class AgendaRow(SQLModel, table=True):
    """Work due at a moment of business or real time; ``waiting`` or ``parked``."""

    __tablename__ = "ledger_agenda"
    __table_args__ = (Index("ix_ledger_agenda_due", "state", "clock", "due_at"),)
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    due_at: datetime = Field(sa_type=UtcInstant)
    clock: str
    content: dict[str, Any] = Field(sa_type=Json)
    state: str = "waiting"
    attempts: int = 0
    retry_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    error: str | None = None


class JobRow(SQLModel, table=True):
    """Long work: queued, running, done, failed or cancelled. At most one queued a (kind, key)."""

    __tablename__ = "ledger_job"
    __table_args__ = (
        Index(
            "uq_ledger_job_queued",
            "kind",
            "key",
            unique=True,
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_ledger_job_state", "state", "kind", "key"),
    )
    id: str = Field(primary_key=True)
    kind: str
    key: str
    content: dict[str, Any] = Field(sa_type=Json)
    state: str = "queued"
    attempts: int = 0
    fence: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    retry_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    progress_done: int = 0
    progress_total: int = 0
    cancel_requested: bool = False
    result: dict[str, Any] | None = Field(default=None, sa_type=Json)
    error: str | None = None
    queued_at: datetime = Field(sa_type=UtcInstant)
    started_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    finished_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class OutsideRow(SQLModel, table=True):
    """A message to the outside: waiting, claimed, sent or parked. The same (channel, key) is sent once.

    Of the messages of a channel with the same ``lane`` the next one leaves when those before it are sent.
    """

    __tablename__ = "ledger_outside"
    __table_args__ = (
        UniqueConstraint("channel", "key"),
        Index("ix_ledger_outside_due", "state", "channel", "seq"),
        Index("ix_ledger_outside_lane", "channel", "lane", "seq"),
        {"sqlite_autoincrement": True},
    )
    seq: int | None = Field(default=None, primary_key=True, sa_type=Long)
    channel: str
    key: str
    lane: str | None = None
    content: dict[str, Any] = Field(sa_type=Json)
    state: str = "waiting"
    attempts: int = 0
    fence: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    retry_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    error: str | None = None
    queued_at: datetime = Field(sa_type=UtcInstant)
    sent_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class ClockRow(SQLModel, table=True):
    """The one row that tells every process what business time it is."""

    __tablename__ = "ledger_clock"
    id: int = Field(default=1, primary_key=True)
    mode: str
    rate: int
    business_anchor: datetime = Field(sa_type=UtcInstant)
    real_anchor: datetime = Field(sa_type=UtcInstant)
    heartbeat: datetime = Field(sa_type=UtcInstant)


class AuditRow(SQLModel, table=True):
    """Who did what to what; ``position`` and ``hash`` are set when the sealer has chained the row."""

    __tablename__ = "ledger_audit"
    __table_args__ = (
        Index("ix_ledger_audit_chain", "plant", "position"),
        Index("ix_ledger_audit_subject", "subject"),
        {"sqlite_autoincrement": True},
    )
    seq: int | None = Field(default=None, primary_key=True, sa_type=Long)
    plant: str
    at: datetime = Field(sa_type=UtcInstant)
    real_at: datetime = Field(sa_type=UtcInstant)
    actor: str
    role: str
    action: str
    subject: str
    facts: dict[str, Any] = Field(sa_type=Json)
    position: int | None = Field(default=None, sa_type=Long)
    hash: str | None = None


class AuditHeadRow(SQLModel, table=True):
    """Where a plant's chain of audit rows ends."""

    __tablename__ = "ledger_audit_head"
    plant: str = Field(primary_key=True)
    position: int = Field(sa_type=Long)
    hash: str


class AnswerRow(SQLModel, table=True):
    """The answer given to a request with an idempotency key, or that it is being made."""

    __tablename__ = "ledger_answer"
    principal: str = Field(primary_key=True)
    key_sha256: str = Field(primary_key=True)
    body_mark: str
    """Of the request: ``Vault.mark``, for it may hold personal values."""
    fence: int = 1
    lease_until: datetime = Field(sa_type=UtcInstant)
    committed: bool = False
    """An effect of the request is durable; it must not be made again."""
    outcome: dict[str, Any] | None = Field(default=None, sa_type=Json)
    status: int | None = None
    headers: dict[str, str] | None = Field(default=None, sa_type=Json)
    body: bytes | None = None
    """Locked with the caller's key."""
    expires_at: datetime = Field(index=True, sa_type=UtcInstant)


class PersonKeyRow(SQLModel, table=True):
    """A person's data key, wrapped by the installation's key; ``wrapped`` is None once destroyed."""

    __tablename__ = "ledger_person_key"
    person: str = Field(primary_key=True)
    wrapped: bytes | None
    created_at: datetime = Field(sa_type=UtcInstant)
    destroyed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class PersonRow(SQLModel, table=True):
    """A customer or guest; every personal value is sealed."""

    __tablename__ = "ledger_person"
    id: str = Field(primary_key=True)
    sealed: bytes
    created_at: datetime = Field(sa_type=UtcInstant)


class StaffRow(SQLModel, table=True):
    """A staff account."""

    __tablename__ = "ledger_staff"
    id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    password_hash: str
    role: str
    disabled: bool = False
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    created_at: datetime = Field(sa_type=UtcInstant)
    factor_secret: bytes | None = None
    """Of the authenticator, locked with the installation's key."""
    factor_since: datetime | None = Field(default=None, sa_type=UtcInstant)
    """None: a sign-in asks for no code."""
    factor_step: int = Field(default=0, sa_type=Long)
    """The last time step whose code was used: no code is taken twice."""


class RecoveryCodeRow(SQLModel, table=True):
    """What an account shows once when its authenticator is gone; only its SHA-256 is kept."""

    __tablename__ = "ledger_recovery_code"
    staff: str = Field(primary_key=True)
    code_sha256: str = Field(primary_key=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class MachineClientRow(SQLModel, table=True):
    """A machine client's key; only its SHA-256 is kept."""

    __tablename__ = "ledger_machine_client"
    id: str = Field(primary_key=True)
    name: str
    key_sha256: str = Field(unique=True)
    broker_user: str | None = Field(default=None, unique=True)
    machine_groups: list[str] | None = Field(default=None, sa_type=Json)
    created_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class SignInRow(SQLModel, table=True):
    """A sign-in session; only the SHA-256 of its token is kept."""

    __tablename__ = "ledger_sign_in"
    token_sha256: str = Field(primary_key=True)
    id: str = Field(unique=True)
    """What it is called where it is shown."""
    principal: str = Field(index=True)
    role: str
    name: str
    device: str
    """Browser and system in a word each, never the whole that a browser tells."""
    waits: bool
    """For the second factor: nobody is signed in by it yet."""
    created_at: datetime = Field(sa_type=UtcInstant)
    seen_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime = Field(sa_type=UtcInstant)
    ended_at: datetime | None = Field(default=None, sa_type=UtcInstant)


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


PLANT_LOCK = _table(PlantLock)
EVENT = _table(EventRow)
SUBSCRIPTION = _table(SubscriptionRow)
DELIVERY = _table(DeliveryRow)
INBOX = _table(InboxRow)
AGENDA = _table(AgendaRow)
JOB = _table(JobRow)
OUTSIDE = _table(OutsideRow)
CLOCK = _table(ClockRow)
AUDIT = _table(AuditRow)
AUDIT_HEAD = _table(AuditHeadRow)
ANSWER = _table(AnswerRow)
PERSON_KEY = _table(PersonKeyRow)
PERSON = _table(PersonRow)
STAFF = _table(StaffRow)
MACHINE_CLIENT = _table(MachineClientRow)
SIGN_IN = _table(SignInRow)
RECOVERY_CODE = _table(RecoveryCodeRow)
