"""What the wiring says of the plant is what the plant says of itself."""

from lotone.seed import PLANT_FILE
from lotone.wiring import PLANT, TIME_ZONE
from scheduler.engine.plant import parse_plant


def test_papers_tell_the_time_of_the_plant() -> None:
    plant = parse_plant(PLANT_FILE.read_text(encoding="utf-8"))
    assert (plant.plant, plant.time_zone) == (PLANT, TIME_ZONE)
