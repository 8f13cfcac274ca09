"""What happens to one run of one operation on the simulated floor, drawn from a seed."""

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from contracts.work_order import LeasedWorkOrder, WorkOrderCheckpoint

_WRONG_UNIT = {"nm": "deg", "um": "deg", "mm": "deg", "mdeg": "mm", "deg": "mm", "mNm": "mm", "Nm": "mm", "N": "mm"}
_FINER = {"nm": ("um", Decimal(1000)), "um": ("mm", Decimal(1000)), "mdeg": ("deg", Decimal(1000)), "mNm": ("Nm", Decimal(1000))}
"""Gauges show the coarser unit with decimals."""


@dataclass(frozen=True)
class Habits:
    """How often, of a thousand. Measurements out of tolerance make the rework that any plant has."""

    out_of_tolerance: int = 30
    breakdowns: int = 15
    """Of operations during which the machine breaks down."""
    duplicates: int = 40
    late: int = 40
    """Of operations whose start or progress is told after the completion."""
    wrong_units: int = 25
    retyped: int = 60
    """Of early values that are typed wrong and then corrected; the last value of a piece has no second chance."""
    stale_fences: int = 15
    early_values: int = 200
    """Of values measured before the operation is complete."""

    def without_breakdowns(self) -> "Habits":
        return Habits(**{**vars(self), "breakdowns": 0})

    def without_mistakes(self) -> "Habits":
        return Habits(**{**vars(self), "duplicates": 0, "late": 0, "wrong_units": 0, "retyped": 0, "stale_fences": 0})


@dataclass(frozen=True)
class Reading:
    """A value as the gauge shows it, and what goes wrong in telling it."""

    checkpoint: WorkOrderCheckpoint
    value: Decimal
    unit: str
    wrong_unit: str | None
    """Given first, refused, then given right."""
    typed_first: Decimal | None
    """Given first, then corrected."""
    early: bool


@dataclass(frozen=True)
class Life:
    work: timedelta
    """Without interruption."""
    breaks_down_after: timedelta | None
    repair: timedelta
    readings: tuple[Reading, ...]
    told_twice: bool
    start_told_late: bool
    progress: bool
    progress_told_late: bool
    stale_fence_first: bool


def life_of(item: LeasedWorkOrder, name: str, seed: int, habits: Habits) -> Life:
    """The same seed and name give the same life, whenever and however often it is asked for."""
    chance = random.Random(f"{seed}/{name}")  # noqa: S311 - a repeatable play, no secret

    def happens(per_thousand: int) -> bool:
        return chance.randrange(1000) < per_thousand

    planned = (item.operation.planned_end - item.operation.planned_start).total_seconds()
    work = timedelta(seconds=max(1, round(planned * min(1.8, max(0.7, chance.lognormvariate(-0.01, 0.12))))))
    broken = happens(habits.breakdowns)
    after = work * chance.uniform(0.1, 0.9)
    repair = timedelta(minutes=chance.randint(15, 120))
    late = happens(habits.late)
    late_start = chance.randrange(2) == 0
    progress = happens(150) or (late and not late_start)
    return Life(
        work=work,
        breaks_down_after=timedelta(seconds=round(after.total_seconds())) if broken else None,
        repair=repair,
        told_twice=happens(habits.duplicates),
        start_told_late=late and late_start and not broken,
        progress=progress,
        progress_told_late=late and not late_start,
        stale_fence_first=happens(habits.stale_fences),
        readings=tuple(_reading(checkpoint, chance, habits) for checkpoint in item.checkpoints),
    )


def _reading(checkpoint: WorkOrderCheckpoint, chance: random.Random, habits: Habits) -> Reading:
    def happens(per_thousand: int) -> bool:
        return chance.randrange(1000) < per_thousand

    value = _inside(checkpoint, chance)
    typed = _inside(checkpoint, chance)
    if happens(habits.out_of_tolerance):
        above = chance.randrange(2) == 0
        beyond = 1 + chance.randrange(max(1, (checkpoint.upper - checkpoint.lower) // 3))
        below = checkpoint.lower - beyond
        cannot_be = checkpoint.physical_minimum is not None and below < checkpoint.physical_minimum
        value = checkpoint.upper + beyond if above or cannot_be else below
    unit, scale = _FINER.get(checkpoint.unit, (checkpoint.unit, Decimal(1)))
    wrong_unit, retyped, early = happens(habits.wrong_units), happens(habits.retyped), happens(habits.early_values)
    return Reading(
        checkpoint=checkpoint,
        value=Decimal(value) / scale,
        unit=unit,
        wrong_unit=_WRONG_UNIT.get(checkpoint.unit) if wrong_unit else None,
        typed_first=Decimal(typed) / scale if retyped and early else None,
        early=early,
    )


def _inside(checkpoint: WorkOrderCheckpoint, chance: random.Random) -> int:
    spread = (checkpoint.upper - checkpoint.lower) / 8
    return min(checkpoint.upper, max(checkpoint.lower, round(chance.gauss(checkpoint.nominal, spread))))
