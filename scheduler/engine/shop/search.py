"""What does every search of the shop talk to: who takes its schedules, tells of others' and says when to stop."""

from typing import Protocol

from scheduler.engine.shop.shop import Schedule


class Exchange(Protocol):
    """The other side of a search; the clock stands there."""

    def spent(self) -> float:
        """Share of the time (or work) that is over, from 0; from 1 on the search ends."""

    def remaining_s(self) -> float:
        """Seconds that are left, for a solver that takes a time limit."""

    def found(self, value: int, schedule: Schedule) -> None:
        """A schedule that is better than every one before it in this search."""

    def proved(self, bound: int) -> None:
        """No schedule has a smaller value."""

    def best(self) -> tuple[int, Schedule]:
        """The best schedule of all searches so far."""

    def work(self, steps: int) -> None:
        """So many steps have been done."""
