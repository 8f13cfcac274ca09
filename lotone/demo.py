"""Does it all work, without a browser? Riders design and order, the plant produces, inspects and certifies, everything is counted."""

import random
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import httpx

from contracts.access import SYSTEM
from ledger.settings import Settings
from lotone.demo_count import Count, count_orders, operations_of, planned_of, settled_of
from lotone.demo_customer import Customer, Ordered, Refused
from lotone.demo_wishes import WISHES
from lotone.fresh import empty_installation
from lotone.people import BUNDLED, BodiesInvalid, Person, draw_people, read_people
from lotone.processes import ProcessSpec, Supervisor
from lotone.run import process_specs, wait_until_ready
from lotone.wiring import House

GRACE_S = 0.2
"""Seconds that the processes have to end; nothing of the installation is kept."""
LOOK_S = 0.4
"""Real time between two looks at what the plant has made."""
CUSTOMERS = 4
"""So many people design at once: enough for every web process of a small machine."""
STALLED_S = 180
"""Seconds of real time without any progress after which something must be lost."""


@dataclass
class Played:
    """What happened, for the closing table."""

    ordered: list[Ordered] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    design_s: float = 0.0
    plan_s: float = 0.0
    produce_s: float = 0.0


@click.command()
@click.option("--orders", default=25, show_default=True, type=click.IntRange(1, 10_000), help="How many people come.")
@click.option("--seed", default=1, show_default=True, help="Draws people, tastes and the plant's luck.")
@click.option(
    "--bodies", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV file of bodies; default: the bundled sample."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def demo(orders: int, seed: int, bodies: Path | None, as_json: bool) -> None:
    """Play the whole pipeline: people from real bodies to certified bicycles, shirts and cabinets."""
    from lotone.cli import print_json

    try:
        people = draw_people(read_people(bodies or BUNDLED), orders, seed)
    except BodiesInvalid as invalid:
        click.echo(str(invalid), err=True)
        sys.exit(1)
    began = time.monotonic()
    with demo_installation() as (settings, house, supervisor):
        played = play(settings, house, supervisor, people, seed)
        count = count_orders(house, played.ordered)
    seconds = {"total": time.monotonic() - began, "design": played.design_s, "plan": played.plan_s, "produce": played.produce_s}
    document = _document(played, count, seconds)
    if as_json:
        print_json(document)
    else:
        _print_table(document)
    faults = count.faults(len(played.ordered))
    for fault in faults:
        click.echo(fault, err=True)
    sys.exit(1 if faults else 0)


@contextmanager
def demo_installation() -> Iterator[tuple[Settings, House, Supervisor]]:
    """A fresh installation on a stepped clock with its processes, gone at the end. They start while family and plant are published."""
    from lotone.seed import seed_installation

    with empty_installation() as (settings, house):
        supervisor = Supervisor(process_specs(settings, simulator=False, browsers=False), grace_s=GRACE_S)
        supervisor.start()
        keeper = threading.Thread(target=supervisor.run, daemon=True)
        keeper.start()
        try:
            seed_installation(house)
            yield settings, house, supervisor
        finally:
            supervisor.stop()
            keeper.join()


def play(settings: Settings, house: House, supervisor: Supervisor, people: list[Person], seed: int) -> Played:
    """Design and order, plan, produce; progress goes to standard error."""
    played = Played()
    if not wait_until_ready(settings):
        raise click.ClickException("the web process did not start; its messages are above")
    began = time.monotonic()
    address = f"http://127.0.0.1:{settings.port}"
    chance = random.Random(seed)  # noqa: S311 - a repeatable demo, no secret
    seeds = [chance.randrange(2**32) for _ in people]
    families = [family for _ in range(0, len(people), len(WISHES)) for family in chance.sample(sorted(WISHES), len(WISHES))]
    tls = httpx.create_ssl_context()

    def buy(person: Person, luck: int, family: str) -> Ordered | Refused:
        """Over a connection of their own: whoever has it open answers all that one person asks."""
        with httpx.Client(base_url=address, timeout=60, verify=tls) as client:
            return Customer(client, person, luck, family).buy()

    with ThreadPoolExecutor(CUSTOMERS) as pool:
        bought = pool.map(buy, people, seeds, families)
        for number, result in enumerate(bought, 1):
            if isinstance(result, Ordered):
                played.ordered.append(result)
            else:
                played.refused.append(result)
            _progress("designed and ordered", number, len(people))
    planned = time.monotonic()
    played.design_s = planned - began
    # Nobody else comes: the planner does not wait for more orders.
    house.scheduler.ask_for_plan(SYSTEM)
    key_file = str(settings.home / "simulator.key")
    supervisor.add(ProcessSpec("simulator", [*_simulator(address, key_file, seed)]))
    _wait_until_planned(house, played.ordered)
    producing = time.monotonic()
    played.plan_s = producing - planned
    _wait_until_made(house, played.ordered)
    played.produce_s = time.monotonic() - producing
    return played


def _simulator(address: str, key_file: str, seed: int) -> list[str]:
    return [sys.executable, "-m", "lotone", "simulate", "plant", "--url", address, "--key-file", key_file, "--seed", str(seed)]


def _wait_until_planned(house: House, ordered: list[Ordered]) -> None:
    until = time.monotonic() + STALLED_S
    while planned_of(house, ordered) < len(ordered):
        if time.monotonic() > until:
            raise click.ClickException("the plan was not made in time; `lotone worker` says why above")
        time.sleep(LOOK_S)


def _wait_until_made(house: House, ordered: list[Ordered]) -> None:
    """Until every order is shipped or cancelled, or nothing moves any more."""
    last, changed = -1, time.monotonic()
    while (settled := settled_of(house, ordered)) < len(ordered):
        closed = operations_of(house)
        if closed != last:
            last, changed = closed, time.monotonic()
            click.echo(f"operations closed: {closed}, orders shipped: {settled} of {len(ordered)}", err=True)
        elif time.monotonic() - changed > STALLED_S:
            click.echo("Nothing has moved for three minutes.", err=True)
            return
        time.sleep(LOOK_S)


def _progress(what: str, done: int, total: int) -> None:
    end = "\n" if done == total else "\r"
    sys.stderr.write(f"{what}: {done} of {total}{end}")
    sys.stderr.flush()


def _document(played: Played, count: Count, seconds: dict[str, float]) -> dict[str, Any]:
    return {
        "orders": {
            "placed": len(played.ordered),
            "refused": len(played.refused),
            "completed": count.completed,
            "cancelled": count.cancelled,
            "lost": count.lost(len(played.ordered)),
            "made_twice": count.made_twice,
        },
        "promises": {"given": len(played.ordered), "kept": count.kept},
        "work_orders": count.work_orders,
        "operation_reports": count.operation_reports,
        "measurements": count.measurements,
        "nonconformances": count.nonconformances,
        "rework": count.rework,
        "remakes": count.remakes,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "items": count.items,
        "refusals": [{"row": refused.row, "family": refused.family, "reason": refused.reason} for refused in played.refused],
    }


def _print_table(document: dict[str, Any]) -> None:
    orders, promises, seconds = document["orders"], document["promises"], document["seconds"]
    rows = (
        ("orders placed", orders["placed"]),
        ("refused, with a reason", orders["refused"]),
        ("completed", orders["completed"]),
        ("cancelled", orders["cancelled"]),
        ("lost", orders["lost"]),
        ("made twice", orders["made_twice"]),
        ("promises kept", f"{promises['kept']} of {promises['given']}"),
        ("work orders", document["work_orders"]),
        ("operation reports", document["operation_reports"]),
        ("measurements", document["measurements"]),
        ("non-conformances", document["nonconformances"]),
        ("rework / remakes", f"{document['rework']} / {document['remakes']}"),
        ("seconds: design, plan, produce", f"{seconds['design']}, {seconds['plan']}, {seconds['produce']}"),
        ("seconds in all", seconds["total"]),
    )
    for name, value in rows:
        click.echo(f"{name:<34}{value:>14}")
    for refusal in document["refusals"]:
        click.echo(f"refused: {refusal['row']}: {refusal['reason']}")
