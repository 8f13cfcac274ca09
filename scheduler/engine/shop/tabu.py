"""How is a makespan shortened step by step? Tabu search over critical moves, from a population of good schedules that are mixed.

Nowicki and Smutnicki 1996 (tabu search on critical blocks); Peng, Lü and Cheng 2015 (a small population, relinked).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scheduler.engine.compiled import compiled
from scheduler.engine.drawing import Drawn, draw, seeded
from scheduler.engine.shop.arrays import FIRST_CHOICE, LAST_CHOICE, MACHINE, PREV, Numbers, ShopArrays, arrays_of, job_of
from scheduler.engine.shop.graph import HEAD, Graph, graph_of, put_in, take_out, weigh
from scheduler.engine.shop.neighbourhood import Memory, critical_path, make, memory_of, to_other_machines, within_blocks
from scheduler.engine.shop.search import Exchange
from scheduler.engine.shop.shop import Schedule, Shop

POPULATION = 8
PATIENCE = 4000
"""Steps without a better schedule after which a search ends, in shops of middling size."""
CHUNK = 100_000
"""Operations weighed between two looks at the clock."""


@compiled
def walk(
    shop: ShopArrays, graph: Graph, memory: Memory, drawn: Drawn, counts: Numbers, best_machine: Numbers, best_head: Numbers, steps: int
) -> None:
    """Up to so many steps of tabu search; ``counts`` is (step, last better step, makespan, best makespan, patience, stuck).

    The best schedule is in ``best_machine`` and ``best_head``. ``graph`` must have been weighed.
    """
    n, m = shop.took.shape
    for _ in range(steps):
        step = counts[0]
        if counts[5] or step - counts[1] > counts[4]:
            return
        counts[0] += 1
        length = critical_path(shop, graph, counts[2], memory.path, drawn)
        memory.chosen[:] = 0
        within_blocks(shop, graph, memory, length, step, counts[3], drawn)
        to_other_machines(shop, graph, memory, length, step, counts[3], drawn)
        if memory.chosen[4] == 0 and memory.chosen[5] == 0:
            counts[5] = 1
            return
        operation = memory.chosen[0]
        here, before = graph.ops[operation, MACHINE], graph.ops[operation, PREV]
        tenure = 10 + n // (2 * m) + draw(drawn, 10 + n // (2 * m))
        if memory.chosen[1] != here:
            tenure = 5 + length // 2 + draw(drawn, 5 + length // 2)
        make(shop, graph, memory, step, tenure)
        makespan = weigh(shop, graph)
        if makespan < 0:
            take_out(graph, operation)
            put_in(shop, graph, operation, here, before)
            makespan = weigh(shop, graph)
        counts[2] = makespan
        if makespan < counts[3]:
            counts[3], counts[1] = makespan, counts[0]
            best_machine[:] = graph.ops[:, MACHINE]
            best_head[:] = graph.ops[:, HEAD]


class Person(NamedTuple):
    """One schedule of the population."""

    makespan: int
    machine: Numbers
    start: Numbers


class TabuSearch:
    """One tabu search after the other; every better schedule is told to the exchange."""

    def __init__(self, shop: Shop, seed: int, stream: int, exchange: Exchange) -> None:
        self._shop, self._exchange = arrays_of(shop), exchange
        self._drawn, self._memory = seeded(seed, stream), memory_of(self._shop)
        self._random = np.random.default_rng([seed, stream, 1])
        self._chunk = max(1, CHUNK // max(1, shop.operations))
        self._told = exchange.best()[0]

    def run(self) -> None:
        """Until the exchange says that it is over. The first schedule is the exchange's best."""
        known = self._known()
        people = [self._improved(known.machine, known.start)]
        while self._exchange.spent() < 1 and len(people) < POPULATION:
            people.append(self._improved(*self._shaken(people[0])))
        while self._exchange.spent() < 1:
            if self._exchange.best()[0] < min(person.makespan for person in people):
                people[_worst(people)] = self._known()
            one, other = (people[place] for place in self._random.choice(len(people), 2, replace=False))
            _replace(people, self._improved(*self._mixed(one, other)))

    def _known(self) -> Person:
        value, schedule = self._exchange.best()
        return Person(value, np.array(schedule.machine, dtype=np.int64), np.array(schedule.start, dtype=np.int64))

    def _improved(self, machine: Numbers, start: Numbers) -> Person:
        """Where tabu search comes to from a schedule."""
        shop, memory = self._shop, self._memory
        graph = graph_of(shop, machine, start)
        makespan = weigh(shop, graph)
        counts = np.array([0, 0, makespan, makespan, PATIENCE, 0], dtype=np.int64)
        machine, start = graph.ops[:, MACHINE].copy(), graph.ops[:, HEAD].copy()
        memory.pair_until[:], memory.machine_until[:] = 0, 0
        while self._exchange.spent() < 1:
            before = counts[0]
            walk(shop, graph, memory, self._drawn, counts, machine, start, self._chunk)
            self._exchange.work(int(counts[0] - before))
            if counts[3] < self._told:
                self._told = int(counts[3])
                self._exchange.found(self._told, Schedule(machine.tolist(), start.tolist()))
            if counts[5] or counts[0] - counts[1] > counts[4]:
                break
        return Person(int(counts[3]), machine, start)

    def _mixed(self, one: Person, other: Person) -> tuple[Numbers, Numbers]:
        """Between two schedules: starts are averaged, which keeps every job's order, and each machine is one or the other's."""
        share = self._random.uniform(0.3, 0.7)
        machine = np.where(self._random.random(len(one.machine)) < share, other.machine, one.machine)
        return machine, self._ranks(one.start * (1 - share) + other.start * share)

    def _shaken(self, person: Person) -> tuple[Numbers, Numbers]:
        """The same with the starts of whole jobs stretched at random, and a tenth of the operations on any machine of theirs."""
        shop, machine = self._shop, person.machine.copy()
        for operation in np.flatnonzero(self._random.random(len(machine)) < 0.1):
            machine[operation] = self._random.choice(shop.choices[shop.ops[operation, FIRST_CHOICE] : shop.ops[operation, LAST_CHOICE]])
        job = job_of(shop)
        stretch = self._random.uniform(0.7, 1.3, job[-1] + 1)
        return machine, self._ranks(person.start * stretch[job])

    def _ranks(self, key: NDArray[np.float64]) -> Numbers:
        """Starts that only say the sequence; jobs keep their order. Times without room for the work are put right by ``weigh``."""
        ranks = np.empty(len(key), dtype=np.int64)
        ranks[np.lexsort((np.arange(len(key)), key))] = np.arange(len(key))
        return ranks * RANK


RANK = 1 << 40
"""Farther apart than any duration, so that a sequence by start, then end, is the sequence of the ranks."""


def _worst(people: Sequence[Person]) -> int:
    return max(range(len(people)), key=lambda place: people[place].makespan)


def _replace(people: list[Person], child: Person) -> None:
    """The child takes the place of somebody equal to it, else of the worst, when it is no worse."""
    for place, person in enumerate(people):
        if person.makespan == child.makespan and _distance(person, child) <= 2:
            people[place] = child
            return
    worst = _worst(people)
    if child.makespan <= people[worst].makespan:
        people[worst] = child


def _distance(one: Person, other: Person) -> int:
    """Operations that stand elsewhere or at another time."""
    return int(np.count_nonzero((one.machine != other.machine) | (one.start != other.start)))
