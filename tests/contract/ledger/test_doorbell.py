"""A commit anywhere wakes whoever waits, at once."""

import threading

from contracts.access import SYSTEM
from ledger.database import engine_for
from ledger.doorbell import Doorbell
from ledger.unit_of_work import Ledger


def other_process(ledger: Ledger) -> Doorbell:
    """A bell that shares nothing with the ledger but the database."""
    return Doorbell(engine_for(ledger.engine.url.render_as_string(hide_password=False)))


def commit(ledger: Ledger) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        transaction.audit("test.commit", "x")


def test_a_commit_rings_in_another_process(ledger_on: Ledger) -> None:
    bell = other_process(ledger_on)
    try:
        while bell.wait(0.3):
            pass
        seen = bell.rings
        commit(ledger_on)
        assert bell.wait(10, since=seen)
    finally:
        bell.close()


def test_a_ring_between_look_and_wait_is_not_missed(ledger_on: Ledger) -> None:
    seen = ledger_on.doorbell.rings
    commit(ledger_on)
    assert ledger_on.doorbell.wait(0, since=seen)


def test_silence_times_out(ledger: Ledger) -> None:
    assert not ledger.doorbell.wait(0.05, since=ledger.doorbell.rings)


def test_listeners_hear_every_ring_until_they_leave(ledger: Ledger) -> None:
    heard: list[int] = []
    leave = ledger.doorbell.listen(lambda: heard.append(1))
    ledger.doorbell.ring()
    leave()
    ledger.doorbell.ring()
    assert heard == [1]


def test_closing_wakes_the_waiting(ledger: Ledger) -> None:
    bell = other_process(ledger)
    woken = threading.Event()

    def wait() -> None:
        bell.wait(60)
        woken.set()

    threading.Thread(target=wait).start()
    bell.close()
    assert woken.wait(10)
