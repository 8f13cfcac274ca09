"""Every second of a critical chain has one cause; key figures add up."""

from dataclasses import replace
from random import Random

import pytest

from scheduler.engine.calendar import Breakdown
from scheduler.engine.explain import way
from scheduler.engine.indicators import key_figures, load_of_groups, load_table, tardiness_table
from scheduler.engine.opening import open_on
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant, parse_plant
from scheduler.engine.replan import repair
from scheduler.engine.sequencing import dispatch
from tests.workshop import DRAWN, drawn_piece, moment, operation

HOUR_S = 3600
NOW_S = moment("2026-11-24T05:00")


def workshop() -> tuple[Plant, list[Operation], list[Placement]]:
    random = Random(7)
    plant = parse_plant(DRAWN.format(holiday="2020-01-01", absent="2020-01-02", service="2020-01-03", setup_b=600, off=""))
    operations = [replace(entry, due_s=NOW_S + 86_400) for n in range(15) for entry in drawn_piece(random, f"o{n}")]
    return plant, operations, dispatch(plant, operations, None, NOW_S)


@pytest.mark.parametrize("order", [f"o{number}" for number in range(15)])
def test_the_causes_sum_to_the_time_from_now_to_the_finish(order: str) -> None:
    plant, operations, placements = workshop()
    found = way(plant, operations, placements, order, NOW_S)
    assert found is not None
    assert found.begin_s == NOW_S
    assert sum(cause.seconds for cause in found.causes) == found.finish_s - NOW_S
    assert all(cause.seconds > 0 for cause in found.causes)


@pytest.mark.parametrize("order", [f"o{number}" for number in range(15)])
@pytest.mark.parametrize("due_h", [2, 12, 30])
def test_what_makes_an_order_late_sums_to_its_lateness(order: str, due_h: int) -> None:
    plant, operations, placements = workshop()
    operations = [replace(entry, due_s=NOW_S + due_h * HOUR_S) for entry in operations]
    found = way(plant, operations, placements, order, NOW_S)
    assert found is not None
    assert sum(cause.seconds for cause in found.late_by) == found.lateness_s
    assert all(cause.seconds > 0 and cause.kind != "work" for cause in found.late_by)


def test_material_breakdown_and_busy_machines_are_named() -> None:
    plant, _, _ = workshop()
    down = Breakdown("B-1", NOW_S + 2 * HOUR_S, NOW_S + 4 * HOUR_S)
    late = replace(operation("late", 10, "B", HOUR_S), material_s=NOW_S + HOUR_S)
    other = operation("other", 10, "B", HOUR_S)
    placements = [
        Placement(other.key, "other", "red", "B-1", "P1", NOW_S + HOUR_S, NOW_S + HOUR_S, NOW_S + 2 * HOUR_S),
        Placement(late.key, "late", "red", "B-1", "P1", NOW_S + 5 * HOUR_S, NOW_S + 5 * HOUR_S, NOW_S + 6 * HOUR_S),
    ]
    found = way(plant, [late, other], placements, "late", NOW_S, breakdowns=(down,))
    assert found is not None
    assert [(cause.kind, cause.seconds // HOUR_S) for cause in found.causes] == [
        ("material", 1), ("machine", 1), ("breakdown", 2), ("spare", 1), ("work", 1)
    ]  # fmt: skip
    assert found.main_cause is not None
    assert found.main_cause.kind == "breakdown"


def test_of_nobody_free_and_a_gap_too_short_the_one_that_binds_is_told() -> None:
    plant, _, _ = workshop()
    late, before, same = operation("late", 10, "B", 2 * HOUR_S), operation("before", 10, "B", HOUR_S), operation("same", 10, "A", HOUR_S)
    placements = [
        Placement(same.key, "same", "red", "A-1", "P1", NOW_S, NOW_S, NOW_S + HOUR_S),
        Placement(before.key, "before", "red", "B-1", "P1", NOW_S + 2 * HOUR_S, NOW_S + 2 * HOUR_S, NOW_S + 3 * HOUR_S),
        Placement(late.key, "late", "red", "B-1", "P1", NOW_S + 3 * HOUR_S, NOW_S + 3 * HOUR_S, NOW_S + 5 * HOUR_S),
    ]
    alone = Plant.model_validate(plant.model_dump() | {"people": {"P1": plant.people["P1"].model_dump()}})
    found = way(alone, [late, before, same], placements, "late", NOW_S)
    assert found is not None
    assert [(cause.kind, cause.because.id, cause.seconds) for cause in found.causes if cause.kind not in {"work", "machine"}] == [
        ("person", "scheduler.wait.person", HOUR_S), ("gap", "scheduler.wait.gap", HOUR_S)
    ]  # fmt: skip


def test_a_breakdown_that_is_over_is_still_what_made_the_order_late() -> None:
    plant, _, _ = workshop()
    began = NOW_S - 8 * HOUR_S
    down = Breakdown("B-1", NOW_S - 6 * HOUR_S, NOW_S)
    first = replace(operation("late", 10, "A", HOUR_S), state="done", due_s=NOW_S)
    second = replace(operation("late", 20, "B", HOUR_S, 10), due_s=NOW_S)
    placements = [
        Placement(first.key, "late", "red", "A-1", "P1", began, began, began + HOUR_S),
        Placement(second.key, "late", "red", "B-1", "P1", NOW_S, NOW_S, NOW_S + HOUR_S),
    ]
    found = way(plant, [first, second], placements, "late", NOW_S, breakdowns=(down,))
    assert found is not None
    assert (found.begin_s, [cause.kind for cause in found.causes]) == (NOW_S, ["work"])
    assert [(cause.kind, cause.seconds) for cause in found.late_by] == [("breakdown", HOUR_S)]
    assert sum(cause.seconds for cause in found.before) == 7 * HOUR_S
    told = way(plant, [first, second], placements, "late", NOW_S)
    assert told is not None
    assert "breakdown" not in {cause.kind for cause in told.late_by}


def test_what_the_first_operation_waited_for_counts_from_when_the_order_came() -> None:
    plant, _, _ = workshop()
    down = Breakdown("B-1", NOW_S - 6 * HOUR_S, NOW_S - 2 * HOUR_S)
    first = replace(operation("late", 10, "B", HOUR_S), state="done", due_s=NOW_S - HOUR_S)
    second = replace(operation("late", 20, "B", HOUR_S, 10), due_s=NOW_S - HOUR_S)
    placements = [
        Placement(first.key, "late", "red", "B-1", "P1", NOW_S - 2 * HOUR_S, NOW_S - 2 * HOUR_S, NOW_S - HOUR_S),
        Placement(second.key, "late", "red", "B-1", "P1", NOW_S, NOW_S, NOW_S + HOUR_S),
    ]
    found = way(plant, [first, second], placements, "late", NOW_S, breakdowns=(down,), since_s=NOW_S - 5 * HOUR_S)
    assert found is not None
    assert [(cause.kind, cause.seconds) for cause in found.before] == [("breakdown", 3 * HOUR_S), ("calendar", HOUR_S)]
    assert [(cause.kind, cause.seconds) for cause in found.late_by] == [("breakdown", HOUR_S), ("calendar", HOUR_S)]
    unknown = way(plant, [first, second], placements, "late", NOW_S, breakdowns=(down,))
    assert unknown is not None
    assert [cause.because.id for cause in unknown.late_by] == ["scheduler.wait.begun_late", "scheduler.wait.calendar"]


def test_slack_is_how_much_later_a_step_could_end() -> None:
    plant, _, _ = workshop()
    first, second = operation("a", 10, "B", HOUR_S), operation("a", 20, "B", 2 * HOUR_S, 10)
    operations = [replace(entry, due_s=NOW_S + 10 * HOUR_S) for entry in (first, second)]
    placements = dispatch(plant, operations, None, NOW_S)
    found = way(plant, operations, placements, "a", NOW_S)
    assert found is not None
    ends = {entry.key: entry.end_s for entry in placements}
    assert found.slack_s == {first.key: NOW_S + 8 * HOUR_S - ends[first.key], second.key: NOW_S + 10 * HOUR_S - ends[second.key]}
    assert found.lateness_s == 0


def test_an_unknown_order_has_no_way() -> None:
    plant, operations, placements = workshop()
    assert way(plant, operations, placements, "nobody", NOW_S) is None


def test_a_repair_tells_why_an_operation_moved() -> None:
    plant, operations, placements = workshop()
    first = min((entry for entry in placements if entry.machine == "A-1"), key=lambda entry: entry.start_s)
    down = Breakdown("A-1", NOW_S, first.end_s + HOUR_S)
    result = repair(plant, operations, placements, NOW_S, 10 * HOUR_S, breakdowns=(down,))
    assert result.reasons[first.key].id == "scheduler.moved.breakdown"
    assert result.reasons.keys() == set(result.moved)


def test_key_figures_agree_with_the_placements() -> None:
    plant, operations, placements = workshop()
    to_s = NOW_S + 10 * 86_400
    load = load_table(plant, placements, NOW_S, to_s)
    own = [entry for entry in placements if entry.machine != "O-9"]
    assert (load["staffed_s"] <= load["open_s"]).all()
    oven = load[load["group"] == "O"]
    assert (oven["staffed_s"] == oven["open_s"]).all(), "what needs nobody can always work"
    groups = load_of_groups(plant, load, 2)
    assert list(groups) == sorted(groups, key=lambda group: -groups[group])
    days = [day for day in sorted(load["day"].unique()) if open_on(plant, day)][:2]
    busiest = load[(load["group"] == next(iter(groups))) & load["day"].isin(days)]
    assert groups[next(iter(groups))] == round(100 * (busiest["run_s"] + busiest["setup_s"]).sum() / busiest["staffed_s"].sum(), 1)
    assert load["run_s"].sum() == sum(entry.end_s - entry.start_s for entry in own)
    assert load["setup_s"].sum() == sum(entry.start_s - entry.setup_start_s for entry in own)
    tardiness = tardiness_table(plant, operations, placements).set_index("order")["late_s"].to_dict()
    for order in tardiness:
        found = way(plant, operations, placements, order, NOW_S)
        assert found is not None
        assert found.lateness_s == tardiness[order]
    figures = key_figures(plant, operations, placements, NOW_S, to_s)
    assert figures["orders"] == 15
    assert figures["late_orders"] == sum(1 for late in tardiness.values() if late > 0) > 0


def test_a_machine_that_is_busy_with_the_same_order_is_told_as_that() -> None:
    plant, _, _ = workshop()
    first, second = (replace(operation("own", sequence, "B", HOUR_S), due_s=NOW_S + 10 * HOUR_S) for sequence in (10, 20))
    foreign = operation("other", 10, "B", HOUR_S)
    placements = [
        Placement(entry.key, entry.order, "red", "B-1", "P1", at, at, at + HOUR_S)
        for entry, at in zip((first, foreign, second), range(NOW_S, NOW_S + 3 * HOUR_S, HOUR_S), strict=True)
    ]
    found = way(plant, [first, second, foreign], placements, "own", NOW_S)
    assert found is not None
    assert [(cause.because.id, cause.seconds) for cause in found.causes] == [
        ("scheduler.wait.own", HOUR_S), ("scheduler.wait.machine", HOUR_S), ("scheduler.wait.work", HOUR_S)
    ]  # fmt: skip
