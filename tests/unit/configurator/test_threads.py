"""One compiled family answers many threads as it answers one."""

import random
from concurrent.futures import ThreadPoolExecutor

from configurator.engine.configurator import CompiledFamily, State, compile_family
from configurator.engine.decisions import NONE, Decisions, Select, SetNumber
from configurator.engine.family.family import Family

THREADS = 8
DESIGNS = 200


def designed(compiled: CompiledFamily, seed: int) -> list[State]:
    """A few random clicks that work."""
    chance = random.Random(seed)
    decisions: Decisions = NONE
    states = [compiled.state(decisions)]
    for _ in range(2):
        state = states[-1]
        if chance.random() < 0.3:
            name = chance.choice(list(state.numbers))
            low, high, step = chance.choice(state.numbers[name])
            change: Select | SetNumber = SetNumber(set=name, value=chance.randrange(low, high + 1, step))
        else:
            change = Select(select=chance.choice(sorted(name for name, status in state.statuses.items() if status == "open")))
        decisions = compiled.decide(decisions, [change])
        states.append(compiled.state(decisions))
    return states


def test_eight_threads_give_the_answers_of_one(shelf: Family) -> None:
    alone = compile_family(shelf)
    expected = [designed(alone, seed) for seed in range(DESIGNS)]
    shared = compile_family(shelf)

    def all_designs(thread: int) -> list[list[State]]:
        order = list(range(DESIGNS))
        random.Random(thread).shuffle(order)
        found = {seed: designed(shared, seed) for seed in order}
        return [found[seed] for seed in range(DESIGNS)]

    with ThreadPoolExecutor(THREADS) as pool:
        for found in pool.map(all_designs, range(THREADS)):
            assert found == expected
