"""How fast is it on this machine? `make bench` prints each figure with the machine, the versions and the seed."""

import argparse
import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

import configurator
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Decision, Decisions
from configurator.engine.family.parse import parse_family
from scheduler.commands import commands

SEED = 1
PACKAGES = ("python-sat", "PuLP", "highspy", "numpy")


def main() -> None:
    """Run every benchmark in its short or long form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="the long form")
    long = parser.parse_args().long
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}, seed {SEED}"
    )
    clicks()
    quotes, orders = (10_000, 200) if long else (1_000, 60)
    scheduler("promise-bench", "--operations", "10000", "--quotes", str(quotes))
    scheduler("plan-bench", "--orders", str(orders), "--groups", "6", "--buckets", "30")
    scheduler("replan-bench", "--orders", str(orders), "--hours", "8")


def clicks() -> None:
    """A click on the bicycle: exact state of every option, against asking the solver about each option and number anew."""
    text = (Path(configurator.__file__).parent / "families" / "bicycle.yaml").read_text(encoding="utf-8")
    compiled = compile_family(parse_family(text))
    chosen = [
        frozenset({Decision(f"{option.name}.{value}", True)}) for option in compiled.family.options.values() for value in option.values
    ]
    product = [
        _milliseconds(lambda decisions=decisions: compiled.state(decisions)) for decisions in chosen if _possible(compiled, decisions)
    ]
    fresh = [
        _milliseconds(lambda decisions=decisions: compile_family(compiled.family).possibilities(decisions))
        for decisions in chosen[:: len(chosen) // 5]
    ]
    ours, baseline = statistics.median(product), statistics.median(fresh)
    print(f"configurator, first click: median {ours:.1f} ms over {len(product)} options")
    print(f"configurator, compiled anew for the question: median {baseline:.0f} ms ({baseline / ours:.0f} x)")


def _possible(compiled: CompiledFamily, decisions: Decisions) -> bool:
    return compiled.possibilities(NONE | decisions) is not None


def _milliseconds(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    question()
    return 1000 * (time.perf_counter() - began)


def scheduler(*words: str) -> None:
    """One of the scheduler's own measurements."""
    result = CliRunner().invoke(commands(), [*words, "--seed", str(SEED), "--json"])
    print(" ".join(("scheduler", *words)), result.output.strip() or result.exception)


if __name__ == "__main__":
    main()
