"""What was made last and may be asked for again: kept up to a number, the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Recent[Made]:
    """Shared by threads; two that ask for the same new thing at once may both make it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was made under the key, or what ``make`` makes now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._count:
                self._kept.popitem(last=False)
        return made
