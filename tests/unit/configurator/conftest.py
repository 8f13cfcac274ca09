"""The small family that the configurator's tests speak of."""

from pathlib import Path

import pytest

from configurator.engine.family.family import Family
from configurator.engine.family.parse import parse_family


@pytest.fixture(scope="session")
def shelf_text() -> str:
    return (Path(__file__).parent / "shelf.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def shelf(shelf_text: str) -> Family:
    return parse_family(shelf_text)
