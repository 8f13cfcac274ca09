"""Two relays on one ledger: what one is still sending the other leaves alone."""

from collections.abc import Sequence
from datetime import timedelta

from contracts.access import SYSTEM
from ledger.outside import OutsideMessage
from ledger.unit_of_work import Ledger
from lotone.relay import Relay

LEASE = timedelta(seconds=0.9)


def test_a_batch_that_a_slow_server_takes_longer_than_its_lease_is_sent_once(ledger_on: Ledger) -> None:
    with ledger_on.transaction(SYSTEM) as transaction:
        for key in ("a", "b"):
            transaction.send("mail", key, {})
    taken: list[str] = []

    def quick(batch: Sequence[OutsideMessage]) -> dict[int, str]:
        taken.extend(message.key for message in batch)
        return {}

    other = Relay(ledger_on, {"mail": quick}, LEASE)

    def slow(batch: Sequence[OutsideMessage]) -> dict[int, str]:
        """Two leases go by; meanwhile the other relay looks for work again and again."""
        until = ledger_on.clock.real_now() + 2 * LEASE
        while ledger_on.clock.real_now() < until:
            other.run_once()
            ledger_on.doorbell.wait(0.02)
        return {batch[0].seq: "busy"}

    assert Relay(ledger_on, {"mail": slow}, LEASE).run_once() == 2
    assert taken == []
    assert other.run_once() == 0, "one is sent, the other waits for its next try"
