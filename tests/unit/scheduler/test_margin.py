"""The margin of a promise is learned from whole routings, and says how often it holds."""

from random import Random

from scheduler.engine.margin import ENOUGH, margin_s


def test_until_enough_orders_are_finished_the_plant_files_margin_counts() -> None:
    assert margin_s([9000] * (ENOUGH - 1), 90, 3600) == 3600
    assert margin_s([9000] * ENOUGH, 90, 3600) == 9000


def test_orders_that_finish_early_make_no_negative_margin() -> None:
    assert margin_s([-600] * ENOUGH, 90, 3600) == 0


def test_the_wanted_share_of_later_orders_stays_within_the_margin() -> None:
    random = Random(1)
    overruns = [round(random.expovariate(1 / 7200)) - 3600 for _ in range(20_000)]
    for level in (80, 90, 95):
        kept = [order <= margin_s(overruns[number - 200 : number], level, 0) for number, order in enumerate(overruns) if number >= 200]
        assert level / 100 <= sum(kept) / len(kept) <= level / 100 + 0.02


def test_more_certainty_asks_for_more_margin() -> None:
    overruns = list(range(200))
    assert [margin_s(overruns, level, 0) for level in (50, 90, 99)] == [100, 180, 198]
