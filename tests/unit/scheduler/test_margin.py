"""The margin of a promise is learned from whether promises held, and says how often they will."""

from collections import deque
from random import Random

import pytest

from scheduler.engine.margin import LEARNED_FROM, margin_s

HOUR_S = 3600


def test_before_any_order_is_finished_the_plant_files_margin_counts() -> None:
    assert margin_s(0, 0, 90, HOUR_S) == HOUR_S


def test_broken_promises_lengthen_the_margin_and_kept_ones_shorten_it_to_nothing_at_the_least() -> None:
    assert margin_s(1, 0, 90, 8 * HOUR_S) == 8 * HOUR_S + HOUR_S * 9 // 10
    assert margin_s(10, 90, 90, 8 * HOUR_S) == 8 * HOUR_S
    assert margin_s(0, 200, 90, 8 * HOUR_S) == 0


@pytest.mark.parametrize("first_h", [0, 6, 20])
@pytest.mark.parametrize("spent", [0.0, 0.5, 0.9])
def test_the_wanted_share_holds_from_any_start_whatever_share_of_their_slack_plans_spend(first_h: int, spent: float) -> None:
    random, outcomes = Random(1), deque[bool](maxlen=LEARNED_FROM)
    kept, margins = [], []
    for number in range(4000):
        margin = margin_s(outcomes.count(False), outcomes.count(True), 90, first_h * HOUR_S)
        disturbed = random.expovariate(1 / (2.5 * HOUR_S))
        finish = disturbed + spent * max(0.0, margin - disturbed)
        outcomes.append(finish <= margin)
        if number > 1000:
            kept.append(finish <= margin)
            margins.append(margin)
    assert 0.86 <= sum(kept) / len(kept) <= 0.97
    assert max(margins) < 25 * HOUR_S
