"""Random small shops: every rule, move and search keeps schedules feasible, and the values are as counted anew."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.engine.drawing import seeded
from scheduler.engine.shop.annealing import START, Annealing, anneal, connect, line_of
from scheduler.engine.shop.arrays import AFTER, MACHINE, arrays_of
from scheduler.engine.shop.atcs import dispatched_by_urgency, urgencies
from scheduler.engine.shop.bounds import lower_bound
from scheduler.engine.shop.checking import require_feasible
from scheduler.engine.shop.dispatch import Rule, dispatched
from scheduler.engine.shop.exact import solve_exactly
from scheduler.engine.shop.graph import HEAD, graph_of, weigh
from scheduler.engine.shop.neighbourhood import memory_of
from scheduler.engine.shop.shop import Objective, Schedule, Setups, Shop, value, without_setups
from scheduler.engine.shop.tabu import TabuSearch, walk

PLENTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def shops(draw: st.DrawFn, most_jobs: int = 6) -> Shop:
    machines = draw(st.integers(1, 4))
    duration = st.integers(0, 9)
    operation = st.dictionaries(st.integers(0, machines - 1), duration, min_size=1).map(lambda found: tuple(sorted(found.items())))
    jobs = tuple(tuple(job) for job in draw(st.lists(st.lists(operation, min_size=1, max_size=4), min_size=1, max_size=most_jobs)))
    count = sum(len(job) for job in jobs)
    numbers = st.lists(st.integers(0, 20), min_size=len(jobs), max_size=len(jobs)).map(tuple)
    setups = without_setups(count, machines)
    if draw(st.booleans()):
        families = draw(st.integers(1, 3))
        row = st.lists(st.integers(0, 6), min_size=families, max_size=families).map(tuple)
        matrix = tuple(draw(st.lists(row, min_size=families, max_size=families)))
        class_of = tuple(draw(st.lists(st.integers(0, families - 1), min_size=count, max_size=count)))
        setups = Setups(class_of, (0,) * machines, (matrix,))
    return Shop(machines, jobs, draw(numbers), draw(numbers), draw(numbers), setups)


class Steps:
    """An exchange that counts steps instead of seconds and checks whatever it is told."""

    def __init__(self, shop: Shop, objective: Objective, steps: int) -> None:
        self.shop, self.objective, self.steps, self.done, self.bound = shop, objective, steps, 0, 0
        first = dispatched(shop, Rule.FIFO)
        self.known = value(shop, first, objective), first

    def spent(self) -> float:
        return self.done / self.steps

    def remaining_s(self) -> float:
        return 60.0

    def work(self, steps: int) -> None:
        self.done += max(1, steps)

    def best(self) -> tuple[int, Schedule]:
        return self.known

    def proved(self, bound: int) -> None:
        self.bound = max(self.bound, bound)

    def found(self, told: int, schedule: Schedule) -> None:
        require_feasible(self.shop, schedule)
        assert told == value(self.shop, schedule, self.objective)
        if told < self.known[0]:
            self.known = told, schedule


def as_schedule(machine: np.ndarray, start: np.ndarray) -> Schedule:
    return Schedule(machine.tolist(), start.tolist())


@PLENTY
@given(shops(), st.sampled_from(list(Rule)))
def test_rules_give_schedules_above_the_bound(shop: Shop, rule: Rule) -> None:
    schedule = dispatched(shop, rule)
    require_feasible(shop, schedule)
    for objective in Objective:
        assert lower_bound(shop, objective) <= value(shop, schedule, objective)


@PLENTY
@given(shops(), st.sampled_from(list(urgencies())))
def test_urgency_gives_schedules(shop: Shop, setting: tuple[float, float, float]) -> None:
    arrays = arrays_of(shop)
    shortest = np.array([min(took for _, took in eligible) for job in shop.eligible for eligible in job], dtype=np.float64)
    require_feasible(shop, as_schedule(*dispatched_by_urgency(arrays, shortest, *setting)))


@PLENTY
@given(shops(), st.integers(0, 1000))
def test_each_critical_move_keeps_a_schedule_feasible(shop: Shop, seed: int) -> None:
    arrays, schedule = arrays_of(shop), dispatched(shop, Rule.FIFO)
    graph = graph_of(arrays, np.array(schedule.machine), np.array(schedule.start))
    makespan = weigh(arrays, graph)
    memory, drawn = memory_of(arrays), seeded(seed)
    counts = np.array([0, 0, makespan, makespan, 1000, 0], dtype=np.int64)
    for _ in range(20):
        walk(arrays, graph, memory, drawn, counts, graph.ops[:, MACHINE].copy(), graph.ops[:, HEAD].copy(), 1)
        told = as_schedule(graph.ops[:, MACHINE], graph.ops[:, HEAD])
        require_feasible(shop, told)
        assert counts[2] == value(shop, told, Objective.MAKESPAN)


@PLENTY
@given(shops(), st.integers(0, 1000), st.sampled_from([0.0, 5.0, 1000.0]))
def test_each_annealing_move_keeps_a_schedule_feasible_and_its_cost_exact(shop: Shop, seed: int, heat: float) -> None:
    arrays, schedule = arrays_of(shop), dispatched(shop, Rule.FIFO)
    line = line_of(arrays, np.array(schedule.machine), np.array(schedule.start))
    cost = connect(arrays, line)
    counts, drawn = np.array([cost, cost, 0, 0], dtype=np.int64), seeded(seed)
    ends = np.flatnonzero(arrays.ops[:, AFTER] < 0)
    for _ in range(30):
        anneal(arrays, line, ends, drawn, counts, line.ops[:, MACHINE].copy(), line.ops[:, START].copy(), 1, heat)
        told = as_schedule(line.ops[:, MACHINE], line.ops[:, START])
        require_feasible(shop, told)
        assert counts[0] == value(shop, told, Objective.WEIGHTED_TARDINESS)


@FEW
@given(shops(most_jobs=3))
def test_searches_reach_the_proved_optimum_of_small_shops_or_stay_above_it(shop: Shop) -> None:
    for objective, search in ((Objective.MAKESPAN, TabuSearch), (Objective.WEIGHTED_TARDINESS, Annealing)):
        exact = Steps(shop, objective, 10)
        solve_exactly(shop, objective, 1, exact)
        assert exact.known[0] == exact.bound
        tried = Steps(shop, objective, 3000)
        search(shop, 1, 0, tried).run()
        assert exact.bound <= tried.known[0]


@FEW
@given(shops(), st.integers(0, 1000))
def test_the_same_seed_and_work_give_the_same_schedule(shop: Shop, seed: int) -> None:
    for objective, search in ((Objective.MAKESPAN, TabuSearch), (Objective.WEIGHTED_TARDINESS, Annealing)):
        answers = []
        for _ in range(2):
            steps = Steps(shop, objective, 500)
            search(shop, seed, 0, steps).run()
            answers.append((steps.known[0], list(steps.known[1].machine), list(steps.known[1].start)))
        assert answers[0] == answers[1]
