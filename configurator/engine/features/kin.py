"""Features that can take each other's place: leaves of one group that no constraint names. What holds of one holds of all."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from configurator.engine.features.clauses import Clauses

Signs = NDArray[np.int8]
Places = NDArray[np.int64]


class Kin:
    """Of the features of a part, by their places. Decisions part the decided ones from the rest, which stay alike."""

    def __init__(self, features: Sequence[int], found: Clauses) -> None:
        place = {feature: at for at, feature in enumerate(features)}
        self._members = [np.array([place[each] for each in alike]) for alike in found.alike if alike[0] in place]
        self._of = np.full(len(features), -1, dtype=np.int64)
        for number, members in enumerate(self._members):
            self._of[members] = number

    def spoken_for(self, doubted: Signs, settled: Signs) -> list[Places]:
        """Leaves at most one of each kin in doubt, the first of those that are returned. ``settled``: not 0 for decided ones."""
        found = []
        for number in np.unique(self._of[doubted != 0]).tolist():
            if number < 0:
                continue
            members = self._members[number]
            alike = members[settled[members] == 0]
            # Seen both ways, be it of different members, is seen of each.
            doubt = doubted[alike]
            doubted[alike[1:] if (doubt == doubt[0]).all() else alike] = 0
            found.append(alike)
        return found
