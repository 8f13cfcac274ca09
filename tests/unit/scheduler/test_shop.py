"""A flexible job shop from a file: read, bounded, dispatched, checked, solved to the optimum."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contracts.problems import SourceInvalid
from scheduler.commands import commands
from scheduler.engine.shop.bounds import lower_bound
from scheduler.engine.shop.checking import NotFeasible, require_feasible
from scheduler.engine.shop.dispatch import Rule, dispatched
from scheduler.engine.shop.reading import read_shop, with_due_times
from scheduler.engine.shop.shop import Objective, Schedule, value
from scheduler.service import Service
from scheduler.shop_search import solve

SMALL = "2 2 1.5\n2 1 1 3 2 1 4 2 2\n2 1 2 5 1 1 1\n"
"""Job 0: machine 1 for 3, then machine 1 for 4 or machine 2 for 2; job 1: machine 2 for 5, then machine 1 for 1."""
SETUPS = "1 1\n2 1 1 3 1 1 2\n\n0 4\n4 0\n"
DUE = {"release": [0, 1], "due": [4, 5], "weight": [2, 1], "setup_family": [[0, 1], [0, 0]], "setup_matrix": [[0, 2], [2, 0]]}
ROOT = Path(__file__).parents[3]


def message_of(text: str) -> tuple[int, str]:
    with pytest.raises(SourceInvalid) as refused:
        read_shop(text)
    (line,) = refused.value.extra["lines"]
    return line["line"], line["message"].removeprefix("scheduler.shop.")


def test_machines_count_from_nought_and_the_mean_is_optional() -> None:
    shop = read_shop(SMALL)
    assert shop == read_shop("\n 2\t2 \n\n2  1 1 3 2 1 4 2 2  \n2 1 2 5 1 1 1")
    assert shop.eligible == ((((0, 3),), ((0, 4), (1, 2))), (((1, 5),), ((0, 1),)))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "empty"),
        ("3\n", 1, "header"),
        ("2 2\n1 1 1 3\n", 2, "jobs"),
        ("1 2\n\n1 1 3 3\n", 3, "machine"),
        ("1 2\n1 1 1\n", 2, "too_short"),
        ("1 2\n1 1 1 3 4\n", 2, "too_long"),
        ("1 2\n1 0\n", 2, "no_machine"),
        ("1 2\n1 2 1 3 1 4\n", 2, "machine_twice"),
        ("1 2\n1 1 1 -3\n", 2, "whole"),
        ("1 2\n1 1 1 3.5\n", 2, "whole"),
        ("1 1\n2 1 1 3 1 1 2\n0 4\n", 3, "setup_rows"),
        ("1 1\n2 1 1 3 1 1 2\n0 4\n4\n", 4, "setup_columns"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, line: int, message: str) -> None:
    assert message_of(text) == (line, message)


def test_a_setup_stands_between_operations_that_follow_each_other() -> None:
    shop = read_shop(SETUPS)
    require_feasible(shop, Schedule([0, 0], [0, 7]))
    with pytest.raises(NotFeasible):
        require_feasible(shop, Schedule([0, 0], [0, 6]))


@pytest.mark.parametrize(
    ("machine", "start"),
    [
        ([0, 1, 1, 0], [0, 2, 4, 9]),
        ([0, 1, 1, 0], [0, 3, 4, 9]),
        ([0, 1, 0, 0], [0, 3, 5, 10]),
        ([0, 1, 1], [0, 3, 5]),
        ([0, 0, 1, 0], [0, 3, 0, 6]),
    ],
)
def test_the_checker_refuses_what_is_no_schedule(machine: list[int], start: list[int]) -> None:
    """Before its predecessor's end, two at a time, on a machine that is not eligible, one missing, two at a time on the other."""
    with pytest.raises(NotFeasible):
        require_feasible(read_shop(SMALL), Schedule(machine, start))


def test_release_due_time_and_weight_come_from_the_side_file() -> None:
    shop = with_due_times(read_shop(SMALL), json.dumps(DUE))
    schedule = Schedule([0, 0, 1, 0], [0, 5, 1, 11])
    require_feasible(shop, schedule)
    assert value(shop, schedule, Objective.WEIGHTED_TARDINESS) == 2 * (9 - 4) + (12 - 5)
    with pytest.raises(NotFeasible):
        require_feasible(shop, Schedule([0, 0, 1, 0], [0, 5, 0, 11]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"due": [4]}, "due.length"),
        ({"due": [4, -1]}, "due.whole"),
        ({"setup_family": [[0, 2], [0, 0]]}, "due.family"),
        ({"setup_family": [[0], [0, 0]]}, "due.length"),
        ({"color": 1}, "due.unknown"),
    ],
)
def test_a_faulty_side_file_is_refused_by_name(change: dict[str, object], message: str) -> None:
    with pytest.raises(SourceInvalid) as refused:
        with_due_times(read_shop(SMALL), json.dumps(DUE | change, indent=1))
    assert refused.value.extra["lines"][0]["message"] == f"scheduler.shop.{message}"


def test_a_side_file_that_is_no_json_names_the_line() -> None:
    with pytest.raises(SourceInvalid) as refused:
        with_due_times(read_shop(SMALL), '{\n"due": [1,\n}')
    assert refused.value.extra["lines"][0]["line"] == 3


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_gives_a_schedule(rule: Rule) -> None:
    for shop in (read_shop(SMALL), read_shop(SETUPS), with_due_times(read_shop(SMALL), json.dumps(DUE))):
        require_feasible(shop, dispatched(shop, rule))


def test_the_bound_counts_what_only_some_machines_can_do() -> None:
    assert lower_bound(read_shop("3 2\n1 1 1 4\n1 1 1 4\n1 2 1 1 2 1\n"), Objective.MAKESPAN) == 8


def test_the_optimum_of_a_small_shop_is_proved() -> None:
    answer = solve(read_shop(SMALL), Objective.MAKESPAN, 120, workers=2)
    assert (answer.value, answer.lower_bound, answer.status) == (7, 7, "optimal")


def test_the_optimum_with_setups_and_due_times_is_proved() -> None:
    shop = with_due_times(read_shop(SMALL), json.dumps(DUE))
    assert solve(shop, Objective.MAKESPAN, 120).status == "optimal"
    answer = solve(shop, Objective.WEIGHTED_TARDINESS, 120)
    assert (answer.value, answer.status) == (10, "optimal")


def test_a_shop_without_operations_is_done_at_once() -> None:
    answer = solve(read_shop("1 1\n0\n"), Objective.MAKESPAN, 5)
    assert (answer.value, answer.status) == (0, "optimal")


def no_service() -> Service:
    raise AssertionError("a file needs no service")


def command(*words: str) -> Result:
    return CliRunner().invoke(commands(no_service), list(words))


def test_solve_answers_the_whole_schedule(tmp_path: Path) -> None:
    file = tmp_path / "small.fjs"
    file.write_text(SMALL)
    done = subprocess.run(
        [sys.executable, "-m", "lotone", "scheduler", "solve", str(file), "--time-limit", "120", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    document = json.loads(done.stdout)
    assert list(document) == ["instance", "objective", "value", "lower_bound", "status", "seconds", "operations"]
    assert (document["instance"], document["value"], document["status"]) == ("small", 7, "optimal")
    assert max(entry["end"] for entry in document["operations"]) == 7
    assert list(document["operations"][0]) == ["job", "operation", "machine", "start", "end"]


def test_a_faulty_file_ends_with_one_and_wrong_use_with_two(tmp_path: Path) -> None:
    file = tmp_path / "wrong.fjs"
    file.write_text("1 2\n1 1 3 3\n")
    refused = command("solve", str(file), "--json")
    assert refused.exit_code == 1
    assert f"{file}:2:1: Operation 1 names machine 3" in refused.stderr
    assert refused.stdout == ""
    file.write_text(SMALL)
    assert command("solve", str(file), "--objective", "weighted-tardiness").exit_code == 2


def test_bench_compares_with_the_best_known(tmp_path: Path) -> None:
    (tmp_path / "small.fjs").write_text(SMALL)
    best = tmp_path / "best.json"
    best.write_text('{"instances": [{"file": "small.fjs", "upper_bound": 7}]}')
    result = command("bench", str(tmp_path), "--best-known", str(best), "--time-limit", "120", "--json")
    (row,) = json.loads(result.stdout)
    assert list(row) == ["instance", "value", "lower_bound", "best_known", "gap_percent", "seconds"]
    assert (row["instance"], row["best_known"], row["gap_percent"]) == ("small", 7, 0.0)
