"""How a stored operation becomes one that the engines count with, and back."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from contracts.plan import AllocatedMaterial, OperationKey, OperationState, ReleasedOperation
from contracts.texts import Localised
from contracts.units import Unit
from scheduler.engine.operations import BEGUN, WAITING, Operation, Placement, instant
from scheduler.tables import OperationRow


@dataclass(frozen=True, slots=True)
class Standing:
    """An operation and its place in the live plan, with what only the service asks for."""

    operation: Operation
    place: Placement
    specification_sha256: str
    revision: int
    paused: bool
    pauses: tuple[tuple[int, ...], ...]
    """Reported stops; an open one lacks its end."""
    began_s: int | None
    ended_s: int | None
    told_machine: str
    told_start_s: int
    seq: int

    def pauses_at(self, at_s: int, paused: bool) -> list[list[int]]:
        """The stops, when from the moment on it stands still (``paused``) or does not."""
        ended = [list(pause) if len(pause) > 1 else [*pause, max(at_s, *pause)] for pause in self.pauses]
        return [*map(list, self.pauses)] if paused and self.paused else [*ended, [at_s]] if paused else ended

    @property
    def key(self) -> OperationKey:
        return self.operation.key

    @property
    def order(self) -> str:
        return self.operation.order

    @property
    def state(self) -> OperationState:
        return self.operation.state

    @property
    def open(self) -> bool:
        return self.operation.open


@lru_cache(maxsize=16_384)
def parse_key(text: str) -> OperationKey:
    """The key that ``str(key)`` wrote."""
    piece, _, run = text.rpartition("/")
    sequence, _, attempt = run.partition(".")
    return OperationKey(piece=piece, sequence=int(sequence), attempt=int(attempt))


def standing_of(row: OperationRow | Row[Any], due_s: int) -> Standing:
    """A row as the engines see it. Begun operations are fixed where they ran or run."""
    state = OperationState(row.state)
    key = OperationKey(piece=row.piece, sequence=row.sequence, attempt=row.attempt)
    place = Placement(
        key=key,
        order=row.order,
        family=row.setup_family,
        machine=row.machine,
        person=row.person,
        setup_start_s=row.setup_start_s,
        start_s=row.start_s,
        end_s=row.end_s,
        fixed=state in BEGUN,
    )
    operation = Operation(
        key=key,
        order=row.order,
        name=row.name,
        label=_label(**row.label),
        machine_group=row.machine_group,
        setup_family=row.setup_family,
        run_s=row.run_s,
        after=tuple(parse_key(text) for text in row.after),
        materials=material(row),
        weight=row.weight,
        due_s=due_s,
        state=state,
        placement=place if state in BEGUN else None,
        ready_s=row.held_until_s,
        material_s=row.material_s,
        pinned=row.pinned and state in WAITING,
        run_on=tuple((machine, seconds) for machine, seconds in row.run_on),
    )
    return Standing(
        operation,
        place,
        row.specification_sha256,
        row.revision,
        row.paused,
        tuple(tuple(pause) for pause in row.pauses),
        row.began_s,
        row.ended_s,
        row.told_machine,
        row.told_start_s,
        row.seq,
    )


def material(row: OperationRow | Row[Any]) -> tuple[AllocatedMaterial, ...]:
    """What is reserved for the row's operation, as others may know it."""
    return tuple(_allocated(entry["item"], entry["lot"], entry["quantity"], entry["unit"]) for entry in row.allocated)


@lru_cache(maxsize=4096)
def _allocated(item: str, lot: str | None, quantity: int, unit: Unit) -> AllocatedMaterial:
    return AllocatedMaterial.model_construct(item=item, lot=lot, quantity=quantity, unit=unit)


@lru_cache(maxsize=1024)
def _label(en: str, zh: str) -> Localised:
    return Localised(en=en, zh=zh)


def put(row: OperationRow, place: Placement) -> None:
    """Write a place into the row."""
    row.machine, row.person = place.machine, place.person
    row.setup_start_s, row.start_s, row.end_s = place.setup_start_s, place.start_s, place.end_s


def released(row: OperationRow) -> ReleasedOperation:
    """What manufacturing execution must know of the row."""
    return ReleasedOperation(
        key=parse_key(row.key),
        order=row.order,
        plant=row.plant,
        specification_sha256=row.specification_sha256,
        name=row.name,
        label=_label(**row.label),
        machine_group=row.machine_group,
        machine=row.machine,
        setup_family=row.setup_family,
        planned_start_at=instant(row.start_s),
        planned_end_at=instant(row.end_s),
        run_s=row.run_s,
        after=tuple(parse_key(text) for text in row.after),
        materials=material(row),
        revision=row.revision,
    )
