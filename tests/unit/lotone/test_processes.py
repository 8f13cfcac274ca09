"""Do processes come back when they die, and end together?"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lotone.processes import ProcessSpec, Supervisor


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "the condition did not come true"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_killed_process_comes_back_and_stop_ends_children_of_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open({str(pids)!r}, "a") as out:
    out.write(f"{{os.getpid()}} {{child.pid}}\\n")
time.sleep(600)
"""
    supervisor = Supervisor([ProcessSpec("sleeper", [sys.executable, "-c", code])])
    supervisor.start()
    keeper = threading.Thread(target=supervisor.run)
    keeper.start()
    try:
        wait_until(lambda: pids.exists() and len(pids.read_text().splitlines()) == 1)
        os.kill(supervisor.pid("sleeper"), signal.SIGKILL)
        wait_until(lambda: len(pids.read_text().splitlines()) == 2)
    finally:
        supervisor.stop()
        keeper.join()
    started = [int(pid) for line in pids.read_text().splitlines() for pid in line.split()]
    wait_until(lambda: not any(alive(pid) for pid in started))


def test_a_process_that_does_not_end_by_itself_is_killed_after_the_grace(tmp_path: Path) -> None:
    stubborn = tmp_path / "stubborn"
    code = f"""
import os, pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path({str(stubborn)!r}).write_text(str(os.getpid()))
time.sleep(600)
"""
    supervisor = Supervisor([ProcessSpec("stubborn", [sys.executable, "-c", code])], grace_s=0.1)
    supervisor.start()
    keeper = threading.Thread(target=supervisor.run)
    keeper.start()
    wait_until(lambda: stubborn.exists() and stubborn.read_text() != "")
    supervisor.stop()
    keeper.join()
    assert not alive(int(stubborn.read_text()))


def test_who_asks_is_told_at_once_that_all_is_ending() -> None:
    told: list[bool] = []
    code = "import time; time.sleep(60)"
    supervisor = Supervisor(
        [ProcessSpec("sleeper", [sys.executable, "-c", code])], ending=lambda: told.append(alive(supervisor.pid("sleeper")))
    )
    supervisor.start()
    supervisor.stop()
    supervisor.run()
    assert told == [True]


def test_with_a_folder_for_logs_the_terminal_stays_calm(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print('said'); sys.stderr.write('complained\\n')"
    supervisor = Supervisor([ProcessSpec("talker", [sys.executable, "-c", code])], tmp_path / "log")
    supervisor.start()
    keeper = threading.Thread(target=supervisor.run)
    keeper.start()
    told = tmp_path / "log" / "talker.log"
    try:
        wait_until(lambda: told.exists() and told.read_text().count("complained") >= 2)
    finally:
        supervisor.stop()
        keeper.join()
    heard = capfd.readouterr()
    assert heard.out == ""
    assert heard.err
    assert all(line.startswith(f"talker ended with 0 (its messages: {told})") for line in heard.err.splitlines())
