"""How exact and how fast are feature models answered? ``python -m benchmarks.configurator.models FOLDER [--peer PYTHON]``.

FOLDER holds UVL files and ``expected.json``: for each file the features in every product and in none, and sequences of decisions with the
number and SHA-256 of what is forced and excluded after each. The baseline, in the same run, asks one question for each feature
in doubt (the iterative backbone) with an incremental solver. PYTHON is an interpreter that has flamapy (``peers.txt``): it
computes core and dead features in the same run. Each model is asked in a process of its own. Prints a table.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.configurator.model_figures import Figures, figures, pace

SEED = 1
PEER_LIMIT_S = 180
COLUMNS = (
    "model", "features", "constraints", "largest part", "wrong", "clicks", "p50 ms", "p95 ms", "max ms",
    "plain backbone ms", "times", "ready s", "flamapy s", "times", "explain p95 ms", "cheapest s", "MiB",
)  # fmt: skip


def main() -> None:
    """A row for each model; ends with 1 when an answer is not the expected one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--peer", type=Path, help="an interpreter that has flamapy")
    asked = parser.parse_args()
    expected = json.loads((asked.folder / "expected.json").read_text(encoding="utf-8"))
    names = [name for name in expected if not asked.only or any(part in name for part in asked.only)]
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in ("python-sat", "numpy", "ortools"))
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}, {versions}; seed {SEED}; 20 million subtractions in plain Python take {pace():.2f} s\n", flush=True)
    print(_row(COLUMNS), _row(["---"] * len(COLUMNS)), sep="\n", flush=True)
    wrong = 0
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as one:
        for name in sorted(names, key=lambda name: int(expected[name]["features"])):
            found = one.submit(figures, asked.folder / name, expected[name], SEED).result()
            print(_row(_cells(name, found, asked.peer and _peer(asked.peer, asked.folder / name))), flush=True)
            wrong += found.wrong
    print(f"\n20 million subtractions take {pace():.2f} s")
    raise SystemExit(1 if wrong else 0)


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _cells(name: str, found: Figures, peer: float | None) -> list[str]:
    clicks, explained = sorted(found.clicks), sorted(found.explained)
    plain, p50 = median(found.plain), median(clicks)
    sizes = map(str, (found.features, found.constraints, found.largest, found.wrong, len(clicks)))
    return [
        Path(name).stem, *sizes, *(f"{ms:.1f}" for ms in (p50, clicks[len(clicks) * 95 // 100], clicks[-1])),
        f"{plain:.0f}", f"{plain / p50:.0f}", f"{found.ready_s:.2f}", "-" if peer is None else f"{peer:.1f}",
        "-" if peer is None else f"{peer / found.ready_s:.0f}",
        f"{explained[len(explained) * 95 // 100]:.1f}", f"{found.cheapest_s:.2f}", str(found.memory),
    ]  # fmt: skip


def _peer(interpreter: Path, file: Path) -> float | None:
    """Seconds of flamapy for the same; None when it cannot read the file or takes longer than the limit."""
    script = Path(__file__).with_name("peer_flamapy.py")
    try:
        told = subprocess.run([interpreter, script, file], capture_output=True, check=True, timeout=PEER_LIMIT_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    seconds: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return float(sum(seconds.values()))


if __name__ == "__main__":
    main()
