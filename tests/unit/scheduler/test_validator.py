"""A plan that breaks one rule is told that rule, and no other."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from contracts.plan import OperationKey, OperationState
from scheduler.engine.calendar import Breakdown
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import parse_plant
from scheduler.engine.validator import violations
from tests.workshop import DRAWN, moment, operation

HOUR_S = 3600
PLANT = parse_plant(DRAWN.format(holiday="2026-11-30", absent="2026-11-25", service="2026-11-26", setup_b=600, off=""))
MORNING_S = moment("2026-11-25T05:00")
FIRST = operation("p", 10, "A", 2 * HOUR_S)
SECOND = operation("p", 20, "B", HOUR_S, 10)
THIRD = operation("q", 10, "B", HOUR_S, family="blue")
OVEN = operation("q", 20, "O", HOUR_S, 10)
OPERATIONS = [FIRST, SECOND, THIRD, OVEN]


def place(made: Operation, machine: str, person: str | None, start_h: float, setup_s: int = 600) -> Placement:
    start = MORNING_S + int(start_h * HOUR_S)
    return Placement(made.key, made.order, made.setup_family, machine, person, start - setup_s, start, start + made.run_s)


PLAN = {
    FIRST.key: place(FIRST, "A-1", "P1", 1),
    SECOND.key: place(SECOND, "B-1", "P1", 3.5),
    THIRD.key: place(THIRD, "B-1", "P1", 5),
    OVEN.key: place(OVEN, "O-1", None, 7),
}


def rules(
    placements: list[Placement], operations: list[Operation] = OPERATIONS, breakdowns: tuple[Breakdown, ...] = ()
) -> list[tuple[str, str]]:
    found = violations(PLANT, operations, placements, breakdowns=breakdowns)
    return sorted((problem.pointer.removeprefix("/placements/"), problem.message.removeprefix("scheduler.violation.")) for problem in found)


def changed(key: OperationKey, **values: object) -> list[Placement]:
    return [replace(entry, **values) if entry.key == key else entry for entry in PLAN.values()]  # type: ignore[arg-type]


def shifted(key: OperationKey, hours: float) -> list[Placement]:
    seconds = int(hours * HOUR_S)
    old = PLAN[key]
    return changed(key, setup_start_s=old.setup_start_s + seconds, start_s=old.start_s + seconds, end_s=old.end_s + seconds)


def test_a_good_plan_has_no_faults() -> None:
    assert rules(list(PLAN.values())) == []


@pytest.mark.parametrize(
    ("placements", "rule"),
    [
        (lambda: changed(FIRST.key, machine="B-1", person="P1"), "group"),
        (lambda: changed(FIRST.key, family="green"), "family"),
        (lambda: changed(FIRST.key, end_s=PLAN[FIRST.key].end_s - 60), "duration"),
        (lambda: changed(FIRST.key, person="P4"), "unqualified"),
        (lambda: changed(FIRST.key, person=None), "unqualified"),
        (lambda: changed(OVEN.key, person="P2"), "unattended"),
        (lambda: shifted(FIRST.key, -1), "closed"),
        (lambda: changed(SECOND.key, person="P3"), "absent"),
        (lambda: changed(THIRD.key, setup_start_s=PLAN[THIRD.key].start_s - 300), "setup"),
        (lambda: shifted(OVEN.key, -1.2), "predecessor"),
        (lambda: shifted(SECOND.key, 0.5), "machine-overlap"),
        (lambda: shifted(SECOND.key, 0.5), "person-overlap"),
    ],
)  # fmt: skip
def test_each_broken_rule_is_named(placements: Callable[[], list[Placement]], rule: str) -> None:
    assert rule in {found for _, found in rules(placements())}


def test_a_missing_predecessor_and_a_second_place_and_a_stranger_are_told() -> None:
    assert (str(SECOND.key), "predecessor") in rules([entry for key, entry in PLAN.items() if key != FIRST.key])
    assert ("/placements", "twice") in rules([*PLAN.values(), PLAN[FIRST.key]])
    stranger = replace(PLAN[OVEN.key], key=OperationKey(piece="z", sequence=1), machine="O-2")
    assert (str(stranger.key), "unknown") in rules([*PLAN.values(), stranger])


def test_material_that_comes_later_is_told() -> None:
    waiting = [replace(entry, material_s=MORNING_S + 2 * HOUR_S) if entry is FIRST else entry for entry in OPERATIONS]
    assert rules(list(PLAN.values()), waiting) == [(str(FIRST.key), "material")]


def test_a_broken_machine_is_closed() -> None:
    down = Breakdown("O-1", MORNING_S + 7 * HOUR_S, MORNING_S + 8 * HOUR_S)
    assert rules(list(PLAN.values()), breakdowns=(down,)) == [(str(OVEN.key), "closed")]


def test_what_has_begun_is_not_judged_but_counts_for_its_neighbours() -> None:
    running = [replace(entry, state=OperationState.RUNNING) if entry is FIRST else entry for entry in OPERATIONS]
    late = [replace(entry, end_s=MORNING_S + 4 * HOUR_S) if entry.key == FIRST.key else entry for entry in PLAN.values()]
    assert rules(late, running) == [(str(SECOND.key), "person-overlap"), (str(SECOND.key), "predecessor")]


def test_transport_to_the_partner_and_back_takes_its_time() -> None:
    route = [FIRST, operation("p", 20, "O", HOUR_S, 10), operation("p", 30, "B", HOUR_S, 20)]
    first, back = place(route[0], "A-1", "P1", 1), place(route[2], "A-1", "P1", 30)
    in_time = [first, place(route[1], "O-9", None, 4, 300), replace(back, machine="B-1", person="P1")]
    assert rules(in_time, route) == []
    too_early = [first, place(route[1], "O-9", None, 3.9, 300), in_time[2]]
    assert rules(too_early, route) == [(str(route[1].key), "predecessor")]
    too_soon_back = [first, place(route[1], "O-9", None, 4, 300), place(route[2], "B-1", "P1", 6.9)]
    assert rules(too_soon_back, route) == [(str(route[2].key), "predecessor")]
