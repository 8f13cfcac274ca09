"""May the customer still cancel or change, and what does it come to."""

from contracts.model import Contract, Instant
from contracts.order import CANCELLABLE_BY_CUSTOMER, OrderState
from contracts.problems import TooLate
from contracts.texts import Message
from contracts.units import Money
from storefront.engine.order_life import is_open

_WHY_NOT: dict[OrderState, str] = {
    OrderState.IN_PRODUCTION: "storefront.too_late.in_production",
    OrderState.ON_HOLD: "storefront.too_late.in_production",
    OrderState.INSPECTED: "storefront.too_late.made",
    OrderState.SHIPPED: "storefront.too_late.shipped",
    OrderState.IN_SERVICE: "storefront.too_late.delivered",
    OrderState.CANCELLED: "storefront.too_late.cancelled",
    OrderState.EXPIRED: "storefront.too_late.expired",
    OrderState.DRAFT: "storefront.too_late.draft",
}
_CHANGEABLE = CANCELLABLE_BY_CUSTOMER - {OrderState.HELD}


class Terms(Contract):
    """``why_not`` is None when it may be done."""

    why_not: Message | None

    @property
    def allowed(self) -> bool:
        return self.why_not is None

    def demand(self) -> None:
        """Raises TooLate with the reason when it may not be done."""
        if self.why_not is not None:
            raise TooLate({"reason": self.why_not})


def may_cancel(state: OrderState, choice_open: bool) -> Terms:
    """Free of charge until material is cut, and again after a moved promise until the pieces are inspected."""
    allowed = state in CANCELLABLE_BY_CUSTOMER or (choice_open and is_open(state))
    return Terms(why_not=None if allowed else Message(id=_WHY_NOT[state]))


def may_change(state: OrderState, choice_open: bool) -> Terms:
    """As long as it may be cancelled; a held order is not placed yet, so there is nothing to change."""
    if state is OrderState.HELD:
        return Terms(why_not=Message(id="storefront.too_late.held"))
    allowed = state in _CHANGEABLE or (choice_open and is_open(state))
    return Terms(why_not=None if allowed else Message(id=_WHY_NOT[state]))


class Worth(Contract):
    """What an order comes to and when it is due."""

    total: Money
    promised_at: Instant


class Effect(Contract):
    """What a cancellation or a change does. ``to_pay`` and ``to_refund``: one of them is zero."""

    before: Worth
    after: Worth | None
    """None when cancelled."""
    to_pay: Money
    to_refund: Money


def effect_of_cancelling(before: Worth, paid: Money) -> Effect:
    """Cancelling costs nothing: all that was paid goes back."""
    return Effect(before=before, after=None, to_pay=Money(amount=0, currency=paid.currency), to_refund=paid)


def effect_of_changing(before: Worth, after: Worth) -> Effect:
    """The difference of the totals is paid or given back; the work on the change itself is free. Raises UnitMismatch."""
    difference = after.total - before.total
    none = Money(amount=0, currency=difference.currency)
    if difference.amount >= 0:
        return Effect(before=before, after=after, to_pay=difference, to_refund=none)
    return Effect(before=before, after=after, to_pay=none, to_refund=none - difference)


class Seen(Contract):
    """What the buyer was shown."""

    total: Money
    promised_at: Instant


def is_worse(actual: Worth, seen: Seen) -> bool:
    """Dearer or later than shown. Raises UnitMismatch when the currencies differ."""
    return (actual.total - seen.total).amount > 0 or actual.promised_at > seen.promised_at


def as_shown(actual: Worth, seen: Seen) -> Worth:
    """The terms of an order that is not worse than shown: the date that was shown stands, a lower price is the buyer's."""
    return Worth(total=actual.total, promised_at=max(actual.promised_at, seen.promised_at))
