"""Which lot, awaited receipt or new purchase serves a line of a bill of materials, and from when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contracts.plan import AllocatedMaterial
from contracts.product import BomLine
from contracts.units import Unit
from scheduler.engine.operations import DAY_S
from scheduler.engine.plant import Plant


@dataclass(frozen=True, slots=True)
class Supply:
    """What is still unreserved of a lot (``lot`` set, there now) or of an awaited receipt."""

    supply: str
    item: str
    lot: str | None
    quantity: int
    available_s: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """A quantity of a supply reserved for an operation of a piece; ``supply`` None: to be purchased."""

    item: str
    operation: int
    supply: str | None
    lot: str | None
    quantity: int
    unit: Unit
    available_s: int

    def contract(self) -> AllocatedMaterial:
        return AllocatedMaterial(item=self.item, lot=self.lot, quantity=self.quantity, unit=self.unit)


def supplies_at(plant: Plant, opened_s: int) -> list[Supply]:
    """Stock and receipts of the plant file, taken into use at ``opened_s``."""
    result = []
    for name, item in plant.items.items():
        result += [Supply(lot.lot, name, lot.lot, lot.quantity, opened_s) for lot in item.lots]
        result += [Supply(entry.receipt, name, None, entry.quantity, opened_s + entry.in_days * DAY_S) for entry in item.receipts]
    return result


class Materials:
    """Unreserved supplies in memory."""

    def __init__(self, plant: Plant, supplies: Iterable[Supply]) -> None:
        self.plant = plant
        self._supplies: dict[str, list[Supply]] = {}
        for supply in supplies:
            self._supplies.setdefault(supply.item, []).append(supply)
        for entries in self._supplies.values():
            entries.sort(key=lambda entry: (entry.lot is None, entry.available_s, entry.supply))

    def supplies(self) -> list[Supply]:
        return [supply for entries in self._supplies.values() for supply in entries]

    def allocate(self, lines: Sequence[BomLine], now_s: int) -> list[Allocation]:
        """What would serve the lines (each in turn, not twice the same), earliest supply first; takes nothing yet.

        A line comes from one supply where one is enough and not later than several; what no supply covers is bought.
        """
        taken: dict[str, int] = {}
        return [allocation for line in lines for allocation in self._line(line, taken, now_s)]

    def _line(self, line: BomLine, taken: dict[str, int], now_s: int) -> list[Allocation]:
        open_quantity = line.quantity
        parts: list[Allocation] = []
        for supply in self._supplies.get(line.item, ()):
            left = supply.quantity - taken.get(supply.supply, 0)
            if left <= 0:
                continue
            available = max(now_s, supply.available_s)
            if left >= line.quantity and (not parts or supply.lot is not None):
                parts, open_quantity = [self._part(line, supply, line.quantity, available)], 0
                break
            if open_quantity > 0:
                quantity = min(left, open_quantity)
                parts.append(self._part(line, supply, quantity, available))
                open_quantity -= quantity
        if open_quantity > 0:
            available = now_s + self.lead_s(line.item)
            parts.append(Allocation(line.item, line.operation, None, None, open_quantity, line.unit, available))
        for part in parts:
            if part.supply is not None:
                taken[part.supply] = taken.get(part.supply, 0) + part.quantity
        return parts

    @staticmethod
    def _part(line: BomLine, supply: Supply, quantity: int, available_s: int) -> Allocation:
        return Allocation(line.item, line.operation, supply.supply, supply.lot, quantity, line.unit, available_s)

    def lead_s(self, item: str) -> int:
        """Seconds until a purchase made now is there."""
        entry = self.plant.items.get(item)
        return (entry.lead_days if entry else self.plant.unlisted_item_lead_days) * DAY_S

    def take(self, allocations: Iterable[Allocation]) -> None:
        """Reserve them."""
        self._change(allocations, -1)

    def give_back(self, allocations: Iterable[Allocation]) -> None:
        """Free what was reserved (not what was bought for it)."""
        self._change(allocations, 1)

    def _change(self, allocations: Iterable[Allocation], sign: int) -> None:
        for allocation in allocations:
            entries = self._supplies.get(allocation.item, [])
            for index, supply in enumerate(entries):
                if supply.supply == allocation.supply:
                    entries[index] = replace(supply, quantity=supply.quantity + sign * allocation.quantity)
