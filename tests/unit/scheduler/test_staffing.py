"""A machine without anybody qualified is no capacity."""

from scheduler.engine.calendar import Breakdown, Calendar
from scheduler.engine.plant import parse_plant
from scheduler.engine.staffing import Staffed, staffed
from tests.scheduling import PLANT
from tests.workshop import moment

HOUR_S = 3600
FROM_S, TO_S = moment("2026-11-24T00:00"), moment("2026-11-25T00:00")
OPEN_S, CLOSED_S = moment("2026-11-24T07:00"), moment("2026-11-24T17:00")


def capacity(text: str, group: str, *breakdowns: Breakdown) -> list[Staffed]:
    return staffed(Calendar(parse_plant(text), FROM_S, TO_S, (), breakdowns), group)


def test_people_bound_a_group_of_more_machines() -> None:
    assert capacity(PLANT, "CUT") == [Staffed(OPEN_S, CLOSED_S, 2)]
    alone = PLANT.replace("  P2: {shift: day, groups: [CUT]}", "  P2: {shift: day, groups: [CUT], off: [tue]}")
    assert capacity(alone, "CUT") == [Staffed(OPEN_S, CLOSED_S, 1)]


def test_machines_bound_a_group_of_more_people() -> None:
    assert capacity(PLANT, "WELD") == [Staffed(OPEN_S, CLOSED_S, 1)]
    noon = OPEN_S + 5 * HOUR_S
    down = Breakdown("WELD-1", OPEN_S, noon)
    assert capacity(PLANT, "WELD", down) == [Staffed(noon, CLOSED_S, 1)]


def test_what_needs_nobody_has_its_machine_hours() -> None:
    assert sum(entry.seconds(FROM_S, TO_S) for entry in capacity(PLANT, "OVEN")) == 24 * HOUR_S


def test_seconds_are_those_of_all_machines_within_two_moments() -> None:
    assert Staffed(100, 200, 3).seconds(150, 400) == 150
    assert Staffed(100, 200, 3).seconds(200, 400) == 0
