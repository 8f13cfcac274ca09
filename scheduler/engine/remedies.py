"""What would bring a late order forward? Each remedy is tried on the plan as it stands: what it gains, what it costs, who pays for it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from contracts.texts import Message
from contracts.units import Money
from scheduler.engine.calendar import Breakdown, OvertimeDay
from scheduler.engine.delivery import picked_up_at
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant
from scheduler.engine.trial import Trial, Tried


@dataclass(frozen=True)
class Remedy:
    """One thing that a planner could do for the order."""

    what: Message
    finish_s: int
    """When the order's last operation is then back in our house."""
    lateness_s: int
    cost: Money
    """Beyond what the plan as it stands costs."""
    delayed: tuple[str, ...] = ()
    """Orders that would miss their promise for it, or miss it by more."""


def remedies(
    plant: Plant,
    operations: Sequence[Operation],
    placements: Iterable[Placement],
    order: str,
    now_s: int,
    overtime: Collection[OvertimeDay] = (),
    breakdowns: Sequence[Breakdown] = (),
) -> tuple[Remedy, ...]:
    """What helps, the best first: least late, then fewest orders that pay for it, then cheapest. Frozen and begun operations stay.

    Only what reaches an earlier pick-up of the carrier helps. Tried are: free time as it is, overtime at each station that the order
    still needs and at all of them, each partner, and going first.
    """
    trial = Trial(plant, operations, placements, order, now_s, overtime, breakdowns)
    found = [_remedy(plant, trial, order, tried) for tried in trial.ways()]
    picked_up_s = picked_up_at(plant, trial.finish_s)
    useful = [remedy for remedy in found if picked_up_at(plant, remedy.finish_s) < picked_up_s]
    return tuple(sorted(useful, key=lambda remedy: (remedy.lateness_s, len(remedy.delayed), remedy.cost.amount, remedy.finish_s)))


def _remedy(plant: Plant, trial: Trial, order: str, tried: Tried) -> Remedy:
    after = trial.finishes_with(tried)
    finish_s = after[order]
    delayed = tuple(
        sorted(
            other
            for other, finish in after.items()
            if other != order and finish > max(trial.due.get(other, finish), trial.finishes.get(other, 0))
        )
    )
    cost = Money(amount=tried.cost_minor, currency=plant.currency)
    return Remedy(tried.what, finish_s, max(0, finish_s - trial.due[order]), cost, delayed)
