"""Who buys in the demo? Riders with real people's bodies, drawn by a seed."""

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import configurator

BUNDLED = Path(configurator.__file__).parent / "families" / "riders.csv"
NEEDED = ("person", "crotchheight", "sleeveoutseam", "stature", "weightkg")


class BodiesInvalid(Exception):
    """The file is not of the form of the bundled sample; the text says what is missing."""


@dataclass(frozen=True)
class Rider:
    """A body in millimetres (``weightkg``: tenths of a kilogram); ``row`` is its name in the file."""

    row: str
    body: Mapping[str, int]


def read_riders(path: Path) -> list[Rider]:
    """Every row of a CSV file with the survey's column names. Raises BodiesInvalid."""
    try:
        return _riders_of(path)
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise BodiesInvalid(f"{path}: not a CSV file in UTF-8") from wrong


def _riders_of(path: Path) -> list[Rider]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        reader = csv.DictReader(lines)
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise BodiesInvalid(f"{path}: the columns {', '.join(missing)} are missing")
        riders = []
        for number, row in enumerate(reader, start=2):
            try:
                body = {name: int(row[name]) for name in NEEDED if name != "person"}
            except (TypeError, ValueError):
                raise BodiesInvalid(f"{path}, line {number}: measures must be whole millimetres") from None
            riders.append(Rider(row=row["person"], body=body))
    if not riders:
        raise BodiesInvalid(f"{path}: no rows")
    return riders


def draw_riders(riders: Sequence[Rider], count: int, seed: int) -> list[Rider]:
    """``count`` riders in random order; nobody twice before everybody once."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable demo, no secret
    drawn: list[Rider] = []
    while len(drawn) < count:
        drawn += chance.sample(riders, min(len(riders), count - len(drawn)))
    return drawn
