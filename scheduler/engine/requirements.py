"""What does the plan need of each material, on which day, where does it come from, and what has to be bought by when?"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.units import Unit
from scheduler.engine.calendar import local_day
from scheduler.engine.operations import DAY_S
from scheduler.engine.plant import Plant


class Source(StrEnum):
    STOCK = "stock"
    AWAITED = "awaited"
    """A delivery that is on its way already."""
    BOUGHT = "bought"
    """A purchase that a promise counts on."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is reserved of one supply for one operation that has not begun."""

    item: str
    unit: Unit
    quantity: int
    source: Source
    order: str
    start_s: int
    """When the operation begins."""
    due_s: int
    """When the supply is to be there."""


@dataclass
class Requirement:
    """Of one material on one day of the plant; quantities in ``unit``."""

    item: str
    unit: Unit
    day: date
    needed_s: int
    """When the first operation of that day begins."""
    by_source: dict[Source, int] = field(default_factory=lambda: dict.fromkeys(Source, 0))
    orders: set[str] = field(default_factory=set)
    due_s: int | None = None
    """When what is bought is to be there by the promises that count on it."""
    order_by_s: int | None = None
    """The latest moment at which what is bought can be ordered and still be there when work begins."""

    @property
    def quantity(self) -> int:
        return sum(self.by_source.values())


def requirements(plant: Plant, needs: Iterable[Need]) -> list[Requirement]:
    """By day and item."""
    found: dict[tuple[date, str, Unit], Requirement] = {}
    for need in sorted(needs, key=lambda each: (each.start_s, each.order)):
        day = local_day(plant, need.start_s)
        row = found.setdefault((day, need.item, need.unit), Requirement(need.item, need.unit, day, need.start_s))
        row.by_source[need.source] += need.quantity
        row.orders.add(need.order)
        if need.source is Source.BOUGHT:
            row.due_s = need.due_s if row.due_s is None else min(row.due_s, need.due_s)
            order_by_s = need.start_s - lead_s(plant, need.item)
            row.order_by_s = order_by_s if row.order_by_s is None else min(row.order_by_s, order_by_s)
    return [found[key] for key in sorted(found)]


def lead_s(plant: Plant, item: str) -> int:
    """Seconds from the purchase to the delivery."""
    known = plant.items.get(item)
    return (known.lead_days if known is not None else plant.unlisted_item_lead_days) * DAY_S


def left_after(requirements_of: Iterable[Requirement], on_hand: dict[str, int]) -> dict[int, int]:
    """What is left of each item's stock after each requirement, by its place in the list; ``on_hand``: lots and whatever is reserved."""
    taken: defaultdict[str, int] = defaultdict(int)
    left = {}
    for number, row in enumerate(requirements_of):
        taken[row.item] += row.by_source[Source.STOCK]
        left[number] = on_hand.get(row.item, 0) - taken[row.item]
    return left
