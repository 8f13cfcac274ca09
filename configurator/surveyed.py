"""What is known of real bodies: the statistics of the survey that come with the product."""

from functools import cache
from pathlib import Path

from configurator.engine.body_model import BodyStatistics

FILE = Path(__file__).parent / "families" / "bodies.json"


@cache
def body_statistics() -> BodyStatistics:
    return BodyStatistics.model_validate_json(FILE.read_bytes())
