"""The families that the product comes with, for tests: their texts, and decisions as a family's own tests write them."""

from collections.abc import Mapping
from pathlib import Path

import configurator
from configurator.engine.decisions import Change, Select, SetNumber

FOLDER = Path(configurator.__file__).parent / "families"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text("utf-8")


def changes(given: Mapping[str, str | int | tuple[str, ...]]) -> list[Change]:
    return [
        SetNumber(set=name, value=value) if isinstance(value, int) else Select(select=f"{name}.{value}") for name, value in given.items()
    ]
