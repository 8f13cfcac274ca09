"""The simulated gauges never show what cannot be, and the document of a checkpoint that any value can have stays as it was."""

import random

import pytest

from contracts.work_order import WorkOrderCheckpoint
from mes_bridge.simulator.habits import Habits, _reading

RUNOUT = WorkOrderCheckpoint(
    checkpoint="runout", characteristic="lateral_runout", nominal=0, lower=0, upper=500, physical_minimum=0, unit="um", gauge="dial"
)
SIGNED = RUNOUT.model_copy(update={"lower": -500, "physical_minimum": None})
ALWAYS_OUT = Habits(out_of_tolerance=1000)


@pytest.mark.parametrize("habits", [Habits(), ALWAYS_OUT])
def test_no_reading_lies_below_the_physical_minimum(habits: Habits) -> None:
    readings = [_reading(RUNOUT, random.Random(seed), habits) for seed in range(300)]
    assert all(each.value >= 0 for each in readings)
    assert all(each.typed_first is None or each.typed_first >= 0 for each in readings)


def test_what_is_out_of_tolerance_is_out_on_the_side_that_can_be() -> None:
    assert all(_reading(RUNOUT, random.Random(seed), ALWAYS_OUT).value * 1000 > 500 for seed in range(100))


def test_a_characteristic_with_two_sides_fails_on_both() -> None:
    values = [_reading(SIGNED, random.Random(seed), ALWAYS_OUT).value * 1000 for seed in range(100)]
    assert min(values) < -500
    assert max(values) > 500


def test_the_minimum_is_told_only_where_there_is_one() -> None:
    assert RUNOUT.model_dump(mode="json")["physical_minimum"] == 0
    assert "physical_minimum" not in SIGNED.model_dump(mode="json")
