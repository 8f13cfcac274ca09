"""`python -m scheduler.compiling`: compile all searches once, so that no first plan or `solve` waits for it. Part of `make setup`."""

from random import Random

from scheduler.benchmark import MONDAY_S, drawn_operations, drawn_plant
from scheduler.engine.operations import DAY_S
from scheduler.engine.planning import plan_days
from scheduler.engine.shop.annealing import Annealing
from scheduler.engine.shop.dispatch import Rule, dispatched
from scheduler.engine.shop.shop import Objective, Schedule, Shop, value, without_setups
from scheduler.engine.shop.tabu import TabuSearch

STEPS = 100
TWO = ((0, 2), (1, 3))
SHOP = Shop(2, ((TWO, TWO), (TWO, TWO)), (0, 0), (1, 1), (1, 1), without_setups(4, 2))


class FewSteps:
    """An exchange that ends soon; nobody wants the schedules."""

    def __init__(self, objective: Objective) -> None:
        schedule = dispatched(SHOP, Rule.FIFO)
        self._best, self._done = (value(SHOP, schedule, objective), schedule), 0

    def spent(self) -> float:
        return self._done / STEPS

    def remaining_s(self) -> float:
        return 1.0

    def work(self, steps: int) -> None:
        self._done += max(1, steps)

    def best(self) -> tuple[int, Schedule]:
        return self._best

    def found(self, value: int, schedule: Schedule) -> None:
        self._best = value, schedule

    def proved(self, bound: int) -> None:
        """No bound is asked for."""


def main() -> None:
    """Each search, for a few steps."""
    TabuSearch(SHOP, 1, 0, FewSteps(Objective.MAKESPAN)).run()
    Annealing(SHOP, 1, 0, FewSteps(Objective.WEIGHTED_TARDINESS)).run()
    plant = drawn_plant(1, 1, horizon_days=5)
    plan_days(plant, drawn_operations(Random(1), plant, 3, 1, (DAY_S, 3 * DAY_S)), MONDAY_S)  # noqa: S311


if __name__ == "__main__":
    main()
