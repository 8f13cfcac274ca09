"""How are messages taken that come together: in their order, many in one commit, each with an answer of its own?"""

import time
from collections.abc import Sequence

from contracts.access import Principal
from contracts.bundle import Bundled, BundledAcknowledgement, BundledMeasurement, BundledReport
from contracts.problems import Problem, Unavailable
from contracts.work_order import Lease, Receipt
from ledger.idempotency import set_aside
from ledger.unit_of_work import Ledger, LedgerTransaction
from mes_bridge.exchange import Exchange
from mes_bridge.reporting import Reporting

Answered = Receipt | Lease | Problem

_COMMIT_S = 0.04
"""A commit is closed to further messages after so much time: others wait to write."""


class Bundles:
    def __init__(self, ledger: Ledger, exchange: Exchange, reporting: Reporting) -> None:
        self._ledger = ledger
        self._exchange = exchange
        self._reporting = reporting

    def take(self, messages: Sequence[Bundled], principal: Principal) -> list[Answered]:
        """The answer to each message; what was accepted is durable. A refused one changes nothing and stops none.

        Taken again after a lost answer, each message is known by its own identifier. Raises Unavailable.
        """
        answers: list[Answered] = []
        with set_aside():
            while len(answers) < len(messages):
                answers += self._together(messages[len(answers) :], principal)
        return answers

    def _together(self, messages: Sequence[Bundled], principal: Principal) -> list[Answered]:
        """The first of the messages in one commit: up to one that is refused, which then comes first and is answered."""
        taken: list[Answered] = []
        try:
            with self._ledger.transaction(principal) as transaction:
                until = time.perf_counter() + _COMMIT_S
                for message in messages:
                    taken.append(self._one(transaction, message, principal))
                    transaction.flush()
                    if time.perf_counter() > until:
                        break
        except Unavailable:
            raise
        except Problem as refusal:
            return self._together(messages[: len(taken)], principal) if taken else [refusal]
        return taken

    def _one(self, transaction: LedgerTransaction, message: Bundled, principal: Principal) -> Receipt | Lease:
        match message:
            case BundledAcknowledgement():
                return self._exchange.acknowledged(transaction, message.work_order, message.content, principal)
            case BundledReport():
                return self._reporting.report(transaction, message.work_order, message.content, principal, is_person=False)
            case BundledMeasurement():
                return self._reporting.measure(transaction, message.content, principal)
            case _:
                return self._reporting.machine_state(transaction, message.content, principal)
