"""What time it is: real time for leases and logs, business time for everything that people plan and promise."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine, insert, select, update

from contracts.model import Instant
from contracts.problems import TransitionRefused
from ledger.database import asking, writing
from ledger.doorbell import announce, knock
from ledger.quiet import is_quiet, next_agenda_at
from ledger.settings import Settings
from ledger.tables import CLOCK

Mode = Literal["real", "rate", "stepped"]

STANDS_STILL_AFTER = timedelta(seconds=5)
"""In rate mode business time runs on for at most this long after the last beat: the product is down (or the machine slept)."""
_CACHED_S = 0.02
_STATE = select(CLOCK.c.mode, CLOCK.c.rate, CLOCK.c.business_anchor, CLOCK.c.real_anchor, CLOCK.c.heartbeat)
_LOCKED_STATE = _STATE.with_for_update()
CLOCK_COLUMNS = tuple(_STATE.selected_columns)
"""For a query that asks for something else as well: see ``ClockState``."""


class Clock:
    """One clock for all processes, its state in a row. Every process reads the row at most every 20 ms."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ask = asking(engine)
        self._write = writing(engine)
        self._cached: tuple[float, ClockState] | None = None
        self._guard = threading.Lock()

    def begin(self, mode: Mode, rate: int = 1, at: Instant | None = None) -> None:
        """Start the clock when it has never been started; business time begins at ``at`` (default: now)."""
        real = self.real_now()
        with self._changing() as connection:
            if connection.execute(select(CLOCK.c.id)).first() is None:
                connection.execute(
                    insert(CLOCK).values(id=1, mode=mode, rate=rate, business_anchor=at or real, real_anchor=real, heartbeat=real)
                )

    def begin_from(self, settings: Settings) -> None:
        """Real time in production, else the rate of the settings."""
        self.begin("real" if settings.production else "rate", rate=1 if settings.production else settings.clock_rate)

    def step_from(self, at: Instant) -> None:
        """Business time stands at ``at`` and is stepped from there: for an installation that nobody has used yet."""
        real = self.real_now()
        with self._changing() as connection:
            _read_state(connection, lock=True)
            connection.execute(update(CLOCK).values(mode="stepped", business_anchor=at, real_anchor=real, heartbeat=real))

    def now(self) -> Instant:
        """Business time."""
        return self._state().business(self.real_now())

    def real_now(self) -> Instant:
        return datetime.now(UTC)

    def now_in(self, connection: Connection) -> Instant:
        """Business time as the open transaction sees it."""
        return _read_state(connection).business(self.real_now())

    @property
    def mode(self) -> Mode:
        return self._state().mode

    @property
    def rate(self) -> int:
        """Business seconds a real second; 0 when stepped."""
        return self._state().speed

    def set_rate(self, rate: int) -> None:
        """Change the speed from this moment on. Raises TransitionRefused unless the clock runs in rate mode."""
        real = self.real_now()
        with self._changing() as connection:
            state = _read_state(connection, lock=True)
            if state.mode != "rate":
                raise TransitionRefused("clock", state.mode, "rate")
            connection.execute(update(CLOCK).values(rate=rate, business_anchor=state.business(real), real_anchor=real, heartbeat=real))

    def run_from_now(self, rate: int) -> None:
        """Let a stepped clock run by itself from where it stands; a clock that runs already is left alone."""
        real = self.real_now()
        with self._changing() as connection:
            if _read_state(connection, lock=True).mode == "stepped":
                connection.execute(update(CLOCK).values(mode="rate", rate=rate, real_anchor=real, heartbeat=real))

    def beat(self) -> None:
        """The product lives: call at start and every second. After a pause business time goes on where it stood still."""
        real = self.real_now()
        with self._write.begin() as connection:
            state = _read_state(connection, lock=True)
            if state.mode != "rate":
                return
            if real - state.heartbeat > STANDS_STILL_AFTER:
                connection.execute(update(CLOCK).values(business_anchor=state.business(real), real_anchor=real, heartbeat=real))
            elif real > state.heartbeat:
                connection.execute(update(CLOCK).values(heartbeat=real))
        self._forget()

    def advance(self, to: Instant) -> Instant:
        """Step business time towards ``to``, never past the next due agenda row, and only while the ledger is quiet.

        The time reached: unchanged when there is still work to do at the present time. Raises TransitionRefused unless stepped.
        """
        with self._changing() as connection:
            state = _read_state(connection, lock=True)
            if state.mode != "stepped":
                raise TransitionRefused("clock", state.mode, "advance")
            reached = state.business_anchor
            if to > reached and is_quiet(connection, reached, self.real_now()):
                due = next_agenda_at(connection, "business")
                reached = min(to, due) if due is not None else to
                connection.execute(update(CLOCK).values(business_anchor=reached))
        return reached

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """What becomes due by the change is looked at everywhere."""
        with self._write.begin() as connection:
            yield connection
            announce(connection)
        self._forget()
        knock(self._engine)

    def _state(self) -> "ClockState":
        with self._guard:
            if self._cached is None or time.monotonic() - self._cached[0] > _CACHED_S:
                with self._ask.connect() as connection:
                    self._cached = (time.monotonic(), _read_state(connection))
            return self._cached[1]

    def _forget(self) -> None:
        with self._guard:
            self._cached = None


class ClockState:
    """The clock's row, read once."""

    def __init__(self, mode: Mode, rate: int, business_anchor: Instant, real_anchor: Instant, heartbeat: Instant) -> None:
        self.mode: Mode = mode
        self.rate = rate
        self.business_anchor = business_anchor
        self.real_anchor = real_anchor
        self.heartbeat = heartbeat

    @property
    def speed(self) -> int:
        """Business seconds a real second; 0 when stepped."""
        return {"real": 1, "rate": self.rate, "stepped": 0}[self.mode]

    def business(self, real: Instant) -> Instant:
        """Business time at the moment ``real``."""
        if self.mode == "real":
            return real
        if self.mode == "stepped":
            return self.business_anchor
        shown = min(real, self.heartbeat + STANDS_STILL_AFTER)
        return self.business_anchor + max(shown - self.real_anchor, timedelta()) * self.rate


def _read_state(connection: Connection, lock: bool = False) -> ClockState:
    row = connection.execute(_LOCKED_STATE if lock else _STATE).first()
    if row is None:
        raise RuntimeError("the clock was never started: run `lotone migrate` first")
    return ClockState(*row)
