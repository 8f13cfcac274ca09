"""Which webhooks are sent when: each receiver's messages by themselves, so that one that is slow or away holds up no other."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from ledger import outside
from ledger.log import logger
from ledger.retry import Patience
from ledger.unit_of_work import Ledger
from lotone.relay import LEASE, Relay
from mes_bridge.engine.destinations import Destination, NotADestination
from mes_bridge.transports.webhook.reach import Reach
from mes_bridge.transports.webhook.sender import WebhookSender
from mes_bridge.webhooks import Webhooks, channel

AT_ONCE = 8
"""Receivers that are sent to at a time."""
BATCH = 20
PATIENCE = Patience(attempts=60, first_pause=timedelta(seconds=1), longest_pause=timedelta(minutes=5))
"""Some four and a half hours: time to notice a receiver that is away, and to repair it."""


class HookRelay:
    def __init__(
        self,
        ledger: Ledger,
        webhooks: Webhooks,
        reach: Callable[[Destination], Reach] = Reach,
        lease: timedelta = LEASE,
        patience: Patience = PATIENCE,
    ) -> None:
        self._ledger = ledger
        self._webhooks = webhooks
        self._reach = reach
        self._stop = threading.Event()
        self._relay = Relay(ledger, {}, lease, patience, BATCH)

    def run_once(self) -> int:
        """One batch for each receiver; how many messages were tried."""
        return sum(self._send(receiver) for receiver in self._due())

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set."""
        self._stop = stop
        in_hand: dict[str, Future[int | None]] = {}
        with ThreadPoolExecutor(AT_ONCE, "webhook") as threads:
            while not stop.is_set():
                seen = self._ledger.doorbell.rings
                for receiver in self._safely(self._due) or ():
                    if receiver not in in_hand or in_hand[receiver].done():
                        in_hand[receiver] = threads.submit(self._safely, partial(self._send, receiver))
                self._ledger.doorbell.wait(1.0, since=seen)

    def _due(self) -> list[str]:
        """The receivers for which something waits that may be sent now."""
        receivers = self._webhooks.receivers()
        with self._ledger.asking() as connection:
            real_now = self._ledger.clock.real_now()
            return [receiver for receiver in receivers if outside.waits(connection, channel(receiver), real_now)]

    def _send(self, identifier: str) -> int:
        try:
            receiver = self._webhooks.receiver(identifier)
        except NotADestination as wrong:
            reason = f"not allowed ({wrong.reason}); see LOTONE_WEBHOOK_HOSTS"
            return self._relay.run_channel(channel(identifier), lambda batch: {message.seq: reason for message in batch})
        if receiver is None:
            return 0
        sender = WebhookSender(self._reach(receiver.to), receiver.secrets, self._ledger.clock.real_now, self._stop.is_set)
        tried = self._relay.run_channel(channel(identifier), sender)
        if sender.gone:
            logger("relay").warning("webhook.gone", webhook=identifier)
            self._webhooks.end(identifier, "gone")
        return tried

    def _safely[T](self, step: Callable[[], T]) -> T | None:
        try:
            return step()
        except Exception:  # noqa: BLE001 - outermost edge, reported; leases run out and the batch is tried again
            logger("relay").error("relay.failed", exc_info=True)
            return None
