"""Business time in its three modes, on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from contracts.access import SYSTEM
from contracts.events import OrderExpired
from contracts.model import Instant
from contracts.problems import TransitionRefused
from ledger.clock import STANDS_STILL_AFTER, Clock
from ledger.database import engine_for
from ledger.dispatcher import Dispatcher, Subscription
from ledger.tables import CLOCK
from ledger.unit_of_work import Ledger

T0 = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


class HandClock(Clock):
    """A clock whose real time the test sets."""

    real = T0

    def real_now(self) -> Instant:
        return self.real

    def at(self, seconds: float) -> "HandClock":
        self.real = T0 + timedelta(seconds=seconds)
        self._forget()
        return self


@pytest.fixture
def clock(ledger_url: str) -> Iterator[HandClock]:
    engine = engine_for(ledger_url)
    CLOCK.create(engine)
    yield HandClock(engine)
    engine.dispose()


def test_real_business_time_is_real_time(clock: HandClock) -> None:
    clock.begin("real", at=T0 - timedelta(days=9))
    assert clock.at(77).now() == T0 + timedelta(seconds=77)


def test_rate_time_runs_faster(clock: HandClock) -> None:
    clock.begin("rate", rate=60, at=T0)
    assert clock.at(2).now() == T0 + timedelta(minutes=2)
    assert clock.rate == 60


def test_rate_time_stands_still_while_the_product_is_down(clock: HandClock) -> None:
    clock.begin("rate", rate=60, at=T0)
    clock.at(2).beat()
    stopped = T0 + 60 * (timedelta(seconds=2) + STANDS_STILL_AFTER)
    assert clock.at(3600).now() == stopped

    clock.beat()

    assert clock.now() == stopped
    assert clock.at(3601).now() == stopped + timedelta(minutes=1)


def test_a_changed_rate_makes_no_jump(clock: HandClock) -> None:
    clock.begin("rate", rate=60, at=T0)
    clock.at(1).set_rate(10)
    assert clock.now() == T0 + timedelta(seconds=60)
    assert clock.at(2).now() == T0 + timedelta(seconds=70)


def test_rate_time_never_runs_backwards_through_beats(clock: HandClock) -> None:
    clock.begin("rate", rate=7, at=T0)
    shown = []
    for second in (1, 2, 5, 11, 12, 13, 40, 41, 600, 601):
        shown.append(clock.at(second).now())
        clock.beat()
        shown.append(clock.now())
    assert shown == sorted(shown)


def test_a_started_clock_is_not_started_again(clock: HandClock) -> None:
    clock.begin("stepped", at=T0)
    clock.begin("real")
    assert (clock.mode, clock.now()) == ("stepped", T0)


@pytest.mark.parametrize("mode", ["real", "rate"])
def test_only_a_stepped_clock_advances(clock: HandClock, mode: str) -> None:
    clock.begin(mode, at=T0)  # type: ignore[arg-type]
    with pytest.raises(TransitionRefused):
        clock.advance(T0 + timedelta(hours=1))


def test_only_a_rate_clock_changes_its_rate(clock: HandClock) -> None:
    clock.begin("real")
    with pytest.raises(TransitionRefused):
        clock.set_rate(10)


def test_stepped_time_waits_for_work(ledger_on: Ledger) -> None:
    dispatcher = Dispatcher(ledger_on, [Subscription("test.expired", OrderExpired, lambda _transaction, _event: None)])
    dispatcher.register()
    start = ledger_on.clock.now()
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.emit(OrderExpired(order="a", plant="p"))

    assert ledger_on.clock.advance(start + timedelta(hours=1)) == start
    dispatcher.run_until_idle()
    assert ledger_on.clock.advance(start + timedelta(hours=1)) == start + timedelta(hours=1)
    assert ledger_on.clock.advance(start) == start + timedelta(hours=1)


def test_another_process_sees_the_step(ledger_on: Ledger) -> None:
    other = Clock(ledger_on.engine)
    later = ledger_on.clock.advance(ledger_on.clock.now() + timedelta(hours=1))
    assert other.now() == later
    with ledger_on.transaction(SYSTEM) as transaction:
        assert transaction.now == later


@pytest.mark.parametrize("work", ["job", "message", "real agenda"])
def test_every_kind_of_open_work_is_noise(ledger_on: Ledger, work: str) -> None:
    assert ledger_on.quiet()
    with ledger_on.transaction(SYSTEM) as transaction:
        match work:
            case "job":
                transaction.enqueue("test.job", "a", {})
            case "message":
                transaction.send("mail", "a", {})
            case _:
                transaction.schedule("test.expire", "a", transaction.real_now, clock="real")
    assert not ledger_on.quiet()
