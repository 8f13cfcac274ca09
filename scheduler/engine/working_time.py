"""How long was an operation really worked on between its reported start and end?"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from scheduler.engine.calendar import Stretch, merged


def worked_s(began_s: int, ended_s: int, windows: Sequence[Stretch], pauses: Iterable[Stretch] = ()) -> int:
    """Seconds from start to end without closed hours and reported pauses.

    ``windows``: when the machine could work, sorted and disjoint (closed hours, maintenance and breakdowns are the gaps). A gap is taken
    off when it lies between start and end as a whole: the piece waited through it. Who starts before the shift or finishes after it
    works there, in overtime that the calendar may not know.
    """
    gaps = [(end, start) for (_, end), (start, _) in pairwise(windows) if began_s <= end and start <= ended_s]
    breaks = [(max(start, began_s), min(end, ended_s)) for start, end in pauses]
    return max(0, ended_s - began_s - sum(end - start for start, end in merged((*gaps, *breaks))))
