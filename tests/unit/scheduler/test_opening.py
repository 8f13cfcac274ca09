"""Open hours between two moments, against a count minute by minute."""

from random import Random

from scheduler.engine.opening import earlier_s, later_s, open_on, opened_s
from scheduler.engine.operations import instant
from scheduler.engine.plant import Plant, parse_plant
from tests.workshop import DRAWN, moment

MINUTE_S = 60
PLANT = parse_plant(DRAWN.format(holiday="2026-12-25", absent="2020-01-02", service="2020-01-03", setup_b=0, off=""))
SHUT = PLANT.model_copy(update={"shifts": {}})


def counted_s(plant: Plant, from_s: int, to_s: int) -> int:
    """Minutes in which a shift that began in the last two days runs."""
    days = [instant(86_400 * day).date() for day in range(from_s // 86_400 - 2, to_s // 86_400 + 2)]
    shifts = [stretch for day in days for stretch in open_on(plant, day)]
    return sum(MINUTE_S for at in range(from_s, to_s, MINUTE_S) if any(start <= at < end for start, end in shifts))


def test_open_hours_are_those_of_a_count_minute_by_minute_over_holidays_and_changes_of_the_clock() -> None:
    random = Random(3)
    for begin in ("2026-12-23T00:00", "2027-03-26T00:00", "2027-10-29T00:00"):
        for _ in range(8):
            from_s = moment(begin) + MINUTE_S * random.randrange(3000)
            to_s = from_s + MINUTE_S * random.randrange(3000)
            assert opened_s(PLANT, from_s, to_s) == counted_s(PLANT, from_s, to_s)


def test_later_and_earlier_go_so_many_open_seconds_and_no_further() -> None:
    random = Random(5)
    for _ in range(200):
        at = moment("2026-12-20T00:00") + random.randrange(30 * 86_400)
        wanted = random.randrange(1, 40 * 3600)
        later, earlier = later_s(PLANT, at, wanted), earlier_s(PLANT, at, wanted)
        assert opened_s(PLANT, at, later) == wanted
        assert opened_s(PLANT, at, later - 1) == wanted - 1
        assert opened_s(PLANT, earlier, at) == wanted
    assert later_s(PLANT, at, 0) == at


def test_a_plant_without_shifts_is_always_open() -> None:
    at = moment("2026-12-25T03:00")
    assert later_s(SHUT, at, 5000) == at + 5000
    assert opened_s(SHUT, at, at + 5000) == 5000
    assert earlier_s(SHUT, at, 5000) == at - 5000
