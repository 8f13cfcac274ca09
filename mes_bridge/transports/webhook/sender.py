"""How a batch of messages is posted to one receiver, and what each answer means."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contracts.model import Instant
from ledger.outside import NOT_TRIED, OutsideMessage
from mes_bridge.engine.protocols.webhook import from_outside, signed
from mes_bridge.transports.webhook.reach import NoAnswer, NobodyThere, Reach

GONE = 410
BATCH_WITHIN_S = 30.0
"""Then other receivers have their turn."""
MOST_UNANSWERED = 3
"""In a row; then whatever else waits for this receiver need not be tried now."""


@dataclass
class WebhookSender:
    """Sends a batch of a receiver's channel; for each message that it did not take its ``seq`` and the reason.

    A message may come twice (a lost answer): receivers drop a known ``webhook-id``. ``gone``: the receiver said that it wants no more.
    """

    reach: Reach
    secrets: Sequence[bytes]
    real_now: Callable[[], Instant]
    is_over: Callable[[], bool] = lambda: False
    """Whether the process is to end: then what is not begun is left for later."""
    gone: bool = False

    def __call__(self, batch: Sequence[OutsideMessage]) -> dict[int, str]:
        with self.reach:
            return self._send(batch)

    def _send(self, batch: Sequence[OutsideMessage]) -> dict[int, str]:
        failures: dict[int, str] = {}
        unanswered = 0
        over: str | None = None
        until = time.monotonic() + BATCH_WITHIN_S
        for message in batch:
            if over is None and (self.is_over() or time.monotonic() > until):
                over = NOT_TRIED
            if over is None:
                try:
                    reason, unanswered = self._refusal(message), 0
                    over = reason if self.gone else None
                except NobodyThere as error:
                    reason = over = str(error)
                except NoAnswer as error:
                    reason, unanswered = str(error), unanswered + 1
                    over = reason if unanswered == MOST_UNANSWERED else None
            else:
                reason = over
            if reason is not None:
                failures[message.seq] = reason
        return failures

    def _refusal(self, message: OutsideMessage) -> str | None:
        """Why the receiver does not have it; None when it has."""
        webhook = from_outside(message.content)
        status = self.reach.post(signed(webhook, self.secrets, int(self.real_now().timestamp())), webhook.body)
        self.gone = status == GONE
        return None if 200 <= status < 300 else f"HTTP {status}"
