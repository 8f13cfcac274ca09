"""Whether a measured value meets its characteristic, and which checkpoints still gate an operation."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from contracts.problems import FieldProblem, InvalidInput
from contracts.product import CharacteristicSpec
from contracts.quality import Verdict
from contracts.units import Quantity, exactly

PASSED = frozenset({Verdict.IN_TOLERANCE})
FAR = 10
"""Tolerances beyond a limit from which on a value is hard to believe."""


@dataclass(frozen=True)
class Judgement:
    """``value`` in whole units of the characteristic; an out-of-tolerance value never rounds into the tolerance."""

    value: int
    verdict: Verdict


@dataclass(frozen=True)
class TakenValue:
    """A recorded measurement, as far as it matters for the gate. ``corrects`` names the version it replaces."""

    measurement: str
    checkpoint: str
    verdict: Verdict
    at: datetime
    corrects: str | None = None


def judge(characteristic: CharacteristicSpec, value: Decimal, unit: str) -> Judgement:
    """Simple acceptance: both limits belong to the tolerance; judged exactly, then rounded.

    Raises UnitMismatch; InvalidInput for a value that cannot be.
    """
    exact = exactly(value, unit, characteristic.unit)
    least = characteristic.physical_minimum
    if least is not None and exact < least:
        said = {"least": Quantity(value=least, unit=characteristic.unit)}
        raise InvalidInput(errors=(FieldProblem("/value", "terminal.cannot_be", said),))
    if exact > characteristic.upper:
        return Judgement(int(exact.to_integral_value(rounding=ROUND_CEILING)), Verdict.OUT_OF_TOLERANCE)
    if exact < characteristic.lower:
        return Judgement(int(exact.to_integral_value(rounding=ROUND_FLOOR)), Verdict.OUT_OF_TOLERANCE)
    return Judgement(int(exact.to_integral_value(rounding=ROUND_HALF_EVEN)), Verdict.IN_TOLERANCE)


def hard_to_believe(characteristic: CharacteristicSpec, value: int) -> bool:
    """Whether a value is many tolerances beyond its limits, as a slip of the finger gives; ``value`` in the characteristic's unit."""
    beyond = max(characteristic.lower - value, value - characteristic.upper)
    return beyond > FAR * max(characteristic.upper - characteristic.lower, 1)


def current_values(taken: Iterable[TakenValue]) -> dict[str, TakenValue]:
    """The value that counts of each checkpoint: never a corrected one, else the latest by its own time."""
    values = list(taken)
    corrected = {value.corrects for value in values}
    current: dict[str, TakenValue] = {}
    for value in sorted(values, key=lambda value: (value.at, value.measurement)):
        if value.measurement not in corrected:
            current[value.checkpoint] = value
    return current


def failing(taken: Iterable[TakenValue], conceded: Collection[str]) -> tuple[str, ...]:
    """Measurements of a run that are out of tolerance, not corrected and not ``conceded``, in the order they came."""
    values = list(taken)
    settled = {value.corrects for value in values} | set(conceded)
    return tuple(value.measurement for value in values if value.verdict not in PASSED and value.measurement not in settled)


def open_checkpoints(
    characteristics: Iterable[CharacteristicSpec], current: Mapping[str, TakenValue], conceded: Collection[str] = ()
) -> tuple[str, ...]:
    """Checkpoints whose value is neither in tolerance nor ``conceded``: the operation cannot close before they have one."""
    return tuple(
        characteristic.checkpoint
        for characteristic in characteristics
        if (value := current.get(characteristic.checkpoint)) is None or (value.verdict not in PASSED and value.measurement not in conceded)
    )
