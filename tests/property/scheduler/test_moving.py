"""A planner's move in drawn plants: what comes of it breaks no rule, moves nothing that stands still, and is only thought of."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduler.engine.moving import Wish, consequences, eligible, may_not_move, place_for, standstill
from scheduler.engine.validator import violations
from tests.property.scheduler.test_affected import NOW_S, drawn_shop, free_time
from tests.workshop import SLOT_S

seeds = st.integers(0, 2**32)


@given(seed=seeds)
def test_a_move_keeps_every_rule_and_says_so_only_when_it_does(seed: int) -> None:
    random = Random(seed)
    plan = drawn_shop(random)
    for key in random.sample(sorted(plan.operations), k=random.choice((0, 0, 1, 3))):
        plan.lay([(replace(plan.operations[key], pinned=True), plan.places[key])])
    in_hand = set(random.sample(sorted(plan.operations), k=random.choice((0, 1))))
    before, suspects, old = free_time(plan.index), set(plan.suspects or ()), dict(plan.places)
    still = standstill(plan, NOW_S, in_hand)
    faults = {fault.pointer for fault in violations(plan.index.plant, list(plan.operations.values()), old.values())}
    assert not faults
    for _ in range(6):
        key = random.choice(sorted(plan.operations))
        if may_not_move(plan, key, still, in_hand) is not None:
            assert key in still
            continue
        machines = eligible(plan.index.plant, plan.operations[key])
        near_s = old[key].start_s + SLOT_S * random.randint(-60, 120)
        wish = Wish(key, random.choice(machines), max(NOW_S, near_s) + random.choice((0, 0, 7)))
        found = place_for(plan, wish, NOW_S, still)
        if found.place is None:
            assert found.hindered is not None
            continue
        assert (found.place.start_s == wish.start_s) is (found.hindered is None)
        again = place_for(plan, replace(wish, start_s=found.place.start_s), NOW_S, still)
        assert (again.place, again.hindered) == (found.place, None), "what is offered can be had"
        outcome = consequences(plan, {key: found.place}, NOW_S, still)
        assert (free_time(plan.index), plan.suspects, plan.places) == (before, suspects, old), "it was only thought of"
        if outcome.hindered is not None:
            continue
        new = {**old, **outcome.places}
        assert new[key] == found.place
        assert all(new[each] == old[each] for each in plan.operations if each != key and (each in still or plan.operations[each].pinned))
        assert not violations(plan.index.plant, list(plan.operations.values()), new.values())
        if random.random() < 0.5:
            plan.lay([(plan.operations[each], place) for each, place in outcome.places.items()])
            before, suspects, old = free_time(plan.index), set(plan.suspects or ()), dict(plan.places)
            still = standstill(plan, NOW_S, in_hand)
