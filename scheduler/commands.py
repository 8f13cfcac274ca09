"""The scheduler's command line: plant files checked and published, shops solved, promise, plan and repair measured."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contracts.problems import SourceInvalid
from scheduler.shop_commands import bench_command, solve_command

if TYPE_CHECKING:
    from scheduler.engine.plant import Plant
    from scheduler.service import Service

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
SEED = click.option("--seed", default=1, show_default=True)


def plant_commands(service: "Callable[[], Service]") -> click.Group:
    """``lotone plant``: check a file without touching anything, or publish it."""
    group = click.Group("plant", help="Plants as data.")

    @group.command("check")
    @click.argument("file", type=FILE)
    @JSON
    def check(file: Path, as_json: bool) -> None:
        """Say what FILE holds, or each fault with its line."""
        plant = _parsed(file, as_json)
        own = sum(1 for machine in plant.machines.values() if machine.partner is None)
        held = {
            "plant": plant.plant,
            "sha256": plant.sha256,
            "groups": len(plant.groups),
            "machines": own,
            "partner_machines": len(plant.machines) - own,
            "people": len(plant.people),
            "items": len(plant.items),
        }
        _answer(held, as_json)

    @group.command("publish")
    @click.argument("file", type=FILE)
    @JSON
    def publish(file: Path, as_json: bool) -> None:
        """Make FILE the live plant."""
        from contracts.access import SYSTEM

        plant = _parsed(file, as_json)
        service().publish_plant(_text(file), SYSTEM)
        _answer({"plant": plant.plant, "sha256": plant.sha256}, as_json)

    return group


def commands(service: "Callable[[], Service]") -> click.Group:
    """``lotone scheduler``: shops from files, measurements on drawn plants, and why orders of the live plan are late."""
    group = click.Group("scheduler", help="Shops from files solved; promise, plan and repair measured; late orders explained.")
    group.add_command(solve_command)
    group.add_command(bench_command)

    @group.command("explain")
    @click.option("--order", help="This order; default: every late one, the latest first.")
    @JSON
    def explain(order: str | None, as_json: bool) -> None:
        """Say why orders of the live plan are late, and what would help."""
        from presentation.formats import duration, money
        from scheduler.web.told import told

        scheduler = service()
        found = [told(scheduler.lateness(each), "en") for each in ([order] if order else scheduler.late_orders())]
        if as_json:
            click.echo(json.dumps([lateness.model_dump(mode="json") for lateness in found], ensure_ascii=False))
            return
        for lateness in found:
            finished = f"finished late; its customer was told: {lateness.told}" if lateness.told else "in time"
            click.echo(f"{lateness.order}: {f'late by {duration(lateness.lateness_s, "en")}' if lateness.lateness_s else finished}")
            for cause in lateness.causes:
                click.echo(f"  {duration(cause.seconds, 'en'):>12}  {cause.cause}: {cause.because} ({cause.operation})")
            for remedy in lateness.remedies:
                payers = f"; late for it: {', '.join(remedy.delayed)}" if remedy.delayed else ""
                click.echo(f"  {remedy.what}: then late by {duration(remedy.lateness_s, 'en')}, costs {money(remedy.cost, 'en')}{payers}")
        if not found:
            click.echo("No order is late.")

    @group.command("promise-bench")
    @click.option("--operations", default=10_000, show_default=True, type=click.IntRange(1))
    @click.option("--quotes", default=1000, show_default=True, type=click.IntRange(1))
    @SEED
    @JSON
    def promise(operations: int, quotes: int, seed: int, as_json: bool) -> None:
        """Time quotes against so many open operations."""
        from scheduler import benchmark

        _answer(benchmark.promise_bench(operations, quotes, seed), as_json)

    @group.command("plan-bench")
    @click.option("--orders", default=200, show_default=True, type=click.IntRange(1))
    @click.option("--groups", default=6, show_default=True, type=click.IntRange(1))
    @click.option("--buckets", default=30, show_default=True, type=click.IntRange(5, 280), help="Working days.")
    @click.option("--time-limit", default=21.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for the whole plan.")
    @SEED
    @JSON
    def plan(orders: int, groups: int, buckets: int, time_limit: float, seed: int, as_json: bool) -> None:
        """Plan so many orders over days and compare with the proved bound."""
        from scheduler import benchmark

        _answer(benchmark.plan_bench(orders, groups, buckets, time_limit, seed), as_json)

    @group.command("replan-bench")
    @click.option("--orders", default=200, show_default=True, type=click.IntRange(1))
    @click.option("--hours", default=8, show_default=True, type=click.IntRange(1))
    @SEED
    @JSON
    def replan(orders: int, hours: int, seed: int, as_json: bool) -> None:
        """Break a machine for so many hours and repair the plan."""
        from scheduler import benchmark

        _answer(benchmark.replan_bench(orders, hours, seed), as_json)

    return group


def _parsed(file: Path, as_json: bool) -> "Plant":
    """The plant of a file; ends with exit code 1 and every fault when it has any."""
    from scheduler.engine.plant import parse_plant

    try:
        return parse_plant(_text(file))
    except SourceInvalid as refusal:
        errors = [{**line, "text": _sentence(line)} for line in refusal.extra["lines"]]
        if as_json:
            click.echo(json.dumps({"file": str(file), "errors": errors}, ensure_ascii=False))
        for error in errors:
            click.echo(f"{file}:{error['line']}:{error['column']}: {error['text']}", err=True)
        raise SystemExit(1) from refusal


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise click.UsageError(f"{file} is not UTF-8 text") from wrong


def _sentence(line: dict[str, Any]) -> str:
    from contracts.texts import Message
    from presentation.texts import render

    return render(Message.model_construct(id=line["message"], params=line["params"]), "en")


def _answer(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    for name, value in values.items():
        click.echo(f"{name}: {value}")
