"""A dispatcher process killed at any moment: after a restart every effect is there exactly once, in order."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import select

from contracts.access import SYSTEM
from contracts.events import OrderExpired
from ledger.dispatcher import Dispatcher, Subscription
from ledger.tables import AUDIT
from ledger.unit_of_work import Ledger, LedgerTransaction
from ledger.verify import verify

EVENTS = 2000
PROGRAM = textwrap.dedent(
    """
    import sys, threading
    from pathlib import Path
    from contracts.events import OrderExpired
    from ledger.clock import Clock
    from ledger.database import engine_for
    from ledger.dispatcher import Dispatcher, Subscription
    from ledger.files import Files
    from ledger.unit_of_work import Ledger
    from ledger.vault import Vault

    engine = engine_for(sys.argv[1])
    ledger = Ledger(engine, Clock(engine), Files(Path(sys.argv[2])), Vault("11" * 32))

    def effect(transaction, event):
        transaction.audit("test.effect", event.order, facts={"number": event.plant})

    print("ready", flush=True)
    Dispatcher(ledger, [Subscription("test.effect", OrderExpired, effect)]).run(threading.Event())
    """
)


def effect(transaction: LedgerTransaction, event: OrderExpired) -> None:
    transaction.audit("test.effect", event.order, facts={"number": event.plant})


def start(url: str, folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url, str(folder)], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def effects(ledger: Ledger) -> list[tuple[str, int]]:
    with ledger.reading() as session:
        query = select(AUDIT.c.subject, AUDIT.c.facts).where(AUDIT.c.action == "test.effect").order_by(AUDIT.c.seq)
        return [(row.subject, int(row.facts["number"])) for row in session.connection().execute(query)]


def wait_for_more(ledger: Ledger, than: int) -> None:
    end = time.monotonic() + 20
    while len(effects(ledger)) <= than:
        assert time.monotonic() < end, "the dispatcher does nothing"
        time.sleep(0.005)


@pytest.mark.parametrize("seed", [1])
def test_effects_happen_once_although_the_dispatcher_is_killed(ledger_on: Ledger, tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    url = ledger_on.engine.url.render_as_string(hide_password=False)
    killed_at: list[int] = []
    for first in range(0, EVENTS, 20):
        with ledger_on.transaction(SYSTEM) as transaction:
            for number in range(first, first + 20):
                transaction.emit(OrderExpired(order=str(number % 5), plant=str(number)))

    for _ in range(6):
        process = start(url, tmp_path)
        assert process.stdout is not None
        try:
            wait_for_more(ledger_on, len(effects(ledger_on)))
            time.sleep(moments.uniform(0, 0.03))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
        killed_at.append(len(effects(ledger_on)))
        if killed_at[-1] == EVENTS:
            break
    assert 0 < killed_at[0] < EVENTS, "no kill hit the work"

    Dispatcher(ledger_on, [Subscription("test.effect", OrderExpired, effect)]).run_until_idle()

    by_aggregate: dict[str, list[int]] = defaultdict(list)
    for order, number in effects(ledger_on):
        by_aggregate[order].append(number)
    assert dict(by_aggregate) == {str(order): list(range(order, EVENTS, 5)) for order in range(5)}
    assert all(balance.faults == () for balance in verify(ledger_on))
