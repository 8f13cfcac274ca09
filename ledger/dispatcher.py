"""Who carries events from room to room and runs what is due: each effect once, in order for each aggregate."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, or_, select, update

from contracts.access import SYSTEM
from contracts.events import Event
from ledger import agenda, deliveries
from ledger.clock import CLOCK_COLUMNS, ClockState
from ledger.deliveries import Delivery
from ledger.log import logger
from ledger.quiet import next_due
from ledger.retry import told
from ledger.tables import DELIVERY, EVENT, SUBSCRIPTION
from ledger.unit_of_work import Ledger, LedgerTransaction
from ledger.upsert import inserted

AgendaHandler = Callable[[LedgerTransaction, dict[str, Any]], None]

_HAND_OUT = 500
_BATCH = 100
_BATCH_S = 0.03
"""A batch of effects is committed after this long, so that other writers wait little."""
_SWEEP_S = 1.0
"""How long to sleep at most without a ring."""


_DELIVERABLE = or_(
    exists(select(SUBSCRIPTION.c.name).where(SUBSCRIPTION.c.handed_out < select(func.max(EVENT.c.seq)).scalar_subquery())),
    exists(select(DELIVERY.c.seq).where(DELIVERY.c.state == "waiting")),
)
_LOOKED_AT = select(
    _DELIVERABLE.label("deliverable"),
    next_due("business").label("business_at"),
    next_due("real").label("real_at"),
    select(func.min(DELIVERY.c.retry_at)).scalar_subquery().label("retry_at"),
    *CLOCK_COLUMNS,
)
_CURSORS = select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.name).with_for_update(skip_locked=True)
_NEW = (
    select(EVENT.c.seq, EVENT.c.type, EVENT.c.aggregate)
    .where(EVENT.c.seq > bindparam("start"))
    .order_by(EVENT.c.seq)
    .limit(bindparam("count"))
)
_HANDED_OUT = (
    update(SUBSCRIPTION)
    .where(SUBSCRIPTION.c.name.in_(bindparam("names", expanding=True)), SUBSCRIPTION.c.handed_out < bindparam("last"))
    .values(handed_out=bindparam("last"))
)


@dataclass(frozen=True)
class Subscription[E: Event]:
    """``effect(transaction, event)`` happens once for every event of the type. ``name`` is kept for ever in the inbox."""

    name: str
    event_type: type[E]
    effect: Callable[[LedgerTransaction, E], None]


@dataclass(frozen=True)
class _Look:
    """What there is to do, and how long nothing else can fall due."""

    deliverable: bool
    due: list[tuple[str, str]]
    pause_s: float


class Dispatcher:
    """Delivers events and due agenda work. Any number may work on one ledger; all must carry the same subscriptions."""

    def __init__(
        self, ledger: Ledger, subscriptions: Sequence[Subscription[Any]], agenda: Mapping[str, AgendaHandler] | None = None
    ) -> None:
        self._ledger = ledger
        self._subscriptions = {subscription.name: subscription for subscription in subscriptions}
        if len(self._subscriptions) != len(subscriptions):
            raise ValueError("two subscriptions have the same name")
        self._agenda = dict(agenda or {})
        self._registered = False

    def register(self) -> None:
        """Enter our subscriptions; a new one sees every event from the first on. Done by the first round, if not before.

        An event that no subscription awaits leaves the ledger quiet: who steps the clock registers before the first event.
        """
        with self._ledger.transaction(SYSTEM) as transaction:
            connection = transaction.connection
            for name, subscription in self._subscriptions.items():
                row = {"name": name, "event_type": subscription.event_type.type, "handed_out": 0}
                inserted(connection, SUBSCRIPTION, row)
        self._registered = True

    def retire_others(self) -> list[str]:
        """Forget the subscriptions that are not ours (an upgrade removed them) with what they still awaited; their names."""
        ours = list(self._subscriptions)
        with self._ledger.transaction(SYSTEM) as transaction:
            connection = transaction.connection
            gone = (
                connection.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.name.not_in(ours)).returning(SUBSCRIPTION.c.name))
                .scalars()
                .all()
            )
            connection.execute(delete(DELIVERY).where(DELIVERY.c.subscription.not_in(ours)))
        return sorted(gone)

    def run_once(self) -> int:
        """One round; how much was done. Call again at once while it is more than nothing."""
        return self._do(self._look())

    def run_until_idle(self) -> int:
        """Rounds until one finds nothing to do now (retries may still be waiting)."""
        done = 0
        while count := self.run_once():
            done += count
        return done

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; woken by the doorbell, looking at least every second."""
        bell = self._ledger.doorbell
        while not stop.is_set():
            seen = bell.rings
            look = self._look()
            if self._do(look) == 0:
                bell.wait(look.pause_s, since=seen)

    def _look(self) -> _Look:
        """Takes no lock."""
        if not self._registered:
            self.register()
        with self._ledger.asking() as connection:
            found = connection.execute(_LOOKED_AT).one()
            real_now = self._ledger.clock.real_now()
            clock = ClockState(found.mode, found.rate, found.business_anchor, found.real_anchor, found.heartbeat)
            now = clock.business(real_now)
            some_due = (found.business_at is not None and found.business_at <= now) or (
                found.real_at is not None and found.real_at <= real_now
            )
            due = agenda.due_keys(connection, self._agenda, now, real_now, _BATCH) if some_due else []
        pauses = [(moment - real_now).total_seconds() for moment in (found.real_at, found.retry_at) if moment is not None]
        if found.business_at is not None and clock.speed:
            pauses.append((found.business_at - now).total_seconds() / clock.speed)
        return _Look(bool(found.deliverable), due, max(min([_SWEEP_S, *pauses]), 0.02))

    def _do(self, look: _Look) -> int:
        return (self._deliver() if look.deliverable else 0) + sum(self._run_due(kind, key) for kind, key in look.due)

    def _deliver(self) -> int:
        """Hand out new events and have a batch of effects in one transaction; when one fails, each effect in its own."""
        batch: list[Delivery] = []
        try:
            with self._ledger.transaction(SYSTEM) as transaction:
                handed_out = self._hand_out(transaction)
                batch = deliveries.ready(transaction.connection, list(self._subscriptions), transaction.real_now, _BATCH)
                return handed_out + self._effects(transaction, batch)
        except Exception as error:
            if not batch:
                raise
            logger("ledger").info("dispatcher.one_by_one", events=len(batch), error=told(error))
        with self._ledger.transaction(SYSTEM) as transaction:
            self._hand_out(transaction)
        return sum(self._deliver_alone(delivery) for delivery in batch)

    def _hand_out(self, transaction: LedgerTransaction) -> int:
        """Turn new events into deliveries, one for each subscription of their type. Another dispatcher's cursors are left to it."""
        connection = transaction.connection
        cursors = connection.execute(_CURSORS).all()
        if not cursors:
            return 0
        start = min(row.handed_out for row in cursors)
        events = connection.execute(_NEW, {"start": start, "count": _HAND_OUT}).all()
        if not events:
            return 0
        rows = [
            {"subscription": row.name, "seq": event.seq, "aggregate": event.aggregate, "state": "waiting", "attempts": 0}
            for event in events
            for row in cursors
            if row.event_type == event.type and event.seq > row.handed_out
        ]
        if rows:
            connection.execute(insert(DELIVERY), rows)
        connection.execute(_HANDED_OUT, {"names": [row.name for row in cursors], "last": events[-1].seq})
        return len(events)

    def _effects(self, transaction: LedgerTransaction, batch: Sequence[Delivery]) -> int:
        """Have the effects of as many of the batch as time allows; how many."""
        if not batch:
            return 0
        until = time.perf_counter() + _BATCH_S
        done: list[Delivery] = []
        for delivery in batch:
            if not delivery.taken:
                subscription = self._subscriptions[delivery.subscription]
                subscription.effect(transaction, subscription.event_type.model_validate(delivery.content))
            done.append(delivery)
            if time.perf_counter() > until:
                break
        transaction.session.flush()
        deliveries.finish(transaction.connection, done, transaction.real_now)
        return len(done)

    def _deliver_alone(self, wanted: Delivery) -> int:
        try:
            with self._ledger.transaction(SYSTEM) as transaction:
                delivery = deliveries.ready_alone(transaction.connection, wanted)
                return 0 if delivery is None else self._effects(transaction, [delivery])
        except Exception as error:  # noqa: BLE001 - the outermost edge of an effect: the failure is recorded and shown
            logger("ledger").error("effect.failed", subscription=wanted.subscription, delivered=wanted.event, exc_info=True)
            with self._ledger.transaction(SYSTEM) as transaction:
                parked = deliveries.record_failure(transaction.connection, wanted, told(error), transaction.real_now)
            if parked:
                logger("ledger").error("effect.parked", subscription=wanted.subscription, delivered=wanted.event)
            return 1

    def _run_due(self, kind: str, key: str) -> int:
        attempts = 0
        try:
            with self._ledger.transaction(SYSTEM) as transaction:
                row = agenda.claim(transaction.connection, kind, key, transaction.now, transaction.real_now)
                if row is None:
                    return 0
                attempts = row.attempts
                self._agenda[kind](transaction, row.content)
        except Exception as error:  # noqa: BLE001 - the outermost edge of a handler: the failure is recorded and shown
            logger("ledger").error("agenda.failed", kind=kind, key=key, exc_info=True)
            with self._ledger.transaction(SYSTEM) as transaction:
                agenda.record_failure(transaction.connection, kind, key, attempts, told(error), transaction.real_now)
        return 1
