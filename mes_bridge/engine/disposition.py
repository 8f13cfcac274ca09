"""What a failed piece needs: which operations run again, and what waits meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.product import CharacteristicSpec, DispositionRule, OperationSpec


@dataclass(frozen=True)
class Disposition:
    rule: DispositionRule
    restart: tuple[int, ...]
    """Sequences that run again, ascending."""
    rework_s: int | None


def upstream(routing: Iterable[OperationSpec], sequence: int) -> frozenset[int]:
    """Sequences whose work is in the piece when ``sequence`` begins."""
    before = {operation.sequence: operation.after for operation in routing}
    found: set[int] = set()
    waiting = list(before.get(sequence, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(before.get(one, ()))
    return frozenset(found)


def downstream(routing: Iterable[OperationSpec], sequence: int) -> frozenset[int]:
    """Sequences that build on ``sequence``, near and far."""
    operations = tuple(routing)
    return frozenset(operation.sequence for operation in operations if sequence in upstream(operations, operation.sequence))


def for_value(characteristic: CharacteristicSpec, begun_downstream: Iterable[int]) -> Disposition:
    """As the quality plan says; what was already begun on top of the failed operation runs again too."""
    restart = {characteristic.operation, *characteristic.restart, *begun_downstream}
    return Disposition(characteristic.disposition, tuple(sorted(restart)), characteristic.rework_s)


def for_scrap(
    routing: Iterable[OperationSpec], quality: Iterable[CharacteristicSpec], sequence: int, begun_downstream: Iterable[int]
) -> Disposition:
    """A remake: of the branch that the quality plan names for this operation, else of all the work that is in the piece."""
    planned = [one.restart for one in quality if one.operation == sequence and one.disposition == "remake"]
    branch = {step for restart in planned for step in restart} if planned else set(upstream(routing, sequence))
    return Disposition("remake", tuple(sorted(branch | {sequence} | set(begun_downstream))), None)
