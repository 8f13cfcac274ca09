"""From a piece to all that it came from, and from a lot to all that it went into."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from contracts.model import Contract
from contracts.product import ManufacturingSpecification
from contracts.texts import Localised
from contracts.work_order import WorkOrderDocument, WorkOrderState

Standing = Literal["planned", "in_work", "made", "scrapped"]
_STANDING: Mapping[WorkOrderState, Standing] = {
    WorkOrderState.RELEASED: "planned",
    WorkOrderState.LEASED: "planned",
    WorkOrderState.ACKNOWLEDGED: "planned",
    WorkOrderState.COMPLETED: "made",
    WorkOrderState.CLOSED: "made",
    WorkOrderState.SCRAPPED: "scrapped",
}
"""Everything else is in work, or held in the middle of it."""
_WITHDRAWN = frozenset({WorkOrderState.CANCELLED, WorkOrderState.SUPERSEDED})


class LotUse(Contract):
    """Material of a lot in one run of one operation of a piece. ``in_work`` also while a fault holds it."""

    item: str
    lot: str | None
    quantity: int
    unit: str
    piece: str
    order: str
    operation: str
    item_label: Localised
    operation_label: Localised
    sequence: int
    attempt: int
    standing: Standing


class Origin(Contract):
    """What a piece came from, as far as it is made. ``operators``: their pseudonyms, never names."""

    piece: str
    order: str
    passport: str | None
    materials: tuple[LotUse, ...]
    machines: tuple[str, ...]
    gauges: tuple[Localised, ...]
    operators: tuple[str, ...]


def lot_uses(
    order: str, documents: Iterable[tuple[WorkOrderDocument, WorkOrderState]], specification: ManufacturingSpecification
) -> list[LotUse]:
    """Every material of a piece's runs that were not withdrawn, by operation; ``documents``: all of the piece.

    Rework takes no material anew: what the run before it took stands as the operation's last run does.
    """
    runs: dict[int, list[tuple[WorkOrderDocument, WorkOrderState]]] = {}
    for document, state in sorted(documents, key=lambda run: run[0].attempt):
        if state not in _WITHDRAWN:
            runs.setdefault(document.operation.sequence, []).append((document, state))
    return [use for _, tried in sorted(runs.items()) for use in _of_operation(order, tried, _Words(specification))]


class _Words:
    """How people call what the specification names; what it does not know is called as it is."""

    def __init__(self, specification: ManufacturingSpecification) -> None:
        self._items = {line.item: line.label for line in specification.materials}
        self._operations = {step.sequence: step.label for step in specification.routing}

    def item(self, name: str) -> Localised:
        return self._items.get(name, Localised(en=name, zh=name))

    def operation(self, sequence: int, name: str) -> Localised:
        return self._operations.get(sequence, Localised(en=name, zh=name))


def _of_operation(order: str, runs: Sequence[tuple[WorkOrderDocument, WorkOrderState]], words: _Words) -> Iterator[LotUse]:
    """``runs`` of one operation, the last one last."""
    last_with_material = max((document.attempt for document, _ in runs if document.materials), default=0)
    for document, state in runs:
        stands = runs[-1][1] if document.attempt == last_with_material else state
        for material in document.materials:
            yield LotUse(
                item=material.material,
                lot=material.lot,
                quantity=material.quantity,
                unit=material.unit,
                piece=document.piece,
                order=order,
                operation=document.operation.name,
                item_label=words.item(material.material),
                operation_label=words.operation(document.operation.sequence, document.operation.name),
                sequence=document.operation.sequence,
                attempt=document.attempt,
                standing=_STANDING.get(stands, "in_work"),
            )
