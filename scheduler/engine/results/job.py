"""A piece on its way through the simulated plant."""

from dataclasses import dataclass

from scheduler.engine.results.world import Floor, Order


@dataclass(slots=True, eq=False)
class Job:
    """A piece for an order, or for stock (``order`` None). Times in open seconds."""

    rank: float
    """First come, first served: when it came."""
    variant: int
    family: int
    figures: tuple[float, ...]
    luck: tuple[float, ...]
    order: Order | None
    next_step: int = 0
    """The step that waits; one more while it runs."""
    due_s: float = 0.0
    begun_s: float | None = None
    running_until_s: float | None = None
    """As believed, while a step runs."""

    def run_s(self, floor: Floor, step: int, machine: int) -> float:
        """How long the work really takes there."""
        ratios = floor.ratios[step][machine]
        return self.figures[step] * ratios[int(self.luck[step] * len(ratios))]
