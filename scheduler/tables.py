"""What the scheduler stores: plants, operations with their places, reservations, stock, blocked machines, plan versions, one log of changes.

Times are whole epoch seconds (UTC), as the engines count them. Whoever writes a row with a ``seq`` holds the plant's lock.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Index
from sqlmodel import Field, SQLModel


class PlantRow(SQLModel, table=True):
    """A published plant: canonical text and hash; the file in the package is only its seed."""

    __tablename__ = "scheduler_plant"

    plant: str = Field(primary_key=True, max_length=64)
    text: str
    sha256: str = Field(max_length=64)
    version: int = 0
    """Version of the live plan."""
    seq: int = Field(default=0, sa_type=BigInteger)
    """Last number given in the capacity log."""
    published_at: datetime = Field(sa_type=DateTime(timezone=True))  # type: ignore[call-overload]


class CapacityChangeRow(SQLModel, table=True):
    """The capacity log. ``seq`` has no gaps: it is given under the plant's lock; changed rows carry it."""

    __tablename__ = "scheduler_capacity_change"

    plant: str = Field(primary_key=True, max_length=64)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(max_length=32)
    subject: str = Field(max_length=120)
    at_s: int = Field(sa_type=BigInteger)


class OperationRow(SQLModel, table=True):
    """One run of one routing step: what it needs, where it stands, how far it is."""

    __tablename__ = "scheduler_operation"
    __table_args__ = (Index("ix_scheduler_operation_seq", "plant", "seq"), Index("ix_scheduler_operation_state", "plant", "state"))

    key: str = Field(primary_key=True, max_length=120)
    plant: str = Field(max_length=64)
    order: str = Field(max_length=64, index=True)
    piece: str = Field(max_length=64, index=True)
    sequence: int
    attempt: int
    specification_sha256: str = Field(max_length=64)
    name: str = Field(max_length=80)
    label: dict[str, str] = Field(sa_type=JSON)
    machine_group: str = Field(max_length=64)
    setup_family: str = Field(max_length=64)
    run_s: int
    after: list[str] = Field(sa_type=JSON)
    needs: list[dict[str, Any]] = Field(sa_type=JSON)
    """Material of the bill that this operation consumes: item, quantity, unit."""
    allocated: list[dict[str, Any]] = Field(sa_type=JSON)
    """Stock reserved for it: item, lot, quantity, unit."""
    ready_s: int = Field(sa_type=BigInteger)
    """Earliest start that material allows."""
    weight: int
    state: str = Field(max_length=16)
    machine: str = Field(max_length=64)
    person: str | None = Field(default=None, max_length=64)
    setup_start_s: int = Field(sa_type=BigInteger)
    start_s: int = Field(sa_type=BigInteger)
    end_s: int = Field(sa_type=BigInteger)
    paused: bool = False
    revision: int = 0
    """0 until released."""
    seq: int = Field(sa_type=BigInteger)


class ReservationRow(SQLModel, table=True):
    """An order's capacity: held until ``expires_at`` (real time), firm under its promise, then done or released."""

    __tablename__ = "scheduler_reservation"
    __table_args__ = (Index("ix_scheduler_reservation_seq", "plant", "seq"),)

    order: str = Field(primary_key=True, max_length=64)
    plant: str = Field(max_length=64)
    state: str = Field(max_length=16)
    weight: int
    promised_s: int = Field(sa_type=BigInteger)
    """The date given with the order; it never moves."""
    told_s: int = Field(sa_type=BigInteger)
    """The date the customer was last told."""
    finish_s: int = Field(sa_type=BigInteger)
    expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))  # type: ignore[call-overload]
    planned_version: int = 0
    """Plan version in which the order first stood; 0 before."""
    seq: int = Field(sa_type=BigInteger)


class StockRow(SQLModel, table=True):
    """A lot on hand or a receipt that is awaited, and how much of it is still free."""

    __tablename__ = "scheduler_stock"
    __table_args__ = (Index("ix_scheduler_stock_seq", "plant", "seq"),)

    plant: str = Field(primary_key=True, max_length=64)
    item: str = Field(primary_key=True, max_length=80)
    lot: str = Field(primary_key=True, max_length=80)
    unit: str = Field(max_length=8)
    quantity: int = Field(sa_type=BigInteger)
    free: int = Field(sa_type=BigInteger)
    available_s: int = Field(sa_type=BigInteger)
    seq: int = Field(sa_type=BigInteger)


class BlockedRow(SQLModel, table=True):
    """Time a machine was or is down; ``to_s`` is an estimate until it is up again."""

    __tablename__ = "scheduler_blocked"
    __table_args__ = (Index("ix_scheduler_blocked_seq", "plant", "seq"),)

    plant: str = Field(primary_key=True, max_length=64)
    machine: str = Field(primary_key=True, max_length=64)
    from_s: int = Field(primary_key=True, sa_type=BigInteger)
    to_s: int = Field(sa_type=BigInteger)
    open: bool = True
    reason: str | None = Field(default=None, max_length=200)
    seq: int = Field(sa_type=BigInteger)


class PlanVersionRow(SQLModel, table=True):
    """A published plan: when, why, and its key figures."""

    __tablename__ = "scheduler_plan_version"

    plant: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True)
    at_s: int = Field(sa_type=BigInteger)
    seq: int = Field(sa_type=BigInteger)
    reason: dict[str, Any] = Field(sa_type=JSON)
    figures: dict[str, Any] = Field(sa_type=JSON)
