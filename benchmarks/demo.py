"""How fast does the whole pipeline run, in real processes? Orders a minute from the first rider to the last certificate, by phase."""

import json
import os
import subprocess
import sys
import tempfile
import time

ADDITIONS = 20_000_000
"""The baseline of the machine: so many additions in a loop of plain Python, on one core."""
COUNTED = ("work_orders", "operation_reports", "measurements", "nonconformances", "rework", "remakes")


def demo(orders: int, seed: int) -> None:
    """The product's own demo on a database of its own; it ends with an error unless every order is accounted for."""
    before_s = additions_s()
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "LOTONE_HOME": home, "LOTONE_DATABASE_URL": "", "LOTONE_BROKER_URL": ""}
        command = [sys.executable, "-m", "lotone", "demo", "--orders", str(orders), "--seed", str(seed), "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"demo, {orders} orders: failed: {done.stderr[-2000:]}")
        return
    after_s = additions_s()
    document = json.loads(done.stdout)
    seconds, promises = document["seconds"], document["promises"]
    start_s = seconds["total"] - seconds["design"] - seconds["plan"] - seconds["produce"]
    print(
        f"demo, {orders} orders on SQLite: {60 * document['orders']['completed'] / seconds['total']:.1f} orders a minute; "
        f"start and end {start_s:.1f}, design {seconds['design']:.1f}, plan {seconds['plan']:.1f}, produce {seconds['produce']:.1f}, "
        f"total {seconds['total']:.1f} s; "
        + ", ".join(f"{document[name]} {name.replace('_', ' ')}" for name in COUNTED)
        + f", {promises['kept']} of {promises['given']} promises kept; "
        f"baseline: {ADDITIONS // 1_000_000} million additions in a Python loop in {before_s:.2f} s before it and {after_s:.2f} s after it"
    )


def additions_s() -> float:
    """Seconds of wall time for the baseline: what the machine gives one process at this moment."""
    began, total = time.perf_counter(), 0
    for number in range(ADDITIONS):
        total += number
    return time.perf_counter() - began
