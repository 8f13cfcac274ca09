"""`lotone simulate results`: what order-driven production brings against make-to-stock and first-come-first-served, honestly."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scheduler.engine.learning import Observed
    from scheduler.engine.plant import Plant
    from scheduler.engine.results.trial import Interval, Results

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
WORKSHOP = Path(__file__).parent.parent / "scheduler/plants/workshop.yaml"
FIRST_MONDAY = datetime(2027, 1, 4, tzinfo=UTC).date()
"""A comparison must not depend on the day on which it is made."""
HEADINGS = {
    "turnover_per_year": ("stock turnover, times a year", 2),
    "kwh_per_piece": ("energy, kWh a piece", 2),
    "energy_cost_minor_per_piece": ("energy, cost a piece", 2),
    "kwh_per_piece_switching_off": ("energy, kWh a piece, standby switched off", 2),
    "energy_cost_minor_per_piece_switching_off": ("energy, cost a piece, standby switched off", 2),
    "setup_h_per_100_pieces": ("setups, hours for 100 pieces", 1),
    "lead_days": ("lead time, days", 2),
    "on_time_percent": ("delivered as soon as wished, %", 1),
}


@click.command()
@click.option("--plant", type=FILE, help="Plant file (YAML). Default: a workshop of four stations with two machines each.")
@click.option("--demand", type=FILE, help="Demand file (YAML, docs/results.md). Default: 400 variants at a load of 82 %.")
@click.option("--durations", type=FILE, help="A shop's log (CSV): half of its rows teach the planner, the other half are what happens.")
@click.option("--weeks", default=20, show_default=True, type=click.IntRange(1, 520), help="Weeks that count, of each replication.")
@click.option("--replications", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def results(
    plant: Path | None, demand: Path | None, durations: Path | None, weeks: int, replications: int, seed: int, *, as_json: bool
) -> None:
    """Compare order-driven production with make-to-stock and first-come-first-served on the same demand, machines and tariff."""
    from lotone.cli import print_json
    from scheduler.engine.plant import parse_plant
    from scheduler.engine.results.axis import OpenAxis
    from scheduler.engine.results.demand import STANDARD, parse_demand
    from scheduler.engine.results.trial import WARM_UP_WEEKS, compare, weeks_needed
    from scheduler.engine.results.world import floor_of

    found = parse_plant(_text(plant or WORKSHOP))
    wanted = parse_demand(_text(demand)) if demand is not None else STANDARD
    log = _durations(durations) if durations is not None else []
    floor = floor_of(found, wanted, log, seed)
    axis = OpenAxis(found, FIRST_MONDAY, 7 * weeks_needed(weeks))
    compared = compare(axis, floor, weeks, replications, seed, _progress)
    told = {
        "plant": found.plant,
        "demand": wanted.demand,
        "durations": "log" if log else "drawn",
        "weeks": weeks,
        "warm_up_weeks": WARM_UP_WEEKS,
        "replications": replications,
        "seed": seed,
        "load_percent": wanted.load_percent,
        "service_level_percent": floor.service_level,
        "currency": found.currency,
        **asdict(compared),
    }
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(_table(found, compared, floor.levels, floor.service_level)))


def _durations(path: Path) -> "Sequence[Observed]":
    """The log's finished operations; what stands before " - " names the operation, behind it stands its machine."""
    from mes_bridge.engine.shop_log import LogRow, read_shop_log
    from scheduler.engine.learning import Observed, Work

    rows = [row for _, row in read_shop_log(path.read_bytes()) if isinstance(row, LogRow) and row.report == "done" and row.minutes > 0]
    if not rows:
        raise click.UsageError(f"{path} holds no finished operation")
    return [
        Observed(Work("run", row.operation.partition(" - ")[0], row.machine), 1, row.minutes * 60, int(row.completed_at.timestamp()))
        for row in rows
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise click.UsageError(f"{path} is not UTF-8 text") from wrong


def _progress(done: int, of: int) -> None:
    click.echo(f"\r{done} of {of} runs", err=True, nl=done == of)


def _table(plant: "Plant", compared: "Results", levels: "Sequence[int]", service_level: int) -> "Iterator[str]":
    names = list(compared.figures)
    yield f"{compared.orders} orders; means with their 95 % intervals; money in hundredths of {plant.currency}"
    yield ""
    for figure, (heading, places) in HEADINGS.items():
        yield heading
        for name in names:
            change = compared.changes.get(name, {}).get(figure)
            against = f"   {_signed(change)} % of {names[0]}" if change is not None else ""
            yield f"  {name:28} {_written(compared.figures[name][figure], places)}{against}"
    yield ""
    yield "forecasts told with the order: share of orders finished by each quantile, %"
    for name, promises in compared.promises.items():
        if promises:
            held = "  ".join(f"{level}: {_written(promises[f'held_at_{level}_percent'], 1)}" for level in levels)
            yield f"  {name:32} {held}"
    yield f"promises at {service_level} %"
    for name, promises in compared.promises.items():
        if promises:
            yield f"  {name:32} kept {_written(promises['kept_percent'], 1)} %, quoted {_written(promises['quoted_days'], 2)} days"
            yield f"  {'':32} finished {_written(promises['forecast_error_h'], 2)} open hours after the forecast on average"
        else:
            yield f"  {name:32} too few orders before to tell any"
    if compared.quoted_ratio is not None:
        yield f"  quoted lead time over that of the same planner who knows the durations: {_written(compared.quoted_ratio, 3)}"
    yield ""
    yield "where order-driven production loses" if compared.losses else "order-driven production surely loses nowhere here"
    for loss in compared.losses:
        heading, places = HEADINGS[loss.figure]
        yield f"  {heading}: {_written(loss.difference, places)} against {loss.against}"


def _written(interval: "Interval", places: int) -> str:
    if interval.low is None or interval.high is None:
        return f"{interval.mean:.{places}f}"
    return f"{interval.mean:.{places}f} ({interval.low:.{places}f} … {interval.high:.{places}f})"


def _signed(interval: "Interval") -> str:
    return f"{interval.mean:+.1f}" if interval.low is None else f"{interval.mean:+.1f} ({interval.low:+.1f} … {interval.high:+.1f})"
