"""A plant file says what it means, and each fault is told with its line."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from contracts.problems import SourceInvalid
from scheduler.engine.plant import parse_plant
from tests.workshop import drawn_plant

ROOT = Path(__file__).parents[3]
RIVERSIDE = (ROOT / "scheduler/plants/riverside.yaml").read_text()
MINIMAL = """plant: tiny
label: {en: Tiny, zh: 小}
time_zone: Europe/Amsterdam
currency: EUR
planning: {horizon_days: 20, release_horizon_h: 24, frozen_horizon_h: 2}
shipping: {pick_up: 16:00, home: NL, zones: [{countries: [NL], days: 1}]}
shifts:
  day: {days: [mon], start: 06:00, end: 14:00}
groups:
  W: {label: {en: W, zh: W}}
machines:
  W-1: {group: W, shifts: [day]}
people:
  P1: {shift: day, groups: [W]}
"""


def faults(text: str) -> list[tuple[int, str]]:
    with pytest.raises(SourceInvalid) as caught:
        parse_plant(text)
    return [(entry["line"], entry["message"]) for entry in caught.value.extra["lines"]]


def test_a_time_of_day_needs_no_quotes() -> None:
    assert parse_plant(MINIMAL).shifts["day"].start == 360


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("time_zone: Europe/Amsterdam", "time_zone: Mars/Olympus", 3, "scheduler.source.value"),
        ("start: 06:00", "start: 25:00", 8, "scheduler.source.value"),
        ("start: 06:00, ", "", 8, "scheduler.source.missing"),
        ("  W-1: {group: W, shifts: [day]}", "  W-1: {group: V, shifts: [day]}", 12, "scheduler.source.no-group"),
        ("  W-1: {group: W, shifts: [day]}", "  W-1: {group: W, shifts: [night]}", 12, "scheduler.source.no-shift"),
        ("groups: [W]}", "groups: [W, X]}", 14, "scheduler.source.no-group"),
        ("groups: [W]}", "groups: []}", 10, "scheduler.source.group-without-people"),
        ("currency: EUR", "currency: EUR\ncurrency: USD", 5, "scheduler.source.duplicate"),
        ("currency: EUR", "currency: EUR\ncolour: red", 5, "scheduler.source.unknown"),
        ("currency: EUR", "currency: [EUR", 5, "scheduler.source.syntax"),
        ("home: NL", "home: BE", 6, "scheduler.source.not-served"),
        ("days: 1}", "days: 1}, {countries: [BE, NL], days: 2}", 6, "scheduler.source.twice"),
        ("[NL]", "[]", 6, "scheduler.source.not-served"),
        (
            "people:",
            "maintenance:\n  - {machine: W-2, day: 2026-12-01, start: 06:00, end: 07:00}\npeople:",
            14,
            "scheduler.source.no-machine",
        ),
        ("people:", "maintenance:\n  - {machine: W-1, start: 06:00, end: 07:00}\npeople:", 14, "scheduler.source.day-or-weekday"),
    ],
)
def test_a_fault_is_told_with_its_line(old: str, new: str, line: int, message: str) -> None:
    assert (line, message) in faults(MINIMAL.replace(old, new, 1))


def test_all_faults_are_told_at_once_in_the_order_of_the_text() -> None:
    text = MINIMAL.replace("currency: EUR", "currency: XYZ").replace("days: 1", "days: -1")
    assert [line for line, _ in faults(text)] == [4, 6]


def test_the_hash_is_of_the_content_and_not_of_the_layout() -> None:
    plain = yaml.load(MINIMAL, Loader=yaml.BaseLoader)
    assert parse_plant(yaml.safe_dump(plain)).sha256 == parse_plant(MINIMAL).sha256
    assert parse_plant(MINIMAL.replace("days: 1", "days: 2")).sha256 != parse_plant(MINIMAL).sha256


def test_setup_is_by_pair_then_by_group_and_none_within_a_family() -> None:
    plant = drawn_plant(Random(1), "2026-11-23")
    assert [plant.setup_s("A", *pair) for pair in (("red", "green"), ("red", "blue"), ("red", "red"), (None, "red"))] == [1800, 600, 0, 600]


def test_riverside_is_a_whole_plant() -> None:
    plant = parse_plant(RIVERSIDE)
    own = [name for name, machine in plant.machines.items() if machine.partner is None]
    assert len(own) >= 25
    assert len(plant.people) >= 25
    assert plant.partners_of["PAINT"]
    assert plant.holidays
    assert plant.maintenance
    assert plant.overtime is not None
    assert plant.tariff.bands
    assert any(person.absences for person in plant.people.values())


@pytest.mark.parametrize("name", ["bicycle", "cabinet", "shirt"])
def test_riverside_makes_and_stocks_what_a_family_asks_for(name: str) -> None:
    plant = parse_plant(RIVERSIDE)
    family: dict[str, Any] = yaml.load((ROOT / f"configurator/families/{name}.yaml").read_text(), Loader=yaml.BaseLoader)
    assert {step["group"] for step in family["routing"]} <= plant.groups.keys()
    assert plant.currency == family["currency"], "costs of the plant and prices of what it makes are in one currency"
    stocked = {item.split(".")[0] for item in plant.items}
    asked = {line["item"].split(".")[0] for line in family["bom"]} - {"{transmission}"}
    assert asked <= stocked


def test_the_booth_changes_between_the_colours_in_stock() -> None:
    plant = parse_plant(RIVERSIDE)
    colours = {line.removeprefix("powder.") for line in plant.items if line.startswith("powder.")}
    assert plant.groups["PAINT"].setups.keys() - {"brushed"} <= colours
    assert "clear" in colours
