"""How an order's story stands on its page: newest first, day by day, small events folded together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby

from storefront.viewing import StoryEntry

SMALL = frozenset({"storefront.story.completed"})
FEWEST = 3
"""So many small events in a row stand folded."""


@dataclass(frozen=True)
class Told:
    """One event, or several small ones in a row."""

    entries: tuple[StoryEntry, ...]

    @property
    def folded(self) -> bool:
        return len(self.entries) > 1

    @property
    def name(self) -> str:
        """The same as long as the fold begins with the same event."""
        return f"fold-{self.entries[-1].number}"


@dataclass(frozen=True)
class Day:
    at: datetime
    told: tuple[Told, ...]


def by_day(story: Sequence[StoryEntry], zone: tzinfo) -> list[Day]:
    """The days in ``zone``, newest first, in each the newest event first."""
    newest_first = sorted(story, key=lambda entry: (entry.at, entry.number), reverse=True)
    days = groupby(newest_first, key=lambda entry: entry.at.astimezone(zone).date())
    return [Day(entries[0].at, tuple(_told(entries))) for _, group in days if (entries := list(group))]


def _told(entries: Sequence[StoryEntry]) -> Iterator[Told]:
    for small, group in groupby(entries, key=lambda entry: entry.message.id in SMALL):
        run = tuple(group)
        if small and len(run) >= FEWEST:
            yield Told(run)
        else:
            yield from (Told((entry,)) for entry in run)
