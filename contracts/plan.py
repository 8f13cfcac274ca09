"""What a plan says: which operation runs on which machine, with whom, when."""

from enum import StrEnum

from contracts.model import Contract, Instant
from contracts.texts import Localised
from contracts.units import Unit


class OperationKey(Contract):
    """One run of one routing step of one piece; a rework or remake raises ``attempt``."""

    piece: str
    sequence: int
    attempt: int = 1

    def __str__(self) -> str:
        return f"{self.piece}/{self.sequence}.{self.attempt}"


class OperationState(StrEnum):
    PLANNED = "planned"
    RELEASED = "released"
    RUNNING = "running"
    DONE = "done"
    SCRAPPED = "scrapped"
    CANCELLED = "cancelled"


class Placement(Contract):
    """An operation's place in the plan. The machine is taken from ``setup_start_at`` to ``end_at``."""

    key: OperationKey
    order: str
    machine: str
    person: str | None
    """Staff member (plant file id); None on machines that run unattended."""
    setup_start_at: Instant
    start_at: Instant
    end_at: Instant


class AllocatedMaterial(Contract):
    """Stock reserved for an operation. ``lot`` is given from the release on: of what is still awaited or purchased, the number under
    which it comes in."""

    item: str
    lot: str | None
    quantity: int
    unit: Unit


class ReleasedOperation(Contract):
    """An operation given to manufacturing execution, with what the MES must know of the plan."""

    key: OperationKey
    order: str
    plant: str
    specification_sha256: str
    name: str
    label: Localised
    machine_group: str
    machine: str
    setup_family: str
    planned_start_at: Instant
    planned_end_at: Instant
    run_s: int
    after: tuple[OperationKey, ...]
    """Operations that must be complete (and their checkpoints passed) before this one may start."""
    materials: tuple[AllocatedMaterial, ...]
    revision: int
    """Raised by one whenever machine or times of a released operation change."""
