"""Verdicts at the limits, values that count, what a failure restarts."""

from datetime import timedelta
from decimal import Decimal

import pytest

from contracts.problems import InvalidInput, UnitMismatch
from contracts.quality import Verdict
from mes_bridge.engine.disposition import downstream, for_scrap, for_value, upstream
from mes_bridge.engine.judgement import TakenValue, current_values, judge, open_checkpoints
from tests.unit.mes_bridge.shop import SPECIFICATION, START

RUNOUT = SPECIFICATION.quality[1]
IN, OUT = Verdict.IN_TOLERANCE, Verdict.OUT_OF_TOLERANCE


@pytest.mark.parametrize(
    ("value", "unit", "recorded", "verdict"),
    [
        ("10100", "um", 10_100, IN),
        ("9.9", "mm", 9_900, IN),
        ("10100.4", "um", 10_101, OUT),
        ("9899.6", "um", 9_899, OUT),
        ("10.0004", "mm", 10_000, IN),
        ("1.01", "cm", 10_100, IN),
    ],
)
def test_limits_belong_to_the_tolerance_and_no_rounding_saves_a_value(value: str, unit: str, recorded: int, verdict: Verdict) -> None:
    judged = judge(RUNOUT, Decimal(value), unit)
    assert (judged.value, judged.verdict) == (recorded, verdict)


def test_another_kind_of_unit_is_no_value() -> None:
    with pytest.raises(UnitMismatch):
        judge(RUNOUT, Decimal(1), "Nm")


def test_a_value_that_cannot_be_is_none() -> None:
    one_sided = RUNOUT.model_copy(update={"nominal": 0, "lower": 0, "upper": 500, "physical_minimum": 0})
    with pytest.raises(InvalidInput) as refused:
        judge(one_sided, Decimal("-0.137"), "mm")
    assert (refused.value.errors[0].pointer, refused.value.errors[0].message) == ("/value", "terminal.cannot_be")
    assert judge(one_sided, Decimal(0), "mm").verdict is IN
    assert judge(one_sided.model_copy(update={"physical_minimum": None, "lower": -500}), Decimal("-0.137"), "mm").verdict is IN


def value(name: str, minutes: int, verdict: Verdict = IN, corrects: str | None = None) -> TakenValue:
    return TakenValue(name, "runout", verdict, START + timedelta(minutes=minutes), corrects)


def test_the_latest_uncorrected_value_counts() -> None:
    assert current_values([value("a", 2), value("b", 1)])["runout"].measurement == "a"
    assert current_values([value("a", 2), value("b", 1, corrects="a")])["runout"].measurement == "b"
    assert current_values([value("b", 1, corrects="a")])["runout"].measurement == "b", "the corrected one may come later"


def test_a_checkpoint_is_open_until_it_has_a_passing_value() -> None:
    gates = [RUNOUT]
    assert open_checkpoints(gates, {}) == ("runout",)
    assert open_checkpoints(gates, current_values([value("a", 1, OUT)])) == ("runout",)
    assert open_checkpoints(gates, current_values([value("a", 1)])) == ()


def test_what_comes_before_and_after_an_operation() -> None:
    assert upstream(SPECIFICATION.routing, 50) == {10, 20, 30, 40}
    assert downstream(SPECIFICATION.routing, 20) == {30, 50, 60}
    assert upstream(SPECIFICATION.routing, 40) == frozenset()


def test_a_failure_restarts_what_the_quality_plan_says_and_what_was_begun_on_it() -> None:
    assert for_value(RUNOUT, []).restart == (40,)
    assert for_value(RUNOUT, [50]).restart == (40, 50)


def test_scrap_restarts_the_planned_branch_or_all_that_is_in_the_piece() -> None:
    assert for_scrap(SPECIFICATION.routing, SPECIFICATION.quality, 30, []).restart == (10, 20, 30)
    assert for_scrap(SPECIFICATION.routing, SPECIFICATION.quality, 50, []).restart == (10, 20, 30, 40, 50)
    assert for_scrap(SPECIFICATION.routing, SPECIFICATION.quality, 40, [50]).restart == (40, 50)
