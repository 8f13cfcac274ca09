"""`lotone simulate results` says the same as a table and as JSON, and refuses what it cannot read."""

import json
from pathlib import Path

from click.testing import CliRunner

from lotone.cli import lotone

FEW = ["simulate", "results", "--weeks", "2", "--replications", "2"]
LOG = "order,sequence,part,order_quantity,operation,machine,worker,completed_at,minutes,report,quantity_completed,quantity_to_mrb,rework\n"


def test_the_document_holds_every_figure_with_its_interval() -> None:
    said = CliRunner().invoke(lotone, [*FEW, "--json"])
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert set(told["figures"]) == {
        *("make-to-stock, 7 days", "make-to-stock, 3 days", "first come, first served", "order-driven", "order-driven, campaigns"),
    }
    for figures in told["figures"].values():
        assert all(each["low"] <= each["mean"] <= each["high"] for each in figures.values())
    assert set(told["changes"]) == set(told["figures"]) - {"make-to-stock, 7 days"}
    held = told["promises"]["order-driven"]
    assert {f"held_at_{level}_percent" for level in (80, 90, 95, 99)} <= set(held)
    assert held["kept_percent"] == held["held_at_95_percent"]
    assert told["quoted_ratio"]["mean"] > 0.5
    assert {loss["figure"] for loss in told["losses"]} <= set(told["figures"]["order-driven"])
    assert "14 of 14 runs" in said.stderr


def test_a_log_gives_the_durations_and_the_table_says_where_it_loses(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    rows = [
        f"C{number},1,P,1,Turning - M{number % 3},M{number % 3},W,2012-01-02T0{number % 9}:00:00Z,{20 + number % 30},done,1,0,False"
        for number in range(120)
    ]
    log.write_text(LOG + "\n".join(rows) + "\n")
    said = CliRunner().invoke(lotone, [*FEW, "--durations", str(log)])
    assert said.exit_code == 0, said.output
    assert "lead time, days" in said.stdout
    assert "where order-driven production loses" in said.stdout
    assert "quoted lead time over that of the same planner who knows the durations" in said.stdout


def test_a_demand_with_a_fault_and_an_empty_log_are_refused(tmp_path: Path) -> None:
    demand, log = tmp_path / "demand.yaml", tmp_path / "log.csv"
    demand.write_text("demand: mine\nload: 3\n")
    log.write_text(LOG)
    assert CliRunner().invoke(lotone, [*FEW, "--demand", str(demand)]).exit_code == 1
    assert CliRunner().invoke(lotone, [*FEW, "--durations", str(log)]).exit_code == 2
