"""What a plan says: which operation runs on which machine, with whom, when."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from contracts.model import Contract, Instant
from contracts.texts import Localised
from contracts.units import Unit


class OperationKey(NamedTuple):
    """One run of one routing step of one piece; a rework or remake raises ``attempt``."""

    # A tuple, as plans look operations up by it millions of times; on the wire it is an object like every contract.
    piece: str
    sequence: int
    attempt: int = 1

    def __str__(self) -> str:
        return f"{self.piece}/{self.sequence}.{self.attempt}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            _key,
            handler.generate_schema(_KeyOnTheWire),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _on_the_wire, return_schema=handler.generate_schema(_KeyOnTheWire)
            ),
        )


def _key(given: Any, parsed: Callable[[Any], Any]) -> OperationKey:
    if isinstance(given, OperationKey):
        return given
    fields = parsed(given)
    return OperationKey(fields.piece, fields.sequence, fields.attempt)


_KeyOnTheWire = create_model(
    "OperationKey", __base__=Contract, __doc__=OperationKey.__doc__, piece=(str, ...), sequence=(int, ...), attempt=(int, 1)
)


def _on_the_wire(key: OperationKey) -> Contract:
    return _KeyOnTheWire.model_construct(None, **key._asdict())


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
