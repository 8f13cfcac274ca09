"""Whatever order reports and values come in, and however often: the same end."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.events import NonConformanceRaised, OperationCompleted
from contracts.work_order import WorkOrderState
from ledger.database import engine_for
from mes_bridge.engine.work_orders import ReportedFact, begun_at, finished_at, worked
from tests.conftest import create_tables, new_ledger
from tests.unit.mes_bridge.shop import START, Shop

STORIES = {
    "made": ["started", "paused", "started", "progress", "completed", "runout", "tension"],
    "failed": ["started", "progress", "completed", "bad runout", "tension"],
    "measured early": ["started", "runout", "tension", "completed"],
    "corrected": ["started", "completed", "runout", "corrected runout", "tension"],
    "interrupted": ["started", "progress", "paused"],
    "scrapped": ["started", "progress", "scrapped"],
}
REPORTS = ("started", "paused", "progress", "completed", "scrapped")


def tell(shop: Shop, piece: str, story: list[str], order: list[int]) -> dict[str, Any]:
    """Tell the deeds of the story, each at its own time, in ``order``; what is known in the end."""
    work_order = shop.id_of(40, piece=piece)
    for number in order:
        deed = story[number]
        if deed in REPORTS:
            shop.report(work_order, deed, report=f"{piece}-r{number}", minutes=number)  # type: ignore[arg-type]
            continue
        corrects = f"{piece}-m{story.index('runout')}" if deed.startswith("corrected") else None
        value = "11" if deed.startswith("bad") else "10.05" if corrects else "10"
        name, at = f"{piece}-m{number}", START.replace(minute=number)
        shop.measure(work_order, deed.split()[-1], value, measurement=name, at=at, corrects=corrects)
    view = shop.service.work_order(work_order)
    return {
        "state": view.item.state,
        "started": view.started_at,
        "finished": view.finished_at,
        "open": view.open_checkpoints,
        "values": {one.characteristic.checkpoint: one.current and one.current.value for one in view.checkpoints},
        "reports": {one.report.removeprefix(piece) for one in view.reports},
        "failures": sum(event.nonconformance.key.piece == piece for event in shop.events(NonConformanceRaised)),
        "completions": sum(event.key.piece == piece for event in shop.events(OperationCompleted)),
        "follower": shop.service.work_order(shop.id_of(50, piece=piece)).item.state,
    }


@given(st.data())
def test_shuffled_and_repeated_tellings_end_alike(data: st.DataObject) -> None:
    story = STORIES[data.draw(st.sampled_from(sorted(STORIES)))]
    deeds = list(range(len(story)))
    order = data.draw(st.permutations(deeds + data.draw(st.lists(st.sampled_from(deeds), max_size=4))))
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for(f"sqlite:///{folder}/lotone.db")
        create_tables(engine)
        shop = Shop(new_ledger(engine, Path(folder)))
        for piece in ("piece_1", "piece_2"):
            shop.release(piece, sequences=(40, 50))
        try:
            assert tell(shop, "piece_1", story, order) == tell(shop, "piece_2", story, deeds)
        finally:
            shop.ledger.close()


KINDS = st.sampled_from(REPORTS)
FACTS = st.lists(st.tuples(KINDS, st.integers(0, 59)), max_size=8)


@given(FACTS, st.randoms(use_true_random=False))
def test_what_was_done_does_not_depend_on_the_order_of_telling(facts: list[tuple[Any, int]], chance: Any) -> None:
    told = [ReportedFact(str(number), kind, START.replace(minute=minute)) for number, (kind, minute) in enumerate(facts)]
    shuffled = told + told[:2]
    chance.shuffle(shuffled)
    assert worked(shuffled) == worked(told)
    assert begun_at(shuffled) == begun_at(told)
    assert finished_at(shuffled) == finished_at(told)
    kinds = {kind for kind, _ in facts}
    if "scrapped" in kinds:
        assert worked(told) is WorkOrderState.SCRAPPED
    elif "completed" in kinds:
        assert worked(told) is WorkOrderState.COMPLETED
