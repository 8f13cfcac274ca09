"""Every way to hurry an order keeps every rule of the plant, moves nothing that may not move, and says truly when orders finish."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduler.engine.replan import finishes_of
from scheduler.engine.rushing import ways
from scheduler.engine.trial import Trial
from scheduler.engine.validator import violations
from tests.property.scheduler.test_plans import NOW_S, at_later, drawn_plan
from tests.workshop import SLOT_S


@given(seed=st.integers(0, 2**32))
def test_every_way_keeps_every_rule_and_leaves_alone_what_it_must(seed: int) -> None:
    random = Random(seed)
    plant, operations, placements = drawn_plan(random)
    now_s = NOW_S + SLOT_S * random.randint(0, 200)
    operations = at_later(random, operations, placements, now_s)
    old = {place.key: place for place in placements}
    if violations(plant, operations, old.values()):
        return
    order = random.choice(sorted({operation.order for operation in operations}))
    still = {random.choice(operations).key}
    from_s = now_s + plant.planning.frozen_horizon_h * 3600 + 1
    trial = Trial(plant, operations, placements, order, now_s, from_s=from_s, still=still)
    kinds = []
    for tried in trial.ways():
        kinds.append(tried.kind)
        after = {**old, **tried.places}
        assert [(fault.pointer, fault.message) for fault in violations(plant, operations, after.values(), tried.overtime)] == []
        moved = [key for key, place in tried.places.items() if (place.start_s, place.machine) != (old[key].start_s, old[key].machine)]
        assert not still & set(moved)
        assert all(old[key].setup_start_s > from_s - 1 and tried.places[key].setup_start_s >= from_s for key in moved)
        assert trial.finishes_with(tried) == finishes_of(plant, after.values())
        assert (tried.cost_minor > 0) == (tried.kind.split(":")[0] in ("overtime", "partner"))
    found = ways(plant, trial, order, None)
    assert len(found) <= 3
    assert {way.tried.kind for way in found} <= set(kinds)
    assert all(way.finish_s < trial.finish_s for way in found)
