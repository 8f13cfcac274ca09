"""What does a customer of the demo tell of body, room and taste when a design begins?"""

import random
from collections.abc import Callable, Mapping
from typing import Any

from lotone.people import Person

LOADS = ((90, "u90"), (120, "u120"), (150, "u150"))
CLOTHES_KG = 8
WALLS_MM = (800, 3600)
CEILINGS_MM = (2300, 2900)
STEP_MM = 5
SHIRT_MEASURES = {
    "neck": "neckcircumference",
    "chest": "chestcircumference",
    "waist": "waistcircumference",
    "hip": "buttockcircumference",
    "sleeve": "sleevelengthspinewrist",
    "back_length": "waistbacklength",
    "biceps": "bicepscircumferenceflexed",
    "wrist": "wristcircumference",
}
"""Measures of the shirt and the survey's columns for them; docs/shirt.md says how they are taken."""


def bicycle_measures(body: Mapping[str, int]) -> dict[str, int]:
    """Of a surveyed body, in millimetres; docs/bicycle.md says why so."""
    inseam = body["crotchheight"]
    return {"inseam": inseam, "body_reach": body["stature"] * 82 // 100 - inseam + body["sleeveoutseam"] + 75}


def _bicycle(person: Person, _chance: random.Random) -> list[dict[str, Any]]:
    load_kg = person.body["weightkg"] // 10 + CLOTHES_KG
    load = next((value for most, value in LOADS if load_kg <= most), LOADS[-1][1])
    return [*_measured(bicycle_measures(person.body)), {"select": f"rated_load.{load}"}]


def _shirt(person: Person, _chance: random.Random) -> list[dict[str, Any]]:
    return _measured({name: person.body[column] for name, column in SHIRT_MEASURES.items()})


def _cabinet(_person: Person, chance: random.Random) -> list[dict[str, Any]]:
    return _measured({"wall_width": chance.randrange(*WALLS_MM, STEP_MM), "room_height": chance.randrange(*CEILINGS_MM, STEP_MM)})


WISHES: dict[str, Callable[[Person, random.Random], list[dict[str, Any]]]] = {"bicycle": _bicycle, "cabinet": _cabinet, "shirt": _shirt}
"""The first decisions on a design, by family."""

NOT_BY_TASTE = frozenset({"rated_load"})
"""Options that follow from the body."""


def _measured(values: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"set": name, "value": value, "unit": "mm"} for name, value in values.items()]
