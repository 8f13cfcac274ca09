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
    """``value`` in whole units of the characteristic; one that is not in tolerance never rounds into it."""

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


@dataclass(frozen=True)
class Zones:
    """In tolerance from ``accept_from`` to ``accept_to``, out of it below and above the others; in the characteristic's unit."""

    accept_from: Decimal
    accept_to: Decimal
    reject_below: Decimal
    reject_above: Decimal


def zones_of(characteristic: CharacteristicSpec, guard: Quantity | None) -> Zones:
    """The limits with a guard band on both sides of each (ISO 14253-1); one below which no value can be has none."""
    above = Decimal(0) if guard is None else exactly(guard.value, guard.unit, characteristic.unit)
    least, lower, upper = characteristic.physical_minimum, characteristic.lower, characteristic.upper
    below = Decimal(0) if least is not None and least >= lower else above
    return Zones(lower + below, upper - above, lower - below, upper + above)


def judge(characteristic: CharacteristicSpec, value: Decimal, unit: str, guard: Quantity | None = None) -> Judgement:
    """Simple acceptance: both limits belong to the tolerance; judged exactly, then rounded.

    With a ``guard`` band by its ``zones_of``: in between not proven. Raises UnitMismatch; InvalidInput for a value that cannot be.
    """
    exact = exactly(value, unit, characteristic.unit)
    least = characteristic.physical_minimum
    if least is not None and exact < least:
        said = {"least": Quantity(value=least, unit=characteristic.unit)}
        raise InvalidInput(errors=(FieldProblem("/value", "terminal.cannot_be", said),))
    zones = zones_of(characteristic, guard)
    if exact > zones.accept_to:
        verdict = Verdict.OUT_OF_TOLERANCE if exact > zones.reject_above else Verdict.NOT_PROVEN
        return Judgement(int(exact.to_integral_value(rounding=ROUND_CEILING)), verdict)
    if exact < zones.accept_from:
        verdict = Verdict.OUT_OF_TOLERANCE if exact < zones.reject_below else Verdict.NOT_PROVEN
        return Judgement(int(exact.to_integral_value(rounding=ROUND_FLOOR)), verdict)
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
    """Measurements of a run that are out of tolerance, or not proven to be in it and not measured again, in the order they came.

    Corrected and ``conceded`` ones are left out.
    """
    values = list(taken)
    settled = {value.corrects for value in values} | set(conceded)
    current = {value.measurement for value in current_values(values).values()}
    return tuple(
        value.measurement
        for value in values
        if value.measurement not in settled
        and (value.verdict is Verdict.OUT_OF_TOLERANCE or (value.verdict is Verdict.NOT_PROVEN and value.measurement in current))
    )


def fails(taken: Iterable[TakenValue], value: TakenValue) -> bool:
    """Whether the value, the latest of ``taken``, makes the piece fail: it is out of tolerance, or again not proven to be in it."""
    if value.verdict is not Verdict.NOT_PROVEN:
        return value.verdict is Verdict.OUT_OF_TOLERANCE
    values = list(taken)
    corrected = {each.corrects for each in values} | {value.corrects}
    earlier = (each for each in values if each.checkpoint == value.checkpoint and each.measurement != value.measurement)
    return any(each.verdict is Verdict.NOT_PROVEN and each.measurement not in corrected for each in earlier)


def open_checkpoints(
    characteristics: Iterable[CharacteristicSpec], current: Mapping[str, TakenValue], conceded: Collection[str] = ()
) -> tuple[str, ...]:
    """Checkpoints whose value is neither in tolerance nor ``conceded``: the operation cannot close before they have one."""
    return tuple(
        characteristic.checkpoint
        for characteristic in characteristics
        if (value := current.get(characteristic.checkpoint)) is None or (value.verdict not in PASSED and value.measurement not in conceded)
    )
