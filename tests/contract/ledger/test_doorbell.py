"""A commit anywhere wakes whoever waits, at once."""

import contextlib
import os
import threading
from pathlib import Path

import pytest

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
    assert ledger.doorbell.wait(10, since=0), "it rings once when it begins to listen: something may have happened before"
    assert not ledger.doorbell.wait(0.05)


def test_a_step_of_the_clock_rings_as_well(ledger_on: Ledger) -> None:
    bell = other_process(ledger_on)
    try:
        while bell.wait(0.3):
            pass
        seen = bell.rings
        ledger_on.clock.step_from(ledger_on.clock.now())
        assert bell.wait(10, since=seen)
    finally:
        bell.close()


def test_the_bell_of_a_process_that_died_is_taken_away(ledger: Ledger) -> None:
    folder = Path(f"{ledger.engine.url.database}-bells")
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "of-a-dead-process")
    commit(ledger)
    assert not (folder / "of-a-dead-process").exists()


def test_a_bell_that_is_not_heard_holds_nobody_up(ledger: Ledger) -> None:
    folder = Path(f"{ledger.engine.url.database}-bells")
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "of-a-process-that-sleeps")
    pipe = os.open(folder / "of-a-process-that-sleeps", os.O_RDWR | os.O_NONBLOCK)
    try:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(pipe, bytes(4096))
        commit(ledger)
        assert (folder / "of-a-process-that-sleeps").exists()
    finally:
        os.close(pipe)


def test_a_process_that_goes_while_its_bell_is_rung_breaks_no_commit(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(f"{ledger.engine.url.database}-bells")
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "of-a-process-that-goes")
    open_it = os.open
    reader = open_it(folder / "of-a-process-that-goes", os.O_RDONLY | os.O_NONBLOCK)

    def opened_as_the_reader_goes(path: str, flags: int) -> int:
        pipe = open_it(path, flags)
        os.close(reader)
        return pipe

    monkeypatch.setattr("ledger.doorbell.os.open", opened_as_the_reader_goes)
    commit(ledger)
    monkeypatch.undo()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.close(reader)


def test_listeners_hear_every_ring_until_they_leave(ledger: Ledger) -> None:
    heard: list[int] = []
    assert ledger.doorbell.wait(10, since=0), "it rings once when it begins to listen"
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
