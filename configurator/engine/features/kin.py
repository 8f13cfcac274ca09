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
        # Kin may be in several parts, when bounds of its group are settled.
        kin = [own for alike in found.alike if len(own := [place[each] for each in alike if each in place]) > 1]
        self._members: Places = np.array([each for alike in kin for each in alike], dtype=np.int64)
        self._sizes = np.array([len(alike) for alike in kin], dtype=np.int64)
        self._begin = np.cumsum(self._sizes) - self._sizes

    def speakers(self, doubted: Signs, settled: Signs) -> Places:
        """Leaves at most one of each kin in doubt, its speaker. ``settled``: not 0 for the decided ones. A place for each kin."""
        if not len(self._members):
            return self._members
        own, free = doubted[self._members], settled[self._members] == 0
        least = np.minimum.reduceat(np.where(free, own, 2), self._begin)
        most = np.maximum.reduceat(np.where(free, own, -2), self._begin)
        # Decided ones of a kin come last, so that the speaker is a free one where there is one.
        speakers: Places = np.minimum.reduceat(np.where(free, self._members, self._members + len(doubted)), self._begin) % len(doubted)
        doubted[self._members] = 0
        # Seen both ways, be it of different members, is seen of each.
        alike = (least == most) & (least != 0)
        doubted[speakers[alike]] = least[alike]
        return speakers

    def follow(self, speakers: Places, settled: Signs) -> None:
        """What was settled of a speaker holds of its kin."""
        if len(self._members):
            own = settled[self._members]
            settled[self._members] = np.where(own == 0, np.repeat(settled[speakers], self._sizes), own)
