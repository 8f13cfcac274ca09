"""Processes killed in the middle of the demo, with no warning: every order is made once, and the ledger balances."""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import pytest
from sqlalchemy import func, select

from ledger.parking import parked
from ledger.tables import EVENT, JOB, OUTSIDE
from lotone.balance import faults_of
from lotone.demo import demo_installation, play
from lotone.demo_count import count_orders, operations_of
from lotone.people import BUNDLED, draw_people, read_people
from lotone.processes import Supervisor
from lotone.wiring import House

pytestmark = pytest.mark.usefixtures("embedded")

WITHIN_S = 150
"""So long a moment may be awaited; one that does not come fails the test."""


@dataclass(frozen=True)
class Kill:
    """``process`` is killed as soon as ``reached`` is true of the house."""

    process: str
    moment: str
    reached: Callable[[House], bool]


def events(house: House, kind: str) -> int:
    with house.ledger.reading() as session:
        return session.connection().execute(select(func.count()).where(EVENT.c.type == kind)).scalar_one()


def first_order_is_placed(house: House) -> bool:
    return events(house, "order.placed") > 0


def plan_is_being_made(house: House) -> bool:
    with house.ledger.reading() as session:
        running = select(JOB.c.id).where(JOB.c.kind == "scheduler.plan", JOB.c.state == "running")
        return session.connection().execute(running).first() is not None


def first_letter_is_out(house: House) -> bool:
    with house.ledger.reading() as session:
        return session.connection().execute(select(OUTSIDE.c.seq).where(OUTSIDE.c.state == "sent")).first() is not None


def operations_are_reported(count: int) -> Callable[[House], bool]:
    return lambda house: operations_of(house) >= count


SHORT = (
    Kill("web", "after the first order", first_order_is_placed),
    Kill("worker", "while a plan is made", plan_is_being_made),
    Kill("relay", "after the first letter", first_letter_is_out),
    Kill("simulator", "while operations are reported", operations_are_reported(3)),
    Kill("web", "while operations are reported", operations_are_reported(8)),
)

LONG = tuple(
    Kill(process, f"at operation {number}", operations_are_reported(number))
    for number, process in zip(range(10, 250, 15), cycle(("worker", "web", "simulator", "relay")), strict=False)
)


@dataclass
class Reaper:
    """Kills one after the other, each in its moment, in a thread beside the demo."""

    house: House
    supervisor: Supervisor
    kills: Sequence[Kill]
    done: list[str] = field(default_factory=list)

    def run(self) -> None:
        for kill in self.kills:
            until = time.monotonic() + WITHIN_S
            while not kill.reached(self.house):
                if time.monotonic() > until:
                    return
                time.sleep(0.002)
            killed = self.supervisor.pid(kill.process)
            os.killpg(killed, signal.SIGKILL)
            self.done.append(f"{kill.process} {kill.moment}")
            while self.supervisor.pid(kill.process) == killed:
                time.sleep(0.05)


def played_with(kills: Sequence[Kill], orders: int, seed: int) -> None:
    """Play the demo, kill, and look at what is left."""
    with demo_installation() as (settings, house, supervisor):
        reaper = Reaper(house, supervisor, kills)
        reaping = threading.Thread(target=reaper.run)
        reaping.start()
        played = play(settings, house, supervisor, draw_people(read_people(BUNDLED), orders, seed), seed)
        reaping.join()
        count = count_orders(house, played.ordered)

        assert reaper.done == [f"{kill.process} {kill.moment}" for kill in kills]
        assert len(played.ordered) + len(played.refused) == orders
        assert events(house, "order.placed") == len(played.ordered), "an order that its buyer does not know of"
        assert count.faults(len(played.ordered)) == []
        assert faults_of(house) == []
        assert left_over(house) == []
        sent = letters_sent(house)
        written = {path.stem for path in (settings.home / "mail").iterdir()}
        assert sent <= written, "a letter that nobody wrote"
        assert written <= {name for name, _ in letters(house)}, "a letter that nobody ordered"


def left_over(house: House) -> list[str]:
    """What was given up, and what nobody finished."""
    with house.ledger.reading() as session:
        jobs = select(JOB.c.kind, JOB.c.state, JOB.c.error).where(JOB.c.state != "done")
        return [*(each.id for each in parked(session)), *(str(tuple(row)) for row in session.connection().execute(jobs))]


def letters(house: House) -> list[tuple[str, str]]:
    """The name and the state of each letter."""
    with house.ledger.reading() as session:
        found = session.connection().execute(select(OUTSIDE.c.key, OUTSIDE.c.state).where(OUTSIDE.c.channel == "mail")).all()
    return [(key.replace(":", "_"), state) for key, state in found]


def letters_sent(house: House) -> set[str]:
    """The names of all letters when none waits: one that a relay held as it died is sent after the lease on it.

    The plant goes on meanwhile, so further letters may come.
    """
    until = time.monotonic() + WITHIN_S
    while True:
        found = letters(house)
        if all(state == "sent" for _, state in found):
            return {name for name, _ in found}
        assert time.monotonic() < until, f"letters not sent: {found}"
        time.sleep(0.1)


def test_every_order_is_made_once_although_each_process_is_killed() -> None:
    played_with(SHORT, 3, 1)


@pytest.mark.long
def test_every_order_is_made_once_although_processes_are_killed_all_the_time() -> None:
    played_with((*SHORT[:3], *LONG), 20, 2)
