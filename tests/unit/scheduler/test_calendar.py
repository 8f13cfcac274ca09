"""Working windows, over the days on which the clocks change too."""

from datetime import date
from itertools import pairwise
from random import Random

from scheduler.engine.calendar import Breakdown, Calendar, OvertimeDay, local_s, merged, without
from scheduler.engine.plant import Plant, ShiftChange, parse_plant
from tests.workshop import DRAWN, drawn_plant, moment

HOUR_S = 3600


def quiet(holiday: str = "2020-01-01") -> Plant:
    """The drawn plant with its exceptions in the past, except the holiday."""
    return parse_plant(DRAWN.format(holiday=holiday, absent="2020-01-02", service="2020-01-03", setup_b=0, off=""))


def windows(plant: Plant, name: str, first: str, last: str, overtime: tuple[OvertimeDay, ...] = ()) -> list[tuple[int, int]]:
    calendar = Calendar(plant, moment(first), moment(last), overtime)
    return calendar.machine(name) if name in plant.machines else calendar.person(name)


def test_neighbouring_shifts_make_one_window() -> None:
    assert windows(quiet(), "A-1", "2026-11-25T00:00", "2026-11-26T00:00") == [(moment("2026-11-25T05:00"), moment("2026-11-25T21:00"))]


def test_a_night_shift_is_an_hour_shorter_when_the_clocks_go_forward_and_longer_when_they_go_back() -> None:
    spring = windows(quiet(), "P3", "2027-03-27T12:00", "2027-03-28T12:00")
    autumn = windows(quiet(), "P3", "2027-10-30T12:00", "2027-10-31T12:00")
    ordinary = windows(quiet(), "P3", "2026-11-28T12:00", "2026-11-29T12:00")
    assert [end - start for start, end in spring + autumn + ordinary] == [6 * HOUR_S, 8 * HOUR_S, 7 * HOUR_S]


def test_the_shift_begins_at_the_same_local_time_in_summer_and_winter() -> None:
    assert windows(quiet(), "P1", "2027-03-26T00:00", "2027-03-27T00:00")[0][0] == moment("2027-03-26T05:00")
    assert windows(quiet(), "P1", "2027-03-29T00:00", "2027-03-30T00:00")[0][0] == moment("2027-03-29T04:00")


def test_a_holiday_closes_shifts_but_not_what_runs_around_the_clock() -> None:
    plant = quiet(holiday="2026-11-25")
    day = ("2026-11-24T23:00", "2026-11-25T23:00")
    assert windows(plant, "B-1", *day) == []
    assert windows(plant, "O-1", *day) == [(moment(day[0]), moment(day[1]))]


def test_absence_and_maintenance_and_breakdown_close() -> None:
    plant = parse_plant(DRAWN.format(holiday="2020-01-01", absent="2026-11-26", service="2026-11-25", setup_b=0, off=", off: [thu]"))
    thursday = ("2026-11-26T00:00", "2026-11-26T23:00")
    assert windows(plant, "P4", *thursday) == []
    assert windows(plant, "P2", *thursday) == []
    assert windows(plant, "B-1", "2026-11-25T00:00", "2026-11-25T23:00")[0][1] == moment("2026-11-25T20:00")
    down = Breakdown("A-1", moment("2026-11-26T08:00"), moment("2026-11-26T09:00"))
    calendar = Calendar(plant, moment(thursday[0]), moment(thursday[1]), breakdowns=[down])
    assert calendar.machine("A-1") == [(moment("2026-11-26T05:00"), down.from_s), (down.to_s, moment("2026-11-26T21:00"))]


def test_overtime_opens_the_group_decided_for_and_calls_its_people() -> None:
    saturday = ("2026-11-28T00:00", "2026-11-28T12:00")
    decided = (OvertimeDay("B", date(2026, 11, 28)),)
    hours = [(moment("2026-11-28T07:00"), moment("2026-11-28T11:00"))]
    assert windows(quiet(), "B-1", *saturday, decided) == hours
    assert windows(quiet(), "P1", *saturday, decided) == hours
    assert windows(quiet(), "P1", *saturday) == []
    assert windows(quiet(), "O-2", *saturday, decided) == []


def test_a_local_time_that_the_clock_skips_counts_as_before_the_change() -> None:
    assert local_s(quiet(), date(2027, 3, 28), 150) == moment("2027-03-28T01:30")


def test_stretches_are_joined_and_cut() -> None:
    assert merged([(5, 7), (1, 3), (3, 4), (6, 9), (9, 9)]) == [(1, 4), (5, 9)]
    assert without([(0, 10), (20, 30)], [(5, 25), (28, 29)]) == [(0, 5), (25, 28), (29, 30)]


def test_windows_are_sorted_and_disjoint_whatever_the_plant() -> None:
    for seed in range(20):
        plant = drawn_plant(Random(seed), "2027-03-26")
        for name in plant.machines:
            found = windows(plant, name, "2027-03-20T00:00", "2027-04-05T00:00")
            assert all(start < end for start, end in found)
            assert all(before[1] < after[0] for before, after in pairwise(found))


def changed(**values: object) -> Plant:
    """The quiet plant, the early shift of machine A-1 and person P1 with other hours in one week of November."""
    whole = {"shift": "early", "days": ("wed", "sat"), "start": 240, "end": 600, "first": date(2026, 11, 24), "last": date(2026, 11, 28)}
    return quiet().model_copy(update={"shift_changes": (ShiftChange.model_validate({**whole, **values}),)})


def test_other_hours_replace_a_shift_on_their_days_and_add_it_where_it_is_not_worked() -> None:
    plant = changed()
    assert windows(plant, "P1", "2026-11-25T00:00", "2026-11-26T00:00") == [(moment("2026-11-25T03:00"), moment("2026-11-25T09:00"))]
    assert windows(plant, "P1", "2026-11-26T00:00", "2026-11-27T00:00") == windows(quiet(), "P1", "2026-11-26T00:00", "2026-11-27T00:00")
    saturday = ("2026-11-28T00:00", "2026-11-28T12:00")
    assert windows(quiet(), "P1", *saturday) == []
    assert windows(plant, "P1", *saturday) == [(moment("2026-11-28T03:00"), moment("2026-11-28T09:00"))]
    assert windows(plant, "A-1", *saturday) == windows(plant, "P1", *saturday)
    assert windows(plant, "P1", "2026-12-02T00:00", "2026-12-03T00:00") == windows(quiet(), "P1", "2026-12-02T00:00", "2026-12-03T00:00")


def test_the_later_of_two_changes_counts() -> None:
    first = changed().shift_changes[0]
    plant = quiet().model_copy(update={"shift_changes": (first, first.model_copy(update={"end": 720}))})
    assert windows(plant, "P1", "2026-11-28T00:00", "2026-11-28T12:00") == [(moment("2026-11-28T03:00"), moment("2026-11-28T11:00"))]
