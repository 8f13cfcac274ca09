"""How do several processes start together, come back when one dies, and end together?"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import BinaryIO

SUPERVISOR = "LOTONE_SUPERVISOR"
"""Environment of a supervised process: the supervisor's process id."""
STANDARD_ERROR = 2
"""What processes print is a log: standard output belongs to the command that started them."""
GRACE_S = 3
"""Seconds a process has to end by itself after TERM. What is killed then loses nothing: the next start takes up its work."""


@dataclass(frozen=True)
class ProcessSpec:
    """One process to keep running. ``argv`` is run as it stands, in a session of its own."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """Keeps processes running until ``stop`` is called or INT or TERM arrives; restarts one that ends, with growing delay.

    Ending is TERM to each process's whole group, and KILL after ``grace_s``.
    With ``logs`` each process writes into a file of its name in that folder, else to standard error.
    ``ending`` is called as soon as they are told to end.
    """

    def __init__(
        self, specs: Sequence[ProcessSpec], logs: Path | None = None, grace_s: float = GRACE_S, ending: Callable[[], None] = lambda: None
    ) -> None:
        self._ending = ending
        self._grace_s = grace_s
        self._logs = logs
        self._specs = {spec.name: spec for spec in specs}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._starts: dict[str, int] = dict.fromkeys(self._specs, 0)
        self._due_at: dict[str, float] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        for name in self._specs:
            self._start(name)

    def add(self, spec: ProcessSpec) -> None:
        """Keep one more process running from now on."""
        self._specs[spec.name] = spec
        self._starts[spec.name] = 0
        self._start(spec.name)

    def pid(self, name: str) -> int:
        """Process id of a running process (for fault tests)."""
        return self._running[name].pid

    def watch_signals(self) -> None:
        """INT and TERM end everything. Call from the main thread."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def run(self) -> None:
        """Restart what ends until told to stop, then end everything."""
        try:
            while not self._stopping.wait(0.2):
                self._restart_ended()
        finally:
            self._ending()
            self._end_all()

    def stop(self) -> None:
        """Let ``run`` end every process and return."""
        self._stopping.set()

    def _end_all(self) -> None:
        for process in self._running.values():
            _signal_group(process, signal.SIGTERM)
        until = time.monotonic() + self._grace_s
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, until - time.monotonic()))
            _signal_group(process, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _start(self, name: str) -> None:
        spec = self._specs[name]
        self._starts[name] += 1
        environment = {**os.environ, **spec.env, SUPERVISOR: str(os.getpid())}
        with self._told_to(name) as told:
            self._running[name] = subprocess.Popen(  # noqa: S603 - argv comes from this package alone
                list(spec.argv), env=environment, start_new_session=True, stdout=told or STANDARD_ERROR, stderr=told
            )

    def _told_to(self, name: str) -> contextlib.AbstractContextManager[BinaryIO | None]:
        """Where a process's messages go; None: to our own standard error."""
        return contextlib.nullcontext() if self._logs is None else open_log(self._logs, name)

    def _restart_ended(self) -> None:
        now = time.monotonic()
        for name, process in list(self._running.items()):
            if process.poll() is None or self._stopping.is_set():
                continue
            if name not in self._due_at:
                delay = min(10.0, 0.2 * 2 ** min(self._starts[name], 6))
                self._due_at[name] = now + delay
                print(f"{self._last_words(name, process.returncode)}; starting it again in {delay:.1f} s", file=sys.stderr, flush=True)  # noqa: T201
            elif now >= self._due_at[name]:
                del self._due_at[name]
                _signal_group(process, signal.SIGKILL)
                self._start(name)

    def _last_words(self, name: str, code: int) -> str:
        told = "" if self._logs is None else f" (its messages: {self._logs / name}.log)"
        return f"{name} ended with {code}{told}"

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()


def open_log(folder: Path, name: str) -> BinaryIO:
    """The file in ``folder`` that takes the messages of a process, open at its end."""
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{name}.log").open("ab")


def end_with_supervisor() -> None:
    """In a supervised process: end by TERM when the supervisor is gone, even if it was killed."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None or os.getppid() != int(supervisor):
        return

    def watch() -> None:
        while os.getppid() == int(supervisor):
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor watch", daemon=True).start()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
