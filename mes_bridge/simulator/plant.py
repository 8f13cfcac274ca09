"""A plant that leases work orders over REST, makes them on simulated machines and tells what happened."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx

from mes_bridge.simulator.client import Client, Refused, Stopped, TakenBack
from mes_bridge.simulator.floor import Floor, Outage
from mes_bridge.simulator.habits import Habits
from mes_bridge.simulator.voice import Voice

LEASE_S = 3600
"""Real time; kept while a work order waits on the floor."""
STEP = timedelta(minutes=10)
"""Deeds that fall into so much business time are told in one step of the clock, each with its own time; well within a start's grace."""
REST_S = 0.5
"""Real time between two looks when the clock runs by itself."""
IDLE_S = 0.1
"""Real time to wait when the stepped clock has nothing to go on to."""


class Plant:
    """``run`` until ``stop`` is set."""

    def __init__(self, client: Client, seed: int, habits: Habits, stop: threading.Event, outages: Sequence[Outage] = ()) -> None:
        self._client = client
        self._stop = stop
        self._voice = Voice(client)
        self._floor = Floor(self._voice, seed, habits)
        self._outages = outages
        self._since = 0
        self._kept_at = datetime.now(UTC)

    @property
    def told(self) -> Counter[str]:
        return self._voice.told

    def run(self) -> None:
        try:
            clock = self._client.clock()
            for outage in self._outages:
                self._floor.expect(outage, clock.now)
            for state, item in self._client.mine():
                self._floor.resume(item, state, clock.now)
            if clock.mode == "stepped":
                self._run_stepped(clock.now)
            else:
                self._run_by_itself()
        except Stopped:
            return

    def _run_stepped(self, now: datetime) -> None:
        """Business time goes on only when we say so; before that the product finishes what it has to do.

        We look for work at first, and, once the product has settled, when an operation was closed (the next one may start),
        when a piece failed (its rework comes), when time stopped at something due on the other side, and now and then.
        """
        look, looked_at = True, 0.0
        while not self._stop.is_set():
            if look or time.monotonic() - looked_at > REST_S:
                self._lease(now)
                looked_at = time.monotonic()
            self._voice.heard.clear()
            self._floor.do_due(now)
            look = bool(self._voice.heard & {"closed", "held", "scrapped"})
            if look:
                now = self._client.advance(now).now
                continue
            wanted = self._floor.last_within(STEP)
            answer = self._client.advance(wanted)
            now = answer.now
            if not answer.advanced:
                self._stop.wait(IDLE_S)
            elif now != wanted:
                now, look = self._client.advance(now).now, True

    def _run_by_itself(self) -> None:
        """The clock runs; leases are asked for only when there is something new, so that a quiet plant writes nothing."""
        while not self._stop.is_set():
            clock = self._client.clock()
            news = self._client.news(self._since)
            self._since = news.since
            for taken_back in news.ended:
                self._give_up(taken_back, clock.now)
            if news.released or "closed" in self._voice.heard:
                self._lease(clock.now)
            self._voice.heard.clear()
            self._floor.do_due(clock.now)
            following = self._floor.next_at()
            until = REST_S if following is None else (following - clock.now).total_seconds() / max(1, clock.rate)
            self._stop.wait(min(REST_S, max(0.02, until)))

    def _give_up(self, taken_back: TakenBack, now: datetime) -> None:
        """Say whether it could still be stopped, if we hold it. What was begun and is only revised goes on."""
        job = self._floor.holding(taken_back.work_order, taken_back.revision)
        if job is None:
            return
        too_late = taken_back.to == "superseded" and job.started_at is not None and not job.lost
        try:
            self._client.answer(taken_back, job.progress(now), too_late=too_late)
            self.told["answers"] += 1
        except Refused as refused:
            self.told[refused.problem] += 1
        if not too_late:
            self._floor.put_aside(job, now)

    def _lease(self, now: datetime) -> None:
        """Lease everything that may be had."""
        self._keep_leases()
        more = True
        while more:
            items = self._client.lease(count=200, seconds=LEASE_S)
            for item in sorted(items, key=lambda item: (item.operation.planned_start, item.operation.machine, item.piece)):
                self._floor.receive(item, now)
            more = len(items) == 200

    def _keep_leases(self) -> None:
        """Extend the leases of what waits; one that is refused will be noticed when its turn comes."""
        real_now = datetime.now(UTC)
        if real_now - self._kept_at < timedelta(seconds=LEASE_S / 3):
            return
        self._kept_at = real_now
        for job in self._floor.waiting():
            try:
                self._client.extend(job.item, LEASE_S)
            except Refused as refused:
                self.told[refused.problem] += 1


def run(
    url: str, key: str, seed: int, habits: Habits, broker: str | None = None, transport: httpx.BaseTransport | None = None
) -> Counter[str]:
    """Until TERM or interrupt; what was told, by kind. ``broker``: the MQTT broker over which it is told, None: over HTTP."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    client = Client(url, key, stop, transport) if broker is None else _over_mqtt(url, key, stop, broker, transport)
    plant = Plant(client, seed, habits, stop)
    try:
        plant.run()
    finally:
        client.close()
    return plant.told


def _over_mqtt(url: str, key: str, stop: threading.Event, broker: str, transport: httpx.BaseTransport | None) -> Client:
    """Imported late: a plant over HTTP does without the library."""
    from mes_bridge.simulator.over_mqtt import OverMqtt

    return OverMqtt(url, key, stop, broker, transport)
