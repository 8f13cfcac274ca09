"""The commands' documents, and how they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from configurator.commands import configurator
from configurator.family_commands import family_commands
from contracts.problems import InvalidInput, SourceInvalid

family = family_commands(lambda: pytest.fail("no installation is asked"))
SHELF = str(Path(__file__).parent / "shelf.yaml")
STEPS = [
    {"select": "finish.powder"},
    {"select": "wood.oak"},
    {"set": "width", "value": 65, "unit": "cm"},
    {"retract": "finish.powder"},
    {"select": "wood.glass"},
    {"deselect": "wood.pine"},
]


@pytest.fixture
def decisions(tmp_path: Path) -> str:
    file = tmp_path / "decisions.json"
    file.write_text(json.dumps(STEPS), encoding="utf-8")
    return str(file)


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def ask(*arguments: str) -> Any:
    return document(CliRunner().invoke(configurator, [*arguments, "--json"], catch_exceptions=False))


def test_replay_tells_the_exact_state_after_every_decision(decisions: str) -> None:
    found = ask("replay", SHELF, decisions)
    assert found["features"] == 8
    assert [step["accepted"] for step in found["steps"]] == [True, False, True, True, False, True]
    first, refused, narrow, retracted, unknown, last = found["steps"]
    assert (first["forced"], first["excluded"], first["open"]) == (
        ["finish.powder", "wood.steel"],
        ["finish.oil", "wood.oak", "wood.pine"],
        3,
    )
    assert refused["reason"] == "Only steel is powder coated"
    assert {key: refused[key] for key in ("forced", "excluded", "open")} == {key: first[key] for key in ("forced", "excluded", "open")}
    assert narrow["dimensions"] == {"wall": [[650, 3000, 10]], "width": [[650, 650, 50]], "height": [[300, 2400, 100]]}
    assert (retracted["forced"], retracted["open"]) == ([], 8)
    assert "wood.glass" in unknown["reason"]
    assert (last["excluded"], last["decision"]) == (["wood.pine"], {"deselect": "wood.pine"})
    assert set(found["milliseconds"]) == {"p50", "p95", "max"}


def test_explain_names_decisions_rules_with_their_lines_and_repairs(tmp_path: Path) -> None:
    file = tmp_path / "decisions.json"
    file.write_text(json.dumps(STEPS[:1]), encoding="utf-8")
    line = Path(SHELF).read_text(encoding="utf-8").split("id: powder_steel")[0].count("\n") + 1
    rules = [{"line": line, "text": "Only steel is powder coated"}]
    expected = {"decisions": ["finish.powder"], "rules": rules, "repairs": [["finish.powder"]]}
    assert ask("explain", SHELF, str(file), "wood.oak") == {"feature": "wood.oak", "status": "excluded", **expected}
    assert ask("explain", SHELF, str(file), "wood.steel") == {"feature": "wood.steel", "status": "forced", **expected}
    assert ask("explain", SHELF, str(file), "extras.door")["status"] == "open"
    with pytest.raises(InvalidInput):
        ask("explain", SHELF, str(file), "extras.roof")


def test_complete_gives_a_cheapest_product(decisions: str) -> None:
    found = ask("complete", SHELF, decisions, "--objective", "cheapest", "--attribute", "Price")
    assert (found["selected"], found["value"], found["proved"]) == (["wood.steel"], 17000, True)


def test_analyse_tells_core_and_dead_features(tmp_path: Path) -> None:
    found = ask("analyse", SHELF)
    assert {key: found[key] for key in ("features", "constraints", "satisfiable", "core", "dead")} == {
        "features": 8,
        "constraints": 6,
        "satisfiable": True,
        "core": [],
        "dead": [],
    }
    file = tmp_path / "shelf.yaml"
    text = Path(SHELF).read_text(encoding="utf-8")
    file.write_text(text.replace("wood != steel", "wood != steel and wood == steel"), encoding="utf-8")
    assert ask("analyse", str(file))["dead"] == ["finish.oil"]
    file.write_text(text.replace("width <= wall", "width > 9 * wall"), encoding="utf-8")
    void = ask("analyse", str(file))
    assert (void["satisfiable"], len(void["dead"])) == (False, 8)


def test_check_tells_every_fault_with_its_line_and_fails(tmp_path: Path) -> None:
    sound = CliRunner().invoke(family, ["check", SHELF, "--json"])
    assert document(sound)["errors"] == []
    file = tmp_path / "shelf.yaml"
    text = Path(SHELF).read_text(encoding="utf-8").replace("width <= wall", "width <= wal")
    file.write_text(text, encoding="utf-8")
    broken = CliRunner().invoke(family, ["check", str(file), "--json"])
    assert broken.exit_code == 1
    fault = json.loads(broken.stdout)["errors"][0]
    assert (fault["line"], fault["text"]) == (
        text.split("id: fits")[0].count("\n") + 1,
        "“wal” is not the name of an option or dimension here",
    )


def test_check_tells_what_never_acts_as_a_warning_where_its_words_begin(tmp_path: Path) -> None:
    file = tmp_path / "shelf.yaml"
    text = Path(SHELF).read_text(encoding="utf-8").replace("height > 2000", "height > 2400")
    file.write_text(text, encoding="utf-8")
    found = document(CliRunner().invoke(family, ["check", str(file), "--json"]))
    line = text[: text.index("add: 1200")].count("\n") + 1
    assert found["errors"] == []
    assert found["warnings"] == [
        {"line": line, "column": 5, "message": "configurator.fault.never_there", "params": {}, "text": "No product fulfils this condition"}
    ]


def test_test_tells_what_was_tried_and_fails_with_what_breaks(tmp_path: Path) -> None:
    wanted = ["--random", "5", "--processes", "1", "--json"]
    sound = document(CliRunner().invoke(family, ["test", SHELF, *wanted]))
    assert (sound["pairs"], sound["pairs_possible"], sound["at_random"], sound["faults"]) == (118, 118, 5, [])
    file = tmp_path / "shelf.yaml"
    text = Path(SHELF).read_text(encoding="utf-8").replace("300 + 120 * count(extras)", "300 * (2 - count(extras))")
    file.write_text(text, encoding="utf-8")
    broken = CliRunner().invoke(family, ["test", str(file), *wanted])
    assert broken.exit_code == 1
    (fault,) = json.loads(broken.stdout)["faults"]
    assert (fault["line"], fault["text"]) == (
        text[: text.index("op: assemble")].count("\n") + 1,
        "For some product this is 0; it must be more than 0",
    )
    told = CliRunner().invoke(family, ["test", str(file), *wanted[:-1]])
    assert f"{file}:{fault['line']}: error: {fault['text']} ({fault['designs']} designs" in told.stdout


def test_test_gives_everybody_of_a_survey_one(tmp_path: Path) -> None:
    file, people = tmp_path / "shelf.yaml", tmp_path / "people.csv"
    text = Path(SHELF).read_text(encoding="utf-8")
    file.write_text(text.replace("measure: true, example", "measure: true, survey: span, example"), encoding="utf-8")
    people.write_text("# measured\nperson,span,age\nA,1800,30\nB,90,31\n", encoding="utf-8")
    wanted = ["test", str(file), "--random", "0", "--designs", "1", "--processes", "1", "--bodies", str(people)]
    told = CliRunner().invoke(family, wanted)
    assert "2 bodies" in told.stdout
    assert "refused: 1 bodies (row 2 first): range: Wall goes from 500 mm to 3000 mm in steps of 10 mm." in told.stdout
    for wrong in ("person,height\nA,1800\n", "person,span\nA,tall\n"):
        people.write_text(wrong, encoding="utf-8")
        assert CliRunner().invoke(family, wanted).exit_code == 2
    assert CliRunner().invoke(family, ["test", SHELF, *wanted[2:]]).exit_code == 2


def test_check_warns_of_a_body_measure_that_nobody_can_be_asked_about(tmp_path: Path) -> None:
    file = tmp_path / "shelf.yaml"
    for survey, missing in (("span - stature", []), ("span + earlength", ["earlength"])):
        text = Path(SHELF).read_text(encoding="utf-8").replace("measure: true, example", f"measure: true, survey: {survey}, example")
        file.write_text(text, encoding="utf-8")
        checked = CliRunner().invoke(family, ["check", str(file), "--json"])
        assert checked.exit_code == 0
        warned = [each for each in document(checked)["warnings"] if each["message"] == "configurator.fault.measure_unmodelled"]
        assert [(each["params"]["name"], each["params"]["missing"]) for each in warned] == [("wall", name) for name in missing]


def test_diff_tells_what_anybody_notices_of_two_files(tmp_path: Path) -> None:
    file = tmp_path / "shelf.yaml"
    text = Path(SHELF).read_text(encoding="utf-8").replace('version: "1"', 'version: "2"').replace("price: 9000", "price: 9500")
    file.write_text(text, encoding="utf-8")
    found = document(CliRunner().invoke(family, ["diff", str(file), SHELF, "--json"]))
    assert (found["old"]["version"], found["new"]["version"], found["affected"]) == ("1", "2", None)
    line = text[: text.index("      oak:")].count("\n") + 1
    assert found["noticed"] == [{"name": "wood.oak", "line": line, "text": "Wood: Oak adds €95.00 to the net price (it added €90.00)"}]
    assert "Nothing that anybody would notice." in CliRunner().invoke(family, ["diff", SHELF, SHELF]).stdout


def test_wrong_use_and_wrong_files_end_differently(tmp_path: Path, decisions: str) -> None:
    assert CliRunner().invoke(configurator, ["replay", "nowhere.yaml", decisions]).exit_code == 2
    file = tmp_path / "other"
    file.write_bytes(b"\xff\xfe\x00")
    assert CliRunner().invoke(configurator, ["analyse", str(file)]).exit_code == 2
    file.write_text("family: [", encoding="utf-8")
    with pytest.raises(SourceInvalid):
        ask("analyse", str(file))
    for text in ("{", '[{"choose": "wood.oak"}]', '[{"set": "width"}]', '{"select": "wood.oak"}'):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInput):
            ask("replay", SHELF, str(file))


def test_the_schema_is_printed_as_it_stands_in_the_documents() -> None:
    printed = CliRunner().invoke(family, ["schema"]).stdout
    assert printed == (Path(__file__).parents[3] / "docs" / "family.schema.json").read_text(encoding="utf-8")
