"""`lotone scheduler solve` and `bench`: a flexible job shop from a file, its best schedule found in the time given."""

import json
import time
from pathlib import Path
from typing import Any

import click

from contracts.problems import SourceInvalid
from scheduler.engine.shop.reading import read_shop, with_due_times
from scheduler.engine.shop.shop import Objective, Schedule, Shop
from scheduler.shop_search import Answer, solve

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
SEED = click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
TIME_LIMIT = click.option(
    "--time-limit",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Seconds of wall time, start-up included.",
)
WORKERS = click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that search.")
OBJECTIVE = click.option(
    "--objective", default=Objective.MAKESPAN.value, show_default=True, type=click.Choice([entry.value for entry in Objective])
)


@click.command("solve")
@click.argument("file", type=FILE)
@click.option("--due", type=FILE, help="Releases, due times, weights, setups by family; default for tardiness: FILE's name with .due.json.")
@OBJECTIVE
@TIME_LIMIT
@WORKERS
@SEED
@click.option("--work-limit", type=click.IntRange(1), help="Steps of each search; the same seed then gives the same schedule.")
@JSON
@click.pass_context
def solve_command(
    context: click.Context,
    file: Path,
    due: Path | None,
    objective: str,
    time_limit: float,
    workers: int,
    seed: int,
    work_limit: int | None,
    as_json: bool,
) -> None:
    """Schedule the flexible job shop of FILE (.fjs) as well as the time allows."""
    began_s = context.obj if isinstance(context.obj, float) else time.monotonic()
    chosen = Objective(objective)
    shop = _shop(file, due, chosen)
    answer = solve(shop, chosen, time_limit, workers, seed, work_limit, began_s)
    document = {
        "instance": file.stem,
        "objective": chosen.value,
        "value": answer.value,
        "lower_bound": answer.lower_bound,
        "status": answer.status,
        "seconds": answer.seconds,
        "operations": _operations(shop, answer.schedule),
    }
    if as_json:
        click.echo(json.dumps(document))
        return
    click.echo(f"{file.stem}: {chosen.value} {answer.value}, lower bound {answer.lower_bound}, {answer.status}, {answer.seconds} s")


@click.command("bench")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--best-known", type=FILE, help='{"instances": [{"file", "upper_bound"}]} or {NAME: value}.')
@OBJECTIVE
@TIME_LIMIT
@WORKERS
@SEED
@JSON
def bench_command(
    paths: tuple[Path, ...], best_known: Path | None, objective: str, time_limit: float, workers: int, seed: int, as_json: bool
) -> None:
    """Schedule every .fjs file of PATHS (files or folders) and compare with the best values known."""
    known = best_values(best_known)
    chosen = Objective(objective)
    rows = []
    for file in _files(paths):
        began_s = time.monotonic()
        answer = solve(_shop(file, None, chosen), chosen, time_limit, workers, seed, began_s=began_s)
        rows.append(_row(file, answer, known.get(file.stem), time.monotonic() - began_s))
        click.echo(_sentence(rows[-1]), err=as_json)
    gaps = [row["gap_percent"] for row in rows if row["gap_percent"] is not None]
    if gaps:
        click.echo(f"mean gap to the best known: {sum(gaps) / len(gaps):.2f} % over {len(gaps)} instances", err=as_json)
    if as_json:
        click.echo(json.dumps(rows))


def _row(file: Path, answer: Answer, best: int | None, seconds: float) -> dict[str, Any]:
    return {
        "instance": file.stem,
        "value": answer.value,
        "lower_bound": answer.lower_bound,
        "best_known": best,
        "gap_percent": round(100 * (answer.value - best) / best, 3) if best else None,
        "seconds": round(seconds, 3),
    }


def _sentence(row: dict[str, Any]) -> str:
    compared = "" if row["gap_percent"] is None else f", best known {row['best_known']}, gap {row['gap_percent']} %"
    return f"{row['instance']}: {row['value']}, lower bound {row['lower_bound']}{compared}, {row['seconds']} s"


def _files(paths: tuple[Path, ...]) -> list[Path]:
    files = [file for path in paths for file in (sorted(path.glob("*.fjs")) if path.is_dir() else [path])]
    if not files:
        raise click.UsageError("no .fjs file there")
    return files


def best_values(file: Path | None) -> dict[str, int]:
    """The best value of each instance by its file's stem. Raises UsageError."""
    if file is None:
        return {}
    try:
        content = json.loads(_text(file))
        if "instances" in content:
            return {Path(entry["file"]).stem: int(entry["upper_bound"]) for entry in content["instances"]}
        return {Path(name).stem: int(best["upper_bound"] if isinstance(best, dict) else best) for name, best in content.items()}
    except (json.JSONDecodeError, TypeError, KeyError, ValueError) as wrong:
        raise click.UsageError(f"{file} does not say the best known values") from wrong


def _shop(file: Path, due: Path | None, objective: Objective) -> Shop:
    """The shop of a file; ends with exit code 1 and the line of the fault when it has any."""
    beside = file.with_name(f"{file.stem}.due.json")
    if due is None and objective is Objective.WEIGHTED_TARDINESS:
        if not beside.is_file():
            raise click.UsageError(f"weighted tardiness needs due times: {beside.name} beside the file, or --due")
        due = beside
    read = file
    try:
        shop = read_shop(_text(file))
        if due is not None:
            read = due
            shop = with_due_times(shop, _text(due))
    except SourceInvalid as refusal:
        from contracts.texts import Message
        from presentation.texts import render

        for line in refusal.extra["lines"]:
            said = render(Message.model_construct(id=line["message"], params=line["params"]), "en")
            click.echo(f"{read}:{line['line']}:{line['column']}: {said}", err=True)
        raise SystemExit(1) from refusal
    return shop


def _operations(shop: Shop, schedule: Schedule) -> list[dict[str, int]]:
    result, number = [], 0
    for job, operations in enumerate(shop.eligible):
        for place, eligible in enumerate(operations):
            machine, start = int(schedule.machine[number]), int(schedule.start[number])
            result.append({"job": job, "operation": place, "machine": machine, "start": start, "end": start + dict(eligible)[machine]})
            number += 1
    return result


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise click.UsageError(f"{file} is not UTF-8 text") from wrong
