"""What do plans of the same moment come to, side by side: promises, lateness, cost, energy?"""

from collections.abc import Mapping

from contracts.model import Contract, Instant
from contracts.plan import OperationKey
from contracts.units import Money
from scheduler.engine.delivery import promised_at
from scheduler.engine.operations import WAITING, Placement, instant
from scheduler.engine.plan_cost import plan_cost
from scheduler.engine.replan import finishes_of
from scheduler.live_plan import FIRM
from scheduler.snapshot import Snapshot


class PlanFigures(Contract):
    """What a plan comes to; times and costs are of what is still to be done."""

    late: int
    """Placed orders that it finishes after their promise."""
    late_by_s: int
    """By how much, all together."""
    overtime_s: int
    """Machine time outside of the weekly hours of the shifts."""
    setup_s: int
    energy_wh: int
    """Of the house's own machines."""
    overtime: Money
    """Price of that time."""
    setups: Money
    partners: Money
    energy: Money
    cost: Money
    """The four together."""


class ScenarioPromise(Contract):
    """An order whose expected date would be another one."""

    order: str
    promised_at: Instant
    expected_now_at: Instant
    expected_anew_at: Instant
    expected_then_at: Instant


class Comparison(Contract):
    """The plan as it stands, made anew without the scenario, and with it."""

    now: PlanFigures
    anew: PlanFigures
    then: PlanFigures
    moved: int
    """Operations that would stand elsewhere than now."""
    promises: tuple[ScenarioPromise, ...]
    """Whose date the scenario changes against the plan made anew, the most helped first."""
    tried_at: Instant
    seq: int
    """Change of the plant's log on which it rests."""


def compared(at: Snapshot, anew: Mapping[OperationKey, Placement], then: Mapping[OperationKey, Placement]) -> Comparison:
    plant = at.plant
    finishes = [finishes_of(plant, places.values()) for places in (at.places, anew, then)]
    promises = []
    for order, promise in sorted(at.promises.items()):
        now_s, anew_s, then_s = (promised_at(plant, finish.get(order, promise.finish_s), promise.country) for finish in finishes)
        if anew_s != then_s:
            promises.append((then_s - anew_s, order, promise.promised_s, now_s, anew_s, then_s))
    return Comparison(
        now=figures(at, at.places),
        anew=figures(at, anew),
        then=figures(at, then),
        moved=sum(_where(place) != _where(at.places[key]) for key, place in then.items() if key in at.places),
        promises=tuple(
            ScenarioPromise(
                order=order,
                promised_at=instant(promised_s),
                expected_now_at=instant(now_s),
                expected_anew_at=instant(anew_s),
                expected_then_at=instant(then_s),
            )
            for _, order, promised_s, now_s, anew_s, then_s in sorted(promises)
        ),
        tried_at=instant(at.now_s),
        seq=at.seq,
    )


def figures(at: Snapshot, places: Mapping[OperationKey, Placement]) -> PlanFigures:
    """Of a plan for the snapshot's orders."""
    finishes = finishes_of(at.plant, places.values())
    late = [
        finishes[order] - promise.due_s
        for order, promise in at.promises.items()
        if promise.state == FIRM and finishes.get(order, 0) > promise.due_s
    ]
    waiting = {operation.key for operation in at.operations if operation.state in WAITING}
    cost = plan_cost(at.plant, (place for key, place in places.items() if key in waiting), at.now_s)

    def money(minor: int) -> Money:
        return Money(amount=minor, currency=at.plant.currency)

    return PlanFigures(
        late=len(late),
        late_by_s=sum(late),
        overtime_s=cost.beyond_s,
        setup_s=cost.setup_s,
        energy_wh=cost.energy_wh,
        overtime=money(cost.beyond_minor),
        setups=money(cost.setup_minor),
        partners=money(cost.partner_minor),
        energy=money(cost.energy_minor),
        cost=money(cost.total_minor),
    )


def _where(place: Placement) -> tuple[str, int]:
    return place.machine, place.start_s
