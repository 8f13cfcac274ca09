"""The scheduler's command line: faults with their lines, one JSON document and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scheduler.commands import commands, plant_commands
from scheduler.service import Service

ROOT = Path(__file__).parents[3]
RIVERSIDE = ROOT / "scheduler/plants/riverside.yaml"


def no_service() -> Service:
    raise AssertionError("a check needs no service")


def test_a_good_plant_file_is_summed_up() -> None:
    result = CliRunner().invoke(plant_commands(no_service), ["check", str(RIVERSIDE), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["plant"] == "riverside"


def test_a_faulty_plant_file_ends_with_one_and_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(RIVERSIDE.read_text().replace("currency: CNY", "currency: XYZ"))
    line = next(number for number, text in enumerate(RIVERSIDE.read_text().splitlines(), 1) if text.startswith("currency: "))
    result = CliRunner().invoke(plant_commands(no_service), ["check", str(file), "--json"])
    assert result.exit_code == 1
    (error,) = json.loads(result.stdout)["errors"]
    assert error["line"] == line
    assert error["text"] in result.stderr
    assert "scheduler.source" not in result.stderr
    assert f"{file}:{line}:" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (
            ["promise-bench", "--operations", "60", "--quotes", "5"],
            {"open_operations", "quotes", "cpu_milliseconds", "wall_milliseconds", "variants_50_milliseconds"},
        ),
        (["plan-bench", "--orders", "12", "--groups", "2", "--buckets", "8"], {"value", "lp_bound", "gap_percent", "seconds"}),
        (["replan-bench", "--orders", "30", "--hours", "6"], {"seconds", "added_tardiness", "moved_percent", "other_machine_percent"}),
    ],
)
def test_a_measurement_answers_one_json_document(arguments: list[str], keys: set[str]) -> None:
    program = "from scheduler.commands import commands; commands(None)()"
    done = subprocess.run([sys.executable, "-c", program, *arguments, "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert keys <= json.loads(done.stdout).keys()


def test_the_same_seed_gives_the_same_answers() -> None:
    arguments = ["promise-bench", "--operations", "60", "--quotes", "5", "--seed", "3", "--json"]
    first, second = (json.loads(CliRunner().invoke(commands(no_service), arguments).stdout) for _ in range(2))
    assert first["answers_sha256"] == second["answers_sha256"]
