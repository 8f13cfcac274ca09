"""Which small commands keep an installation: clock, backup, restore, verify, schemas."""

import sys
from pathlib import Path

import click

from ledger.settings import load_settings
from ledger.unit_of_work import Ledger


@click.command()
@click.option("--rate", type=click.IntRange(1, 100_000), help="Business seconds a real second.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def clock(rate: int | None, as_json: bool) -> None:
    """Show business time, or change how fast it runs (refused in production)."""
    from lotone.cli import print_json

    settings = load_settings()
    ledger = Ledger.open(settings)
    if rate is not None:
        if settings.production:
            click.echo("In production business time is real time; its rate cannot be changed.", err=True)
            sys.exit(1)
        ledger.clock.set_rate(rate)
    state = {"mode": ledger.clock.mode, "rate": ledger.clock.rate, "now": ledger.clock.now().isoformat().replace("+00:00", "Z")}
    if as_json:
        print_json(state)
    else:
        click.echo(f"{state['now']} ({state['mode']}, rate {state['rate']})")
    ledger.close()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def backup(file: Path, as_json: bool) -> None:
    """Write database and files to FILE while everything runs."""
    from ledger.backup import write_backup
    from lotone.cli import print_json

    write_backup(load_settings(), file)
    click.echo(f"Backup written to {file}.", err=True)
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size})


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def restore(file: Path, as_json: bool) -> None:
    """Put a backup in the place of what lies in LOTONE_HOME; the product must not be running there."""
    from ledger.backup import BackupDamaged, read_backup
    from lotone.cli import print_json
    from lotone.network import lotone_answers

    settings = load_settings()
    if lotone_answers(settings.port):
        raise click.ClickException(f"LotOne is running on port {settings.port}; end it first. Nothing was changed")
    try:
        read_backup(settings, file)
    except BackupDamaged as damaged:
        raise click.ClickException(f"{file} is no whole backup ({damaged}); nothing was changed") from damaged
    click.echo("Restored.", err=True)
    if as_json:
        print_json({"file": str(file), "restored": True})


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def verify(as_json: bool) -> None:
    """Check that the ledger balances: nothing lost, nothing twice, the audit trail whole; name parked work and failed jobs."""
    from lotone.balance import faults_of
    from lotone.cli import print_json
    from lotone.unfinished import unfinished
    from lotone.wiring import build_house

    house = build_house(load_settings())
    faults, left = faults_of(house), unfinished(house.ledger)
    house.ledger.close()
    if as_json:
        print_json({"balanced": not faults, "faults": faults, **left.model_dump(mode="json")})
    else:
        for line in (*faults, *left.lines()):
            click.echo(line)
        click.echo("The ledger balances." if not faults else f"{len(faults)} faults.", err=True)
    sys.exit(1 if faults else 0)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def rebuild(as_json: bool) -> None:
    """Make the timelines of all orders anew from the events; the product may run meanwhile."""
    from lotone.cli import print_json
    from lotone.wiring import build_house

    house = build_house(load_settings())
    rebuilt = house.storefront.rebuild()
    house.ledger.close()
    if as_json:
        print_json(rebuilt.model_dump(mode="json"))
        return
    for order in rebuilt.changed:
        click.echo(order)
    click.echo(f"{rebuilt.orders} timelines made anew, {len(rebuilt.changed)} of them were wrong.", err=True)


@click.command("export-schemas")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def export_schemas(directory: Path) -> None:
    """Write the JSON Schema of every contract into DIRECTORY."""
    from lotone.schemas import write_schemas

    count = write_schemas(directory)
    click.echo(f"{count} schemas written to {directory}.", err=True)
