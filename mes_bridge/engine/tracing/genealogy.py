"""From a piece to all that it came from, and from a lot to all that it went into."""

from collections.abc import Iterable, Mapping
from typing import Literal

from contracts.model import Contract
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
    gauges: tuple[str, ...]
    operators: tuple[str, ...]


def lot_uses(order: str, documents: Iterable[tuple[WorkOrderDocument, WorkOrderState]]) -> list[LotUse]:
    """Every material of the runs that were not withdrawn, by operation."""
    found = [
        LotUse(
            item=material.material,
            lot=material.lot,
            quantity=material.quantity,
            unit=material.unit,
            piece=document.piece,
            order=order,
            operation=document.operation.name,
            sequence=document.operation.sequence,
            attempt=document.attempt,
            standing=_STANDING.get(state, "in_work"),
        )
        for document, state in documents
        if state not in _WITHDRAWN
        for material in document.materials
    ]
    return sorted(found, key=lambda use: (use.piece, use.sequence, use.attempt, use.item, use.lot or ""))
