"""A repair does no more than it must, and spends the slack of others before an order is late."""

from dataclasses import replace

from scheduler.benchmark import MONDAY_S, drawn_plant
from scheduler.engine.calendar import Breakdown
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import parse_plant
from scheduler.engine.replan import Way, repair, repaired
from scheduler.engine.validator import violations
from tests.scheduling import PLANT
from tests.workshop import moment, operation

HOUR_S = 3600
NOW_S = moment("2026-11-24T07:00")
SMALL = parse_plant(PLANT)
FRIDAY_S = moment("2026-11-27T15:00")


def welds(count: int, due_s: int) -> tuple[list[Operation], list[Placement]]:
    """Pieces on the one welding machine, an hour each, back to back."""
    operations, places = [], []
    for number in range(count):
        entry = replace(operation(f"p{number}", 10, "WELD", HOUR_S), due_s=due_s)
        start = NOW_S + 600 + number * HOUR_S
        operations.append(entry)
        places.append(Placement(entry.key, entry.order, "red", "WELD-1", "P3", start - (600 if number == 0 else 0), start, start + HOUR_S))
    return operations, places


def fresh(due_s: int) -> Operation:
    return replace(operation("again", 10, "WELD", HOUR_S), due_s=due_s)


def test_a_remake_takes_its_turn_before_orders_that_have_slack() -> None:
    operations, places = welds(9, FRIDAY_S)
    remake = fresh(NOW_S + 4 * HOUR_S)
    mended = repair(SMALL, [*operations, remake], places, NOW_S, HOUR_S)
    ends = {place.order: place.end_s for place in mended.placements}
    assert ends["again"] <= remake.due_s
    assert all(end <= FRIDAY_S for end in ends.values())
    assert not violations(SMALL, [*operations, remake], mended.placements)
    last = repaired(SMALL, [*operations, remake], places, NOW_S, HOUR_S, Way.FREE)
    assert max(place.end_s for place in last.placements if place.order == "again") > remake.due_s, "free time alone comes too late"


def test_a_remake_that_free_time_serves_moves_nobody() -> None:
    operations, places = welds(9, FRIDAY_S)
    mended = repair(SMALL, [*operations, fresh(FRIDAY_S)], places, NOW_S, HOUR_S)
    assert mended.moved == ()


def test_what_a_planner_holds_keeps_its_place_whoever_needs_it() -> None:
    operations, places = welds(9, FRIDAY_S)
    operations[1] = replace(operations[1], pinned=True)
    remake = fresh(NOW_S + 3 * HOUR_S)
    mended = repair(SMALL, [*operations, remake], places, NOW_S, HOUR_S)
    at = {place.order: place.start_s for place in mended.placements}
    assert at["p1"] == places[1].start_s
    assert at["p2"] > places[2].start_s, "who is not held makes room"
    assert not violations(SMALL, [*operations, remake], mended.placements)
    loose = repair(SMALL, [replace(operations[1], pinned=False), *operations[:1], *operations[2:], remake], places, NOW_S, HOUR_S)
    assert {place.order: place.start_s for place in loose.placements}["p1"] > places[1].start_s


def test_who_pushes_others_goes_to_another_machine_that_saves_more_than_the_threshold() -> None:
    plant = drawn_plant(2, 2)
    urgent = [replace(operation(name, 10, "G0", HOUR_S), due_s=MONDAY_S + 90 * 24 * HOUR_S) for name in ("a", "b")]
    starts = (MONDAY_S + HOUR_S, MONDAY_S + 2 * HOUR_S)
    places = [
        Placement(entry.key, entry.order, "red", "G0-0", "P0-0-early", start - (900 if place == 0 else 0), start, start + HOUR_S)
        for place, (entry, start) in enumerate(zip(urgent, starts, strict=True))
    ]
    down = (Breakdown("G0-0", MONDAY_S, MONDAY_S + 5 * HOUR_S),)

    def machines(way: Way, threshold_s: int) -> list[str]:
        mended = repaired(plant, urgent, places, MONDAY_S, threshold_s, way, breakdowns=down)
        assert not violations(plant, urgent, mended.placements, breakdowns=down)
        return [place.machine for place in sorted(mended.placements, key=lambda place: place.order)]

    assert machines(Way.FREE, HOUR_S) == ["G0-0", "G0-0"], "nobody is late and nobody is pushed"
    assert machines(Way.PUSH, HOUR_S) == ["G0-1", "G0-1"]
    assert machines(Way.PUSH, 6 * HOUR_S) == ["G0-0", "G0-0"], "it would not save so much"
