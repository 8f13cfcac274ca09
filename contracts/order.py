"""An order's life: states, allowed transitions, and what others may read of it."""

from enum import StrEnum

from contracts.model import Contract, Instant
from contracts.problems import TransitionRefused
from contracts.texts import Localised
from contracts.units import Money


class OrderState(StrEnum):
    DRAFT = "draft"
    HELD = "held"
    PLACED = "placed"
    PLANNED = "planned"
    RELEASED = "released"
    IN_PRODUCTION = "in_production"
    ON_HOLD = "on_hold"
    """A piece failed a checkpoint and waits for rework or remake."""
    INSPECTED = "inspected"
    SHIPPED = "shipped"
    IN_SERVICE = "in_service"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """A hold that ran out before payment."""


TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.DRAFT: frozenset({OrderState.HELD}),
    OrderState.HELD: frozenset({OrderState.PLACED, OrderState.EXPIRED, OrderState.CANCELLED}),
    OrderState.PLACED: frozenset({OrderState.PLANNED, OrderState.CANCELLED}),
    OrderState.PLANNED: frozenset({OrderState.RELEASED, OrderState.CANCELLED}),
    OrderState.RELEASED: frozenset({OrderState.IN_PRODUCTION, OrderState.PLANNED, OrderState.CANCELLED}),
    OrderState.IN_PRODUCTION: frozenset({OrderState.ON_HOLD, OrderState.INSPECTED, OrderState.PLANNED, OrderState.CANCELLED}),
    OrderState.ON_HOLD: frozenset({OrderState.IN_PRODUCTION, OrderState.PLANNED, OrderState.CANCELLED}),
    OrderState.INSPECTED: frozenset({OrderState.SHIPPED}),
    OrderState.SHIPPED: frozenset({OrderState.IN_SERVICE}),
    OrderState.IN_SERVICE: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.EXPIRED: frozenset(),
}

CANCELLABLE_BY_CUSTOMER = frozenset({OrderState.HELD, OrderState.PLACED, OrderState.PLANNED, OrderState.RELEASED})
"""Until material is cut; later only after a moved promise, which opens the choice again (a change then leads back to planned)."""


def moved(state: OrderState, wanted: OrderState) -> OrderState:
    """The new state. Raises TransitionRefused when the table does not allow it."""
    if wanted not in TRANSITIONS[state]:
        raise TransitionRefused("order", state, wanted)
    return wanted


class OrderedPiece(Contract):
    """One piece (lot size one) of an order."""

    piece: str
    family: str
    family_label: Localised
    specification_sha256: str
    price: Money


class OrderSummary(Contract):
    """What other rooms may know of an order: no personal data."""

    order: str
    plant: str
    state: OrderState
    person: str
    """Identifier of the buyer; the values behind it live encrypted with the ledger's people."""
    pieces: tuple[OrderedPiece, ...]
    total: Money
    placed_at: Instant | None
    promised_at: Instant


class OpenedBy(Contract):
    """``key``: what the buyer was given with the order; it opens the order without a session."""

    key: str | None = None
