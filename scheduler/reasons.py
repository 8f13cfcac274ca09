"""Why was a plan made, in a sentence that tells it from the others?"""

from collections.abc import Sequence

from contracts.naming import short
from contracts.texts import Localised, Message

ORDER = "scheduler.reason.order"
"""Orders wait for their place (message id)."""
RISK = "scheduler.reason.risk"
"""Orders came close to missing their promise (message id)."""
_NAMED = 3


def asked_by(name: str) -> Message:
    """A planner wants it."""
    return Message(id="scheduler.reason.asked", params={"by": name})


def adopted(by: str, title: str) -> Message:
    """A planner adopted a scenario."""
    return Message(id="scheduler.reason.adopted", params={"by": by, "title": title})


def learned_times(count: int) -> Message:
    """Learned times were accepted."""
    return Message(id="scheduler.reason.learned_times", params={"count": count})


def withdrawn(by: str, title: str) -> Message:
    """A planner took back what was adopted."""
    return Message(id="scheduler.reason.withdrawn", params={"by": by, "title": title})


def at_risk(orders: Sequence[str]) -> Message:
    return Message(id=RISK, params={"orders": _named(orders)})


def published(reason: Message, fresh: Sequence[str]) -> Message:
    """What the version is called: why it was ordered, and the orders that stand in a plan for the first time with it."""
    new = Message(id="scheduler.reason.orders", params={"count": len(fresh), "orders": _named(fresh)}) if fresh else None
    if reason.id == ORDER:
        return new or Message(id="scheduler.reason.again")
    return Message(id="scheduler.reason.both", params={"why": reason, "new": new}) if new is not None else reason


def _named(orders: Sequence[str]) -> tuple[Localised, ...]:
    """The first few as people call them, and how many more."""
    first = tuple(Localised(en=short(order), zh=short(order)) for order in orders[:_NAMED])
    more = len(orders) - len(first)
    return (*first, Localised(en=f"{more} more", zh=f"另外 {more} 个")) if more else first
