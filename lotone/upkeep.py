"""Which small commands keep an installation: clock, users, backup, restore, verify, schemas."""

import sys
from pathlib import Path

import click

from contracts.access import SYSTEM, Role
from ledger.settings import load_settings
from ledger.staff import STAFF_ROLES, StaffAccounts
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


@click.group()
def users() -> None:
    """Staff accounts."""


@users.command("create")
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role if role in STAFF_ROLES]))
@click.password_option(help="Asked for when not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def create_user(name: str, role: str, password: str, as_json: bool) -> None:
    """Create an account."""
    from lotone.cli import print_json

    ledger = Ledger.open(load_settings())
    identifier = StaffAccounts(ledger).create(SYSTEM, name, password, Role(role))
    ledger.close()
    if as_json:
        print_json({"id": identifier, "name": name, "role": role})
    else:
        click.echo(identifier)


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_users(as_json: bool) -> None:
    """List the accounts."""
    from lotone.cli import print_json

    ledger = Ledger.open(load_settings())
    accounts = StaffAccounts(ledger).list()
    ledger.close()
    if as_json:
        print_json([account.model_dump(mode="json") for account in accounts])
        return
    for account in accounts:
        state, factor = "disabled" if account.disabled else "active", "second factor" if account.factor_since else ""
        click.echo(f"{account.name:<24} {account.role.value:<16} {state:<10} {factor}".rstrip())


@users.command("disable")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def disable_user(name: str, as_json: bool) -> None:
    """Refuse sign-in from now on and end open sessions."""
    from lotone.cli import print_json

    ledger = Ledger.open(load_settings())
    StaffAccounts(ledger).disable(SYSTEM, name)
    ledger.close()
    click.echo(f"{name} is disabled.", err=True)
    if as_json:
        print_json({"name": name, "disabled": True})


@users.command("set-password")
@click.argument("name")
@click.password_option(help="Asked for when not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def set_password(name: str, password: str, as_json: bool) -> None:
    """Give an account another password, such as one that was forgotten; open sessions end, a second factor stays."""
    from lotone.cli import print_json

    ledger = Ledger.open(load_settings())
    StaffAccounts(ledger).set_password(SYSTEM, name, password)
    ledger.close()
    click.echo(f"{name} has another password.", err=True)
    if as_json:
        print_json({"name": name, "password": "set"})


@users.command("second-factor-off")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def turn_off_second_factor(name: str, as_json: bool) -> None:
    """Let somebody in with the password alone who lost authenticator and recovery codes; open sessions end."""
    from lotone.cli import print_json

    ledger = Ledger.open(load_settings())
    StaffAccounts(ledger).turn_off_second_factor(SYSTEM, name)
    ledger.close()
    click.echo(f"{name} signs in with the password alone.", err=True)
    if as_json:
        print_json({"name": name, "second_factor": False})


@users.command("sign-out")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def sign_out_user(name: str, as_json: bool) -> None:
    """End every open session of an account."""
    from lotone.cli import print_json

    ledger = Ledger.open(load_settings())
    ended = StaffAccounts(ledger).sign_out(SYSTEM, name)
    ledger.close()
    click.echo(f"{ended} sessions of {name} are ended.", err=True)
    if as_json:
        print_json({"name": name, "ended": ended})


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
