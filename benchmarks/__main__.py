"""How fast is it on this machine? `make bench` prints each figure with the machine, the versions and the seed."""

import argparse
import importlib.metadata
import os
import platform

from click.testing import CliRunner

from benchmarks.configurator.clicks import clicks
from benchmarks.demo import demo
from benchmarks.pages import pages
from benchmarks.papers import papers
from benchmarks.scheduler.moved_promise import ORDERS, moved_promise
from benchmarks.scheduler.shops import shops
from scheduler.commands import commands

SEED = 1
PACKAGES = ("python-sat", "PuLP", "highspy", "numpy", "weasyprint")


def main() -> None:
    """Run every benchmark in its short or long form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="the long form")
    long = parser.parse_args().long
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}, seed {SEED}"
    )
    demo(orders=100 if long else 25, seed=SEED)
    pages(clicks=200 if long else 40, seed=SEED)
    clicks(sequences=20 if long else 4, seed=SEED)
    papers(rounds=9 if long else 3)
    quotes, orders = (10_000, 200) if long else (1_000, 60)
    scheduler("promise-bench", "--operations", "10000", "--quotes", str(quotes))
    planned, buckets, seconds = (2_000, 60, 21) if long else (500, 30, 10)
    scheduler("plan-bench", "--orders", str(planned), "--groups", "6", "--buckets", str(buckets), "--time-limit", str(seconds))
    moved_promise(ORDERS, SEED)
    scheduler("replan-bench", "--orders", str(orders), "--hours", "8")
    shops(seconds=60 if long else 5, seed=SEED)


def scheduler(*words: str) -> None:
    """One of the scheduler's own measurements."""
    result = CliRunner().invoke(commands(), [*words, "--seed", str(SEED), "--json"])
    print(" ".join(("scheduler", *words)), result.output.strip() or result.exception)


if __name__ == "__main__":
    main()
