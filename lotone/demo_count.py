"""Is every order of the demo accounted for? Counted from the events, the one record that all rooms share."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from contracts.access import SYSTEM
from ledger.tables import EVENT
from lotone.demo_customer import Ordered
from lotone.wiring import House

_SETTLED = ("order.shipped", "order.cancelled")


@dataclass
class Count:
    """What became of the orders."""

    completed: int = 0
    cancelled: int = 0
    made_twice: int = 0
    kept: int = 0
    """Shipped so that delivery meets the date promised when ordering."""
    untold: int = 0
    """Delivered later than the date that the customer was last told."""
    work_orders: int = 0
    operation_reports: int = 0
    measurements: int = 0
    nonconformances: int = 0
    rework: int = 0
    remakes: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)

    def lost(self, placed: int) -> int:
        return placed - self.completed - self.cancelled

    def faults(self, placed: int) -> list[str]:
        """What must not be, each in a sentence."""
        found = []
        if lost := self.lost(placed):
            found.append(f"{lost} of {placed} orders are not accounted for.")
        if self.made_twice:
            found.append(f"{self.made_twice} pieces were made twice.")
        if self.untold:
            found.append(f"{self.untold} customers were not told that their date moved.")
        if placed and not self.completed:
            found.append("No order was completed.")
        return found


def settled_of(house: House, ordered: Sequence[Ordered]) -> int:
    """How many of the orders are shipped or cancelled."""
    return _with_event(house, ordered, _SETTLED)


def planned_of(house: House, ordered: Sequence[Ordered]) -> int:
    """How many of the orders stand in a published plan (or need none any more)."""
    return _with_event(house, ordered, ("order.planned", "order.cancelled"))


def _with_event(house: House, ordered: Sequence[Ordered], types: Sequence[str]) -> int:
    wanted = {each.order for each in ordered}
    with house.ledger.asking() as connection:
        query = select(EVENT.c.aggregate).where(EVENT.c.type.in_(types)).distinct()
        return len(wanted & set(connection.execute(query).scalars()))


def operations_of(house: House) -> int:
    """How many operations were reported complete so far."""
    with house.ledger.asking() as connection:
        query = select(func.count()).select_from(EVENT).where(EVENT.c.type == "operation.completed")
        return int(connection.execute(query).scalar_one())


def count_orders(house: House, ordered: Sequence[Ordered]) -> Count:
    """Count everything that happened to the orders."""
    by_order = _events_of(house, {each.order for each in ordered})
    count = Count()
    for each in ordered:
        events = by_order.get(each.order, [])
        _count_order(count, events)
        _count_promise(house, count, each, events)
        count.items.append(_item(house, each, events))
    return count


def _events_of(house: House, wanted: set[str]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    by_order: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    with house.ledger.reading() as session:
        rows = session.connection().execute(select(EVENT.c.aggregate, EVENT.c.type, EVENT.c.content).order_by(EVENT.c.seq))
        for aggregate, kind, content in rows:
            if aggregate in wanted:
                by_order.setdefault(aggregate, []).append((kind, content))
    return by_order


def _count_order(count: Count, events: Sequence[tuple[str, dict[str, Any]]]) -> None:
    kinds = Counter(kind for kind, _ in events)
    count.operation_reports += kinds["operation.started"] + kinds["operation.paused"] + kinds["operation.completed"]
    count.measurements += kinds["measurement.judged"]
    count.nonconformances += kinds["nonconformance.raised"]
    dispositions = Counter(content["nonconformance"]["disposition"] for kind, content in events if kind == "nonconformance.raised")
    count.rework += dispositions["rework"]
    count.remakes += dispositions["remake"]
    released = {
        (each["key"]["piece"], each["key"]["sequence"], each["key"]["attempt"])
        for kind, content in events
        if kind == "operations.released"
        for each in content["operations"]
    }
    count.work_orders += len(released)
    made = Counter(content["piece"] for kind, content in events if kind == "piece.completed")
    count.made_twice += sum(1 for times in made.values() if times > 1)
    count.cancelled += min(1, kinds["order.cancelled"])
    if kinds["order.shipped"]:
        count.completed += 1


def _count_promise(house: House, count: Count, order: Ordered, events: Sequence[tuple[str, dict[str, Any]]]) -> None:
    for shipped in (content for kind, content in events if kind == "order.shipped"):
        with house.ledger.transaction(SYSTEM) as transaction:
            delivered_by = house.scheduler.shipment(transaction, order.order, datetime.fromisoformat(shipped["at"])).delivered_by
        told = [content["new_promised_at"] for kind, content in events if kind == "promise.changed"]
        count.kept += delivered_by <= datetime.fromisoformat(order.promised_at)
        count.untold += delivered_by > datetime.fromisoformat(told[-1] if told else order.promised_at)


def _item(house: House, order: Ordered, events: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    finished = [content for kind, content in events if kind == "piece.completed"]
    finished_at = max((content["at"] for content in finished), default=None)
    return {
        "order": order.order,
        "family": order.family,
        "price": order.price,
        "promised_at": order.promised_at,
        "finished_at": finished_at,
        "certificate": finished[0]["certificate"]["certificate"] if finished else None,
        "passport": house.mes_bridge.traces.passport_address(finished[0]["piece"]) if finished else None,
    }
