"""What the scheduler stores: plants, operations with places, reservations, stock, blocked machines, plan versions, one log of changes.

Times are whole epoch seconds (UTC), as the engines count them. Whoever writes a row with a ``seq`` holds the plant's lock.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from ledger.columns import Json, Long, UtcInstant


class PlantRow(SQLModel, table=True):
    """A published plant: canonical text and hash; the file in the package is only its seed."""

    __tablename__ = "scheduler_plant"

    plant: str = Field(primary_key=True, max_length=64)
    text: str
    sha256: str = Field(max_length=64)
    version: int = 0
    """Version of the live plan."""
    seq: int = Field(default=0, sa_type=Long)
    """Last number given in the capacity log."""
    mark: str = Field(max_length=16)
    """Mark of that change."""
    overtime: list[list[str]] = Field(default=[], sa_type=Json)
    """Overtime that the live plan decided: group and day of the plant."""
    ordered: list[list[str]] = Field(default=[], sa_type=Json)
    """Overtime that planners ordered: every plan has it, whether it would have decided so or not."""
    shift_changes: list[dict[str, Any]] = Field(default=[], sa_type=Json)
    """Other hours of shifts that planners adopted, beside those of the file (``plant.ShiftChange``)."""
    published_at: datetime = Field(sa_type=UtcInstant)


class CapacityChangeRow(SQLModel, table=True):
    """The capacity log. ``seq`` has no gaps: it is given under the plant's lock; changed rows carry it."""

    __tablename__ = "scheduler_capacity_change"

    plant: str = Field(primary_key=True, max_length=64)
    seq: int = Field(primary_key=True, sa_type=Long)
    mark: str = Field(max_length=16)
    """Random: tells this change from one of the same number that was rolled back."""
    kind: str = Field(max_length=32)
    subject: str = Field(max_length=120)
    at_s: int = Field(sa_type=Long)


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
    label: dict[str, str] = Field(sa_type=Json)
    machine_group: str = Field(max_length=64)
    setup_family: str = Field(max_length=64)
    run_s: int
    """Seconds on a machine of usual speed, by learned times when some are accepted."""
    standard_s: int
    """The plant's own figure for it."""
    run_on: list[list[Any]] = Field(default=[], sa_type=Json)
    """Machine and seconds where a time of the machine's own was learned."""
    after: list[str] = Field(sa_type=Json)
    allocated: list[dict[str, Any]] = Field(sa_type=Json)
    """Material reserved for it: item, supply, lot (from the release on), quantity, unit, available_s."""
    material_s: int = Field(sa_type=Long)
    """Earliest start that its material allows."""
    held_until_s: int = Field(default=0, sa_type=Long)
    """Earliest start while somebody is asked whether the piece may stay as it is."""
    weight: int
    state: str = Field(max_length=16)
    machine: str = Field(max_length=64)
    person: str | None = Field(default=None, max_length=64)
    setup_start_s: int = Field(sa_type=Long)
    start_s: int = Field(sa_type=Long)
    end_s: int = Field(sa_type=Long)
    began_s: int | None = Field(default=None, sa_type=Long)
    """Reported start and end; the place above follows them only beyond the start's grace."""
    ended_s: int | None = Field(default=None, sa_type=Long)
    setup_began_s: int | None = Field(default=None, sa_type=Long)
    """When the machine was reported to be set up for it."""
    paused: bool = False
    pauses: list[list[int]] = Field(default=[], sa_type=Json)
    """Reported stops, from and to; the last one may still lack its end."""
    revision: int = 0
    """0 until released."""
    pinned: bool = False
    """A planner holds it in its place."""
    told_machine: str = Field(default="", max_length=64)
    """Machine and start of the last revision."""
    told_start_s: int = Field(default=0, sa_type=Long)
    seq: int = Field(sa_type=Long)


class ReservationRow(SQLModel, table=True):
    """An order's capacity: held until ``expires_at`` (real time), firm under its promise, then done or released."""

    __tablename__ = "scheduler_reservation"
    __table_args__ = (Index("ix_scheduler_reservation_seq", "plant", "seq"),)

    order: str = Field(primary_key=True, max_length=64)
    plant: str = Field(max_length=64)
    state: str = Field(max_length=16)
    weight: int
    promised_s: int = Field(sa_type=Long)
    """The date given with the order; it never moves."""
    told_s: int = Field(sa_type=Long)
    """The date the customer was last told."""
    country: str = Field(max_length=2)
    """Where it goes: working days of delivery and holidays follow from it."""
    finish_s: int = Field(sa_type=Long)
    setback_s: int = 0
    """What cost the order most since its date was last told, as far as it has not been made good; 0 when nothing did."""
    setback: str | None = Field(default=None, max_length=2000)
    """Its cause: a message's JSON."""
    expires_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    planned_version: int = 0
    """Plan version in which the order first stood; 0 before."""
    seq: int = Field(sa_type=Long)


class StockRow(SQLModel, table=True):
    """A lot on hand or a receipt that is awaited, and how much of it is still free.

    What no lot or receipt covers is purchased for its order: a receipt of its own, reserved in full.
    """

    __tablename__ = "scheduler_stock"
    __table_args__ = (Index("ix_scheduler_stock_seq", "plant", "seq"),)

    plant: str = Field(primary_key=True, max_length=64)
    item: str = Field(primary_key=True, max_length=80)
    supply: str = Field(primary_key=True, max_length=80)
    lot: str | None = Field(default=None, max_length=80)
    """None: a receipt; its number becomes the lot's."""
    quantity: int = Field(sa_type=Long)
    free: int = Field(sa_type=Long)
    available_s: int = Field(sa_type=Long)
    purchased: bool = False
    seq: int = Field(sa_type=Long)


class BlockedRow(SQLModel, table=True):
    """Time a machine was or is down; ``to_s`` is an estimate until it is up again."""

    __tablename__ = "scheduler_blocked"
    __table_args__ = (Index("ix_scheduler_blocked_seq", "plant", "seq"),)

    plant: str = Field(primary_key=True, max_length=64)
    machine: str = Field(primary_key=True, max_length=64)
    from_s: int = Field(primary_key=True, sa_type=Long)
    to_s: int = Field(sa_type=Long)
    open: bool = True
    reason: str | None = Field(default=None, max_length=200)
    seq: int = Field(sa_type=Long)


class PlanVersionRow(SQLModel, table=True):
    """A published plan: when, why, and its key figures."""

    __tablename__ = "scheduler_plan_version"

    plant: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True)
    at_s: int = Field(sa_type=Long)
    seq: int = Field(sa_type=Long)
    reason: dict[str, Any] = Field(sa_type=Json)
    figures: dict[str, Any] = Field(sa_type=Json)


class PlannerChangeRow(SQLModel, table=True):
    """What a planner changed by hand: who, what and why, what came of it, and the places that undoing it gives back."""

    __tablename__ = "scheduler_planner_change"
    __table_args__ = (Index("ix_scheduler_planner_change_seq", "plant", "seq"), Index("ix_scheduler_planner_change_operation", "operation"))

    id: str = Field(primary_key=True, max_length=40)
    plant: str = Field(max_length=64)
    seq: int = Field(sa_type=Long)
    at_s: int = Field(sa_type=Long)
    person: str = Field(max_length=64)
    name: str = Field(max_length=80)
    """The sign-in name, by which planners know each other."""
    kind: str = Field(max_length=16)
    """``move``, ``lock``, ``unlock`` or ``rush``."""
    operation: str = Field(max_length=120)
    order: str = Field(max_length=64)
    label: dict[str, str] = Field(sa_type=Json)
    machine_before: str = Field(max_length=64)
    start_before_s: int = Field(sa_type=Long)
    machine: str = Field(max_length=64)
    start_s: int = Field(sa_type=Long)
    reason: str = Field(max_length=300)
    places: list[dict[str, Any]] = Field(sa_type=Json)
    """Each operation whose place it changed: key, place before and after; ``pinned``: whether one that it locks too was so before."""
    promises: list[dict[str, Any]] = Field(sa_type=Json)
    """Each order whose expected date it changed: order, epoch seconds before and after."""
    pinned_before: bool
    overtime: list[list[str]] = Field(default=[], sa_type=Json)
    """Group and day of overtime that it ordered."""
    undone_s: int | None = Field(default=None, sa_type=Long)
    undone_seq: int | None = Field(default=None, sa_type=Long)


class ScenarioRow(SQLModel, table=True):
    """A planner's question what would be if (overtime, machines stopped, other shifts), and what came of trying it."""

    __tablename__ = "scheduler_scenario"

    id: str = Field(primary_key=True, max_length=40)
    plant: str = Field(max_length=64, index=True)
    at_s: int = Field(sa_type=Long)
    person: str = Field(max_length=64)
    name: str = Field(max_length=80)
    """The planner's sign-in name."""
    title: str = Field(max_length=80)
    overtime: list[list[str]] = Field(sa_type=Json)
    """Group and day of the plant."""
    stops: list[list[Any]] = Field(default=[], sa_type=Json)
    """Machine, and the epoch seconds between which it stands still."""
    shifts: list[dict[str, Any]] = Field(default=[], sa_type=Json)
    """Other hours of shifts (``plant.ShiftChange``)."""
    state: str = Field(max_length=16)
    """``asked``, ``tried``, ``adopted``, ``discarded``, or ``withdrawn`` after it was adopted."""
    outcome: dict[str, Any] | None = Field(default=None, sa_type=Json)


class LearnedTimeRow(SQLModel, table=True):
    """What reports teach of the time of an operation on a machine in a material: proposed, then accepted or declined."""

    __tablename__ = "scheduler_learned_time"
    __table_args__ = (Index("ix_scheduler_learned_time_state", "plant", "state"),)

    id: str = Field(primary_key=True, max_length=40)
    plant: str = Field(max_length=64)
    kind: str = Field(max_length=8)
    """``run`` or ``setup``."""
    operation: str = Field(max_length=80)
    """Of a setup the machine group."""
    machine: str = Field(max_length=64)
    """Empty: on any machine."""
    material: str = Field(max_length=64)
    """The setup family; empty: any."""
    label: dict[str, str] = Field(sa_type=Json)
    state: str = Field(max_length=16)
    """``proposed``, ``accepted``, ``declined``, or ``replaced`` by a later accepted one."""
    factor: float
    """Median duration over the plant's figure."""
    old_factor: float
    """The one in force when it was proposed."""
    spread: float
    """Standard deviation of the duration's logarithm."""
    figure_s: int
    """Median of the plant's figures for that work."""
    sample: int
    aside: int
    """Reports put aside as too far from all others."""
    since_s: int = Field(sa_type=Long)
    """End of the first report."""
    at_s: int = Field(sa_type=Long)
    """Last counted."""
    decided_s: int | None = Field(default=None, sa_type=Long)
    decided_by: str = Field(default="", max_length=80)
    """The planner's sign-in name; empty: the plant's rule."""
