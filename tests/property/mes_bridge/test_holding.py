"""Whether the last value holds the machine is found from the last points alone: the same as the whole chart would say."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mes_bridge.engine.holding import REACH, holding
from mes_bridge.engine.spc.normalising import latest_q_statistics, q_statistics
from mes_bridge.engine.spc.rules import EWMA_RULE, ONE_SIDED, RULES, alarms, drifts, ewma

ALL = (*RULES, EWMA_RULE)
EVEN = 1e-9
"""Closer than that to the limit of the smoothed value arithmetic may say either."""


def by_the_whole_chart(places: list[float], one_sided: bool) -> tuple[tuple[str, ...], bool]:
    """What every point of the chart leads to, and whether the smoothed value is clear of its limit."""
    known = [q for q in q_statistics(places) if q is not None]
    if not known:
        return (), True
    smoothed, limit = ewma(known)[-1]
    met = set(alarms(known, ONE_SIDED if one_sided else RULES)[-1])
    return tuple(sorted(met | ({EWMA_RULE} if drifts(smoothed, limit, one_sided) else set()))), abs(abs(smoothed) - limit) > EVEN


def chart(seed: int, count: int, shift: float, since: int, steps: int) -> list[float]:
    """Places about the middle, drifting by ``shift`` deviations from ``since`` on; in whole ``steps`` many are equal."""
    chance = random.Random(seed)
    drawn = (0.5 + 0.1 * chance.gauss(shift if number >= since else 0, 1) for number in range(count))
    return [round(each * steps) / steps for each in drawn]


charts = st.builds(
    chart,
    seed=st.integers(0, 10**6),
    count=st.one_of(st.integers(0, 30), st.integers(REACH - 5, 3 * REACH)),
    shift=st.floats(-4, 4),
    since=st.integers(0, 3 * REACH),
    steps=st.sampled_from([3, 20, 10**9]),
)
few = st.lists(st.floats(-1, 2, allow_nan=False), max_size=25)


@given(st.one_of(charts, few), st.booleans())
def test_the_last_points_say_what_the_whole_chart_says(places: list[float], one_sided: bool) -> None:
    met, clear = by_the_whole_chart(places, one_sided)
    if clear:
        assert holding(places, ALL, one_sided) == met
    for rule in ALL:
        if clear or rule != EWMA_RULE:
            assert holding(places, [rule], one_sided) == tuple(name for name in met if name == rule)


@given(st.one_of(charts, few), st.integers(1, REACH))
def test_the_latest_q_statistics_are_the_last_of_all(places: list[float], most: int) -> None:
    known = [q for q in q_statistics(places) if q is not None]
    latest, count = latest_q_statistics(places, most)
    assert (latest, count) == (known[-most:], len(known))
