"""Learned times: the order of the reports does not matter, one absurd value moves nothing, nothing is learned from nothing."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduler.engine.calendar import merged
from scheduler.engine.learning import ENOUGH, FIGURE, Observed, Work, known, learn
from scheduler.engine.working_time import worked_s

WORKS = [Work("run", operation, f"{operation}-{machine}", material) for operation in "AB" for machine in "12" for material in ("x", "y")]
A1X = WORKS[0]
FIGURES = st.integers(60, 7200)


@st.composite
def durations(draw: st.DrawFn, work: Work | None = None) -> Observed:
    """Within a fifth of a figure."""
    figure_s = draw(FIGURES)
    took_s = max(1, figure_s * draw(st.integers(80, 120)) // 100)
    return Observed(work or draw(st.sampled_from(WORKS)), figure_s, took_s, draw(st.integers(0, 10**9)))


@given(st.lists(durations(), max_size=80), st.randoms(use_true_random=False))
def test_the_order_of_reports_does_not_matter(observed: list[Observed], random: Random) -> None:
    shuffled = list(observed)
    random.shuffle(shuffled)
    assert learn(shuffled) == learn(observed)


@given(st.lists(durations(A1X), min_size=ENOUGH, max_size=40), FIGURES, st.sampled_from([1 / 50, 50, 1000]))
def test_one_absurd_value_moves_nothing(observed: list[Observed], figure_s: int, times: float) -> None:
    absurd = Observed(A1X, figure_s, max(1, round(figure_s * times)), 0)
    without, with_it = learn(observed)[A1X], learn([*observed, absurd])[A1X]
    assert (with_it.factor, with_it.spread, with_it.sample) == (without.factor, without.spread, without.sample)
    assert with_it.aside == without.aside + 1


@given(st.lists(durations(), max_size=80))
def test_what_is_learned_lies_between_the_reports_and_the_plants_figure(observed: list[Observed]) -> None:
    for work, time in learn(observed).items():
        same = [each for each in observed if work in (each.work, each.work.coarser, each.work._replace(machine="", material=""))]
        ratios = [each.took_s / each.figure_s for each in same] + [known(learn(observed), work.coarser).factor]
        assert min(ratios) <= time.factor * (1 + 1e-9)
        assert time.factor <= max(ratios) * (1 + 1e-9)
        assert time.spread >= 0
        assert ENOUGH <= time.sample <= len(same)


@given(st.lists(durations(A1X), max_size=ENOUGH - 1))
def test_without_a_sample_the_plants_figure_stands(observed: list[Observed]) -> None:
    assert known(learn(observed), A1X) == FIGURE


STRETCHES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair))), max_size=6)


@given(STRETCHES, STRETCHES, st.integers(0, 60), st.integers(0, 60))
def test_working_time_counted_second_by_second(
    open_hours: list[tuple[int, int]], pauses: list[tuple[int, int]], began_s: int, length_s: int
) -> None:
    windows = merged(open_hours)
    ended_s = began_s + length_s
    waited: set[int] = set()
    for (_, closes), (opens, _) in pairwise(windows):
        if began_s <= closes and opens <= ended_s:
            waited |= set(range(closes, opens))
    for start, end in pauses:
        waited |= set(range(start, end))
    assert worked_s(began_s, ended_s, windows, pauses) == len(set(range(began_s, ended_s)) - waited)
