"""Do charts and indices agree with what theory and independent arithmetic say?"""

import math
import os
import random
import statistics
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from mes_bridge.engine.spc.capability import D2, capability
from mes_bridge.engine.spc.normalising import FURTHEST, LARGE, place, q_statistics, student_tail
from mes_bridge.engine.spc.rules import EWMA_LIMIT, ONE_SIDED, RULES, SMOOTHING, alarms, ewma

MANY = 100_000 if os.environ.get("LOTONE_TEST_PROFILE") == "long" else 6_000
SEED = 7


@pytest.mark.parametrize(
    ("t", "freedom", "tail"),
    # Tables of Student's distribution: P(T > t).
    [(6.314, 1, 0.05), (2.920, 2, 0.05), (2.353, 3, 0.05), (1.812, 10, 0.05), (2.764, 10, 0.01), (1.697, 30, 0.05), (2.457, 30, 0.01)],
)
def test_student_s_tail_is_that_of_the_tables(t: float, freedom: int, tail: float) -> None:
    assert student_tail(t, freedom) == pytest.approx(tail, rel=2e-3)
    assert student_tail(0, freedom) == pytest.approx(0.5)


@pytest.mark.parametrize("t", [0.1, 1.0, 2.5, 4.0])
def test_the_approximation_takes_over_without_a_step(t: float) -> None:
    assert student_tail(t, LARGE) == pytest.approx(student_tail(t, LARGE - 1), rel=5e-3)


def _pieces(count: int, shift: float = 0.0, since: int = 0) -> list[float]:
    """Places of values about nominals and tolerances drawn for each piece; from ``since`` the mean is off by ``shift`` deviations."""
    chance = random.Random(SEED)
    places = []
    for number in range(count):
        half = chance.randrange(2_000, 9_000)
        nominal = chance.randrange(50_000, 2_000_000)
        error = chance.gauss(shift if number >= since else 0, 1) * half / 4
        places.append(place(nominal + round(error), nominal - half, nominal + half))
    return places


def _known(places: list[float]) -> list[float]:
    return [value for value in q_statistics(places) if value is not None]


def test_q_statistics_are_standard_normal_whatever_the_nominals() -> None:
    values = _known(_pieces(MANY))
    assert len(values) == MANY - 2
    assert abs(statistics.fmean(values)) < 3 / math.sqrt(MANY)
    assert abs(statistics.stdev(values) - 1) < 3 / math.sqrt(2 * MANY)
    follows = sum(one * other for one, other in pairwise(values)) / MANY
    assert abs(follows) < 3 / math.sqrt(MANY), "one says nothing of the next"


# The rules once more, as sums over windows of a matrix of sequences: nothing in common with the product's way.
_INDEPENDENT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "western_electric_1": lambda w: np.abs(w[:, -1]) > 3,
    "western_electric_2": lambda w: _some(w[:, -3:], 2, 2),
    "western_electric_3": lambda w: _some(w[:, -5:], 1, 4),
    "western_electric_4": lambda w: np.abs(np.sign(w[:, -8:]).sum(axis=1)) == 8,
    "nelson_2": lambda w: np.abs(np.sign(w[:, -9:]).sum(axis=1)) == 9,
    "nelson_3": lambda w: np.abs(np.sign(np.diff(w[:, -6:], axis=1)).sum(axis=1)) == 5,
    "nelson_4": lambda w: (np.diff(np.sign(np.diff(w[:, -14:], axis=1)), axis=1) != 0).all(axis=1),
    "nelson_7": lambda w: (np.abs(w[:, -15:]) < 1).all(axis=1),
    "nelson_8": lambda w: (np.abs(w[:, -8:]) > 1).all(axis=1),
}


def _some(window: np.ndarray, limit: float, enough: int) -> np.ndarray:
    above, below = (window > limit), (window < -limit)
    return (above[:, -1] & (above.sum(axis=1) >= enough)) | (below[:, -1] & (below.sum(axis=1) >= enough))


def test_false_alarms_of_each_rule_are_as_often_as_an_independent_monte_carlo_says() -> None:
    found = alarms(_known(_pieces(MANY)))
    drawn = np.random.default_rng(SEED).standard_normal((400_000, 15))
    for rule in RULES:
        expected = float(_INDEPENDENT[rule](drawn).mean())
        told = sum(rule in each for each in found)
        # Alarms come in runs: windows that overlap share their points.
        overlap = {"western_electric_1": 1, "western_electric_2": 2, "western_electric_3": 3}.get(rule, 4)
        error = math.sqrt(expected * (1 - expected) * overlap / MANY + expected / 400_000)
        assert abs(told / MANY - expected) <= 3 * error + 1 / MANY, (rule, told / MANY, expected, MANY, SEED)


def test_the_rules_agree_with_the_independent_ones_point_by_point() -> None:
    values = np.random.default_rng(SEED).standard_normal(3_000)
    found = alarms(values.tolist())
    windows = np.lib.stride_tricks.sliding_window_view(values, 15)
    for rule, independent in _INDEPENDENT.items():
        assert [rule in each for each in found[14:]] == independent(windows).tolist(), rule


def test_a_shift_of_one_and_a_half_deviations_is_found_within_the_run_length_of_theory() -> None:
    """EWMA with these settings needs 5.2 points on average (Lucas and Saccucci 1990, table 3: 1.5 deviations, zero state)."""
    lengths = []
    chance = random.Random(SEED)
    for _ in range(400):
        values = [chance.gauss(0 if number < 50 else 1.5, 1) for number in range(150)]
        late = next(number for number, (smoothed, limit) in enumerate(ewma(values)) if number >= 50 and abs(smoothed) > limit)
        lengths.append(late - 49)
    error = statistics.stdev(lengths) / math.sqrt(len(lengths))
    assert statistics.fmean(lengths) <= 5.5 + 3 * error


def test_the_limit_of_the_ewma_is_that_of_its_variance() -> None:
    drawn = np.random.default_rng(SEED).standard_normal((100_000, 10))
    weights = SMOOTHING * (1 - SMOOTHING) ** np.arange(9, -1, -1)
    deviation = float((drawn @ weights).std())
    assert ewma([0.0] * 10)[-1][1] == pytest.approx(EWMA_LIMIT * deviation, rel=0.02)


def test_far_out_is_shown_at_the_edge_and_equal_values_say_nothing() -> None:
    assert list(q_statistics([0.5, 0.5, 0.5, 0.5])) == [None] * 4
    assert list(q_statistics([*_pieces(40), 1e9]))[-1] == FURTHEST


@pytest.mark.parametrize("one_sided", [False, True])
def test_indices_agree_with_an_independent_recomputation(one_sided: bool) -> None:
    places = _pieces(200)
    values = np.array(places)
    within = np.abs(np.diff(values)).mean() / D2
    room = 1 - values.mean() if one_sided else min(values.mean(), 1 - values.mean())
    told = capability(places, one_sided=one_sided)
    assert told.cpk == pytest.approx(room / (3 * within))
    assert told.ppk == pytest.approx(room / (3 * values.std(ddof=1)))
    assert told.low is not None
    assert told.high is not None
    assert told.cpk is not None
    assert told.high - told.cpk == pytest.approx(1.959964 * math.sqrt(1 / 1800 + told.cpk**2 / 398))
    # A deviation of an eighth of the tolerance about its middle: Cpk = 4/3.
    assert told.low < (4 / 3) < told.high or one_sided


def test_the_interval_holds_the_true_index_as_often_as_it_says() -> None:
    chance, held = random.Random(SEED), 0
    for _ in range(1_000):
        told = capability([0.5 + chance.gauss(0, 1 / 8) for _ in range(60)], one_sided=True)
        assert told.low is not None
        assert told.high is not None
        held += told.low <= 4 / 3 <= told.high
    assert 0.88 <= held / 1_000 <= 0.99


def test_what_crowds_at_its_lower_limit_is_no_alarm_and_what_grows_is_one() -> None:
    chance = random.Random(SEED)
    sound = [max(0.0, chance.gauss(-0.2, 0.3)) for _ in range(200)]
    quiet = alarms(_known(sound), ONE_SIDED)
    loud = alarms(_known(sound))
    assert sum(map(bool, quiet)) < sum(map(bool, loud)) / 3
    grown = alarms(_known([*sound, *(2.0 + each for each in sound[:5])]), ONE_SIDED)
    assert "western_electric_1" in grown[-5]
