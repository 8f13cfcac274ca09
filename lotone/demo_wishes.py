"""What does a customer of the demo tell of body, room and taste when a design begins?"""

import random
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import configurator
from configurator.engine.bodies import measures_of
from configurator.engine.family.family import Family
from configurator.engine.family.parse import parse_family
from lotone.people import Person

FAMILIES = Path(configurator.__file__).parent / "families"
LOADS = ((90, "u90"), (120, "u120"), (150, "u150"))
CLOTHES_KG = 8
WALLS_MM = (800, 3600)
CEILINGS_MM = (2300, 2900)
STEP_MM = 5


def _bicycle(person: Person, _chance: random.Random) -> list[dict[str, Any]]:
    load_kg = person.body["weightkg"] // 10 + CLOTHES_KG
    load = next((value for most, value in LOADS if load_kg <= most), LOADS[-1][1])
    return [*_measured(_body("bicycle", person)), {"select": f"rated_load.{load}"}]


def _shirt(person: Person, _chance: random.Random) -> list[dict[str, Any]]:
    return _measured(_body("shirt", person))


def _cabinet(_person: Person, chance: random.Random) -> list[dict[str, Any]]:
    return _measured({"wall_width": chance.randrange(*WALLS_MM, STEP_MM), "room_height": chance.randrange(*CEILINGS_MM, STEP_MM)})


WISHES: dict[str, Callable[[Person, random.Random], list[dict[str, Any]]]] = {"bicycle": _bicycle, "cabinet": _cabinet, "shirt": _shirt}
"""The first decisions on a design, by family."""

NOT_BY_TASTE = frozenset({"rated_load"})
"""Options that follow from the body."""


@cache
def _family(name: str) -> Family:
    return parse_family((FAMILIES / f"{name}.yaml").read_text(encoding="utf-8"))


def _body(family: str, person: Person) -> dict[str, int]:
    return measures_of(_family(family), person.body)


def _measured(values: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"set": name, "value": value, "unit": "mm"} for name, value in values.items()]
