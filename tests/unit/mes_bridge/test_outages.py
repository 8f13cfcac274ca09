"""What does the simulated floor tell of a machine that is down for a while?"""

import threading
from datetime import datetime, timedelta

import pytest

from contracts.work_order import MachineState
from mes_bridge.simulator.client import Client
from mes_bridge.simulator.floor import Floor, Outage
from mes_bridge.simulator.habits import Habits
from mes_bridge.simulator.voice import Voice
from tests.conftest import START

HOUR = timedelta(hours=1)
OUTAGE = Outage("CLOTH-1", START, START + 6 * HOUR)


class Told(Voice):
    """A voice that nobody has to hear: what it says of machines is kept."""

    def __init__(self) -> None:
        super().__init__(Client("http://127.0.0.1", "", threading.Event()))
        self.said: list[tuple[str, MachineState, datetime]] = []

    def machine(self, machine: str, state: MachineState, at: datetime, reason: str | None = None) -> None:
        self.said.append((machine, state, at))

    def tell(self) -> bool:
        return False


@pytest.fixture
def voice() -> Told:
    return Told()


@pytest.fixture
def floor(voice: Told) -> Floor:
    return Floor(voice, 1, Habits())


def test_a_machine_is_told_down_when_the_outage_begins_and_running_when_it_is_over(floor: Floor, voice: Told) -> None:
    floor.expect(OUTAGE, START - HOUR)
    floor.do_due(START - HOUR)
    assert voice.said == []
    floor.do_due(START)
    assert voice.said == [("CLOTH-1", "down", START)]
    floor.do_due(START + 6 * HOUR)
    assert voice.said[1:] == [("CLOTH-1", "running", START + 6 * HOUR)]


def test_a_floor_that_starts_anew_in_an_outage_says_that_it_goes_on(floor: Floor, voice: Told) -> None:
    floor.expect(OUTAGE, START + 2 * HOUR)
    floor.do_due(START + 2 * HOUR)
    assert voice.said == [("CLOTH-1", "down", START + 2 * HOUR)]
    assert floor.next_at() == OUTAGE.ends_at


def test_an_outage_that_is_over_changes_nothing(floor: Floor, voice: Told) -> None:
    floor.expect(OUTAGE, START + 6 * HOUR)
    floor.do_due(START + 7 * HOUR)
    assert voice.said == []
    assert floor.next_at() is None
