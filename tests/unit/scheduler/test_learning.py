"""Times learned from reports: medians, drawn to what is known, from coarse to fine."""

from math import exp, log
from random import Random
from statistics import NormalDist

import pytest

from scheduler.engine.learning import CREDIBLE, ENOUGH, FIGURE, LearnedTime, Observed, Work, known, learn
from scheduler.engine.spread import beyond_s, duration_of
from scheduler.engine.working_time import worked_s

WELD = Work("run", "weld", "WELD-1", "steel")
H = 3600


def reports(factor: float, count: int, work: Work = WELD, spread: float = 0.1) -> list[Observed]:
    """Durations whose median is ``factor`` times figures of many sizes, evenly over their quantiles."""
    steps = [NormalDist(log(factor), spread).inv_cdf((number + 0.5) / count) for number in range(count)]
    figures = [600 + 60 * (number * 7 % 11) for number in range(count)]
    return [
        Observed(work, figure, round(figure * exp(step)), 1000 + number)
        for number, (figure, step) in enumerate(zip(figures, steps, strict=True))
    ]


def test_too_few_reports_teach_nothing() -> None:
    assert learn(reports(1.5, ENOUGH - 1)) == {}
    assert known({}, WELD) == FIGURE
    assert FIGURE.quantile(95) == 1.0


def test_many_reports_give_their_own_median_and_spread() -> None:
    found = learn(reports(1.3, 2000))[WELD]
    assert found.factor == pytest.approx(1.3, rel=0.01)
    assert found.spread == pytest.approx(0.1, rel=0.05)
    assert found.quantile(95) == pytest.approx(1.3 * exp(0.1 * NormalDist().inv_cdf(0.95)), rel=0.01)
    assert (found.sample, found.aside, found.since_s) == (2000, 0, 1000)


def test_few_reports_are_drawn_to_what_is_known() -> None:
    found = learn(reports(2.0, CREDIBLE))
    assert found[Work("run", "weld")].factor == pytest.approx(2**0.5, rel=0.01), "half way from the plant's figure"
    assert found[Work("run", "weld", "WELD-1")].factor == pytest.approx(2**0.75, rel=0.01), "half way from that"


def test_a_machine_with_reports_of_its_own_differs_and_the_others_have_the_operations_time() -> None:
    slow, quick = Work("run", "weld", "WELD-1", "steel"), Work("run", "weld", "WELD-2", "steel")
    found = learn([*reports(1.5, 300, slow), *reports(1.0, 300, quick)])
    assert known(found, slow).factor > 1.45
    assert known(found, quick).factor < 1.05
    assert 1.05 < known(found, Work("run", "weld", "WELD-9", "steel")).factor < 1.45
    assert known(found, Work("run", "glue", "WELD-1", "steel")) == FIGURE
    assert known(found, Work("setup", "weld", "WELD-1", "steel")) == FIGURE


def test_forgotten_stops_are_put_aside() -> None:
    forgotten = [Observed(WELD, 600, 600 * 40, 5) for _ in range(3)]
    clean, dirty = learn(reports(1.2, 60))[WELD], learn([*reports(1.2, 60), *forgotten])[WELD]
    assert (dirty.factor, dirty.spread, dirty.sample) == (clean.factor, clean.spread, clean.sample)
    assert dirty.aside == 3


def test_closed_hours_and_pauses_are_no_working_time() -> None:
    days = [(6 * H, 14 * H), (30 * H, 38 * H)]
    assert worked_s(7 * H, 9 * H, days) == 2 * H
    assert worked_s(13 * H, 31 * H, days) == 2 * H, "through the night"
    assert worked_s(13 * H, 15 * H, days) == 2 * H, "an hour of overtime"
    assert worked_s(7 * H, 12 * H, days, [(8 * H, 9 * H), (8 * H + 1800, 10 * H)]) == 3 * H
    assert worked_s(13 * H, 31 * H, days, [(13 * H + 1800, 30 * H + 1800)]) == H, "a pause over night is taken off once"
    assert worked_s(7 * H, 8 * H, days, [(6 * H, 20 * H)]) == 0


def test_the_margin_of_a_routing_grows_slower_than_its_length() -> None:
    time = LearnedTime(factor=1.0, spread=0.4, sample=100)
    one = beyond_s([duration_of(H, time)], H, 95)
    nine = beyond_s([duration_of(H, time)] * 9, 9 * H, 95)
    assert one == pytest.approx(H * (time.quantile(95) - 1), rel=0.001), "one operation: its own quantile"
    assert one < nine < 5 * one
    assert beyond_s([duration_of(H, FIGURE)] * 9, 9 * H, 95) == 0
    assert beyond_s([], 0, 95) == 0


def test_the_margin_of_a_routing_is_the_quantile_of_drawn_sums() -> None:
    random = Random(1)
    time = LearnedTime(factor=1.0, spread=0.5, sample=100)
    parts = [600, 1200, 1800, 2400]
    sums = sorted(sum(part * exp(random.gauss(0, 0.5)) for part in parts) for _ in range(20_000))
    for percent in (80, 90, 95, 99):
        margin_s = beyond_s([duration_of(part, time) for part in parts], sum(parts), percent)
        assert sum(parts) + margin_s == pytest.approx(sums[int(20_000 * percent / 100)], rel=0.02)
