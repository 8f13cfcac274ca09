"""Free time of a machine or person: an empty stretch (work reported done in the second it began) changes nothing."""

from scheduler.engine.capacity import FreeTime


def test_taking_an_empty_stretch_does_not_split_free_time() -> None:
    free = FreeTime([(0, 100)])
    free.take(50, 50)
    assert free.covers(40, 60)
    assert (free.starts, free.ends) == ([0], [100])


def test_giving_an_empty_stretch_frees_nothing() -> None:
    free = FreeTime([(0, 100)])
    free.take(20, 80)
    free.give(50, 50)
    assert (free.starts, free.ends) == ([0, 80], [20, 100])
