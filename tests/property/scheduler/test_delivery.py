"""Whatever the carrier's days and the holidays: a promise is a working day, no later finish is promised sooner, the due time is exact."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.engine.calendar import local_day
from scheduler.engine.delivery import due_s, picked_up_at, promised_at, promised_elsewhere
from scheduler.engine.operations import instant
from scheduler.engine.plant import Plant, Shipping, parse_plant
from tests.workshop import DRAWN, moment

PLANT = parse_plant(DRAWN.format(holiday="2026-12-25", absent="2020-01-02", service="2020-01-03", setup_b=0, off=""))
FROM_S = moment("2026-11-23T05:00")


def with_shipping(days: int, pick_up_days: list[str], closed: list[date]) -> Plant:
    shipping = Shipping.model_validate(
        {
            "pick_up": "16:00",
            "pick_up_days": pick_up_days,
            "home": "NL",
            "zones": [{"countries": ["NL"], "days": 1}, {"countries": ["DE"], "days": days}],
            "holidays": {"DE": closed},
        }
    )
    return PLANT.model_copy(update={"shipping": shipping})


CLOSED = st.lists(st.integers(0, 30).map(lambda day: date(2026, 11, 23) + timedelta(days=day)), max_size=6)
PLANTS = st.builds(
    with_shipping,
    st.integers(0, 7),
    st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, max_size=7),
    CLOSED,
)
FINISHES = st.integers(FROM_S, FROM_S + 30 * 86_400)


@given(PLANTS, FINISHES)
def test_a_promise_is_the_end_of_a_working_day_and_never_before_the_finish(plant: Plant, finish_s: int) -> None:
    promised = promised_at(plant, finish_s, "DE")
    day = local_day(plant, promised)
    assert day.weekday() < 5
    assert day not in plant.closed_days
    assert day not in plant.shipping.holidays["DE"]
    assert instant(promised + 1).astimezone(plant.zone).time().isoformat() == "00:00:00"
    assert promised >= picked_up_at(plant, finish_s) >= finish_s


@given(PLANTS, FINISHES, st.integers(0, 10 * 86_400))
def test_who_is_finished_later_is_never_promised_sooner(plant: Plant, finish_s: int, later_s: int) -> None:
    assert promised_at(plant, finish_s, "DE") <= promised_at(plant, finish_s + later_s, "DE")


@given(PLANTS, FINISHES)
def test_the_latest_finish_keeps_the_promise_and_no_later_one_does(plant: Plant, finish_s: int) -> None:
    promised = promised_at(plant, finish_s, "DE")
    due = due_s(plant, promised, "DE")
    assert finish_s <= due
    assert promised_at(plant, due, "DE") == promised
    assert promised_at(plant, due + 1, "DE") > promised


@given(PLANTS, FINISHES)
def test_a_date_asked_for_another_country_is_never_sooner_than_the_plan_allows(plant: Plant, finish_s: int) -> None:
    at_home = promised_at(plant, finish_s, "NL")
    abroad = promised_elsewhere(plant, at_home, "NL", "DE")
    assert abroad >= promised_at(plant, finish_s, "DE")
    assert promised_elsewhere(plant, at_home, "NL", "NL") == at_home
