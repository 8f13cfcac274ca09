"""A date of delivery counts working days from the carrier's pick-up, whatever the country."""

from datetime import date, datetime

import pytest

from scheduler.engine.calendar import local_day
from scheduler.engine.delivery import picked_up_at, promised_at
from scheduler.engine.operations import instant
from scheduler.engine.plant import Plant, parse_plant
from tests.workshop import DRAWN, moment

PLANT = parse_plant(DRAWN.format(holiday="2026-12-25", absent="2020-01-02", service="2020-01-03", setup_b=0, off=""))
FROM_S = moment("2026-11-23T05:00")


def s(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def shipping(**values: object) -> Plant:
    return PLANT.model_copy(
        update={"shipping": PLANT.shipping.model_validate({**PLANT.shipping.model_dump(), "pick_up": "16:00", **values})}
    )


@pytest.mark.parametrize(
    ("country", "finished", "delivered"),
    [
        ("NL", "2026-11-26T15:00:00Z", "2026-11-27"),
        ("NL", "2026-11-27T15:00:00Z", "2026-11-30"),
        ("DE", "2026-11-26T15:00:00Z", "2026-12-01"),
        ("SG", "2026-11-26T15:00:01Z", "2026-12-02"),
        ("NL", "2026-12-24T15:00:00Z", "2026-12-28"),
        ("DE", "2026-12-24T16:00:00Z", "2026-12-31"),
    ],
)
def test_weekends_and_holidays_are_no_days_of_transit(country: str, finished: str, delivered: str) -> None:
    assert local_day(PLANT, promised_at(PLANT, s(finished), country)).isoformat() == delivered


def test_a_countrys_own_holiday_is_no_day_of_delivery_there_alone() -> None:
    plant = shipping(holidays={"DE": ["2026-12-01"]})
    assert local_day(plant, promised_at(plant, s("2026-11-26T15:00:00Z"), "DE")) == date(2026, 12, 2)
    assert local_day(plant, promised_at(plant, s("2026-11-26T15:00:00Z"), "SG")) == date(2026, 12, 1)


def test_countries_that_no_zone_names_are_served_where_the_file_says_how_long_it_takes() -> None:
    assert not PLANT.shipping.serves("US")
    everywhere = shipping(elsewhere_days=5)
    assert everywhere.shipping.serves("US")
    assert local_day(everywhere, promised_at(everywhere, s("2026-11-26T15:00:00Z"), "US")) == date(2026, 12, 3)


def test_an_order_to_a_country_that_is_served_no_more_counts_the_longest_way() -> None:
    assert promised_at(PLANT, FROM_S, "US") == promised_at(PLANT, FROM_S, "DE")


@pytest.mark.parametrize(
    ("finished", "picked_up"),
    [
        ("2026-11-24T08:00:00Z", "2026-11-24T15:00:00Z"),
        ("2026-11-24T15:00:00Z", "2026-11-24T15:00:00Z"),
        ("2026-11-24T15:00:01Z", "2026-11-25T15:00:00Z"),
        ("2026-11-27T16:00:00Z", "2026-11-30T15:00:00Z"),
        ("2026-12-24T16:00:00Z", "2026-12-28T15:00:00Z"),
        ("2027-03-26T16:00:00Z", "2027-03-29T14:00:00Z"),
    ],
)
def test_the_carrier_comes_on_open_weekdays_in_plant_time_also_across_daylight_saving(finished: str, picked_up: str) -> None:
    assert instant(picked_up_at(PLANT, s(finished))) == datetime.fromisoformat(picked_up)
