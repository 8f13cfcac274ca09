"""Who buys in the demo? Real people by their bodies, drawn by a seed."""

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import configurator

BUNDLED = Path(configurator.__file__).parent / "families" / "people.csv"
NEEDED = (
    *("person", "crotchheight", "sleeveoutseam", "stature", "weightkg", "neckcircumference", "chestcircumference", "waistcircumference"),
    *("buttockcircumference", "sleevelengthspinewrist", "waistbacklength", "bicepscircumferenceflexed", "wristcircumference"),
)


class BodiesInvalid(Exception):
    """The file is not of the form of the bundled sample; the text says what is missing."""


@dataclass(frozen=True)
class Person:
    """A body in millimetres (``weightkg``: tenths of a kilogram); ``row`` is its name in the file."""

    row: str
    body: Mapping[str, int]


def read_people(path: Path) -> list[Person]:
    """Every row of a CSV file with the survey's column names. Raises BodiesInvalid."""
    try:
        return _people_of(path)
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise BodiesInvalid(f"{path}: not a CSV file in UTF-8") from wrong


def _people_of(path: Path) -> list[Person]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        reader = csv.DictReader(lines)
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise BodiesInvalid(f"{path}: the columns {', '.join(missing)} are missing")
        people = []
        for number, row in enumerate(reader, start=2):
            try:
                body = {name: int(row[name]) for name in NEEDED if name != "person"}
            except (TypeError, ValueError):
                raise BodiesInvalid(f"{path}, line {number}: measures must be whole millimetres") from None
            people.append(Person(row=row["person"], body=body))
    if not people:
        raise BodiesInvalid(f"{path}: no rows")
    return people


def draw_people(people: Sequence[Person], count: int, seed: int) -> list[Person]:
    """``count`` people in random order; nobody twice before everybody once."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable demo, no secret
    drawn: list[Person] = []
    while len(drawn) < count:
        drawn += chance.sample(people, min(len(people), count - len(drawn)))
    return drawn
