"""The room's commands: keys of manufacturing execution systems, parked work, and a plant to play with."""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger.machine_clients import MachineClient, MachineClients

if TYPE_CHECKING:
    from ledger.unit_of_work import LedgerTransaction


@click.group()
def mes() -> None:
    """Connections of manufacturing execution systems."""


@mes.group()
def keys() -> None:
    """Keys of machine clients."""


@keys.command("create")
@click.argument("name")
@click.option("--group", "groups", multiple=True, help="A machine group the key may see; repeat it. Default: all.")
@click.option("--broker-user", help="The RabbitMQ user under whose name the client sends reports over AMQP.")
@click.option("--days", type=click.IntRange(1, 3650), help="After which the key is refused. Default: never.")
@click.option("--json", "as_json", is_flag=True)
def create_key(name: str, groups: tuple[str, ...], broker_user: str | None, days: int | None, as_json: bool) -> None:
    """Make a key; it is shown this once."""
    from contracts.access import SYSTEM
    from ledger.settings import load_settings
    from ledger.unit_of_work import Ledger

    ledger = Ledger.open(load_settings())
    ends_at = None if days is None else ledger.clock.real_now() + timedelta(days=days)
    identifier, key = MachineClients(ledger).create(SYSTEM, name, groups or None, ends_at, broker_user=broker_user)
    ledger.close()
    click.echo(json.dumps({"id": identifier, "key": key}) if as_json else f"{identifier}\n{key}")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_keys(as_json: bool) -> None:
    """Every key, without its secret."""
    from ledger.settings import load_settings
    from ledger.unit_of_work import Ledger

    ledger = Ledger.open(load_settings())
    known, now = MachineClients(ledger).list(), ledger.clock.real_now()
    ledger.close()
    if as_json:
        click.echo(json.dumps([one.model_dump(mode="json") for one in known]))
        return
    for one in known:
        groups = "all groups" if one.machine_groups is None else ", ".join(one.machine_groups)
        over_amqp = f"  AMQP as {one.broker_user}" if one.broker_user else ""
        click.echo(f"{one.id}  {one.name}  {groups}  {_state(one, now)}{over_amqp}")


def _state(one: MachineClient, now: datetime) -> str:
    if one.revoked_at is not None:
        return "revoked"
    if one.expires_at is None:
        return "valid"
    return "expired" if one.expires_at <= now else f"valid until {one.expires_at:%Y-%m-%d}"


@keys.command("revoke")
@click.argument("identifier")
def revoke_key(identifier: str) -> None:
    """A revoked key gets in nowhere from now on."""
    from contracts.access import SYSTEM
    from ledger.settings import load_settings
    from ledger.unit_of_work import Ledger

    ledger = Ledger.open(load_settings())
    MachineClients(ledger).revoke(SYSTEM, identifier)
    ledger.close()


@mes.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def connections(as_json: bool) -> None:
    """How each connected system stands: what it holds, what it told last, what was set aside."""
    from ledger.settings import load_settings
    from ledger.unit_of_work import Ledger
    from mes_bridge.connections import Connections

    ledger = Ledger.open(load_settings())
    found = Connections(ledger).all()
    ledger.close()
    if as_json:
        click.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False))
        return
    for one in found:
        heard = "never heard" if one.last_heard_at is None else f"last heard {one.last_heard_at:%Y-%m-%d %H:%M:%S} UTC"
        told = f"told {one.reports + one.measurements}, set aside {one.set_aside}"
        click.echo(f"{one.id}  {one.name}  {one.state}  {heard}  holds {one.held}, may take {one.waiting}, {told}")
    if not found:
        click.echo("Nothing is connected.", err=True)


@mes.command("test-order")
@click.argument("connection")
@click.option("--group", help="Machine group that it is of. Default: the first that the key may see.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def test_order(connection: str, group: str | None, as_json: bool) -> None:
    """Have a test work order wait for a CONNECTION, by its name or identifier; nothing follows from what is told of it.

    While one is open, that one is shown with what was told of it.
    """
    from contracts.access import SYSTEM
    from ledger.settings import load_settings
    from ledger.unit_of_work import Ledger
    from mes_bridge.connections import Connections

    ledger = Ledger.open(load_settings())
    try:
        connections = Connections(ledger)
        trial = connections.try_out(SYSTEM, connections.named(connection), group)
    finally:
        ledger.close()
    if as_json:
        click.echo(trial.model_dump_json())
        return
    click.echo(f"{trial.work_order}  {trial.machine}  {trial.state}  until {trial.expires_at:%Y-%m-%d %H:%M} UTC")
    for told in trial.told:
        verdict = "" if told.verdict is None else f"  {told.verdict}"
        click.echo(f"  {told.at:%Y-%m-%d %H:%M:%S}  {told.kind} {told.says}{verdict}  {told.result}")


@mes.group()
def parked() -> None:
    """Work that failed too often and waits for somebody's decision."""


@parked.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_parked(as_json: bool) -> None:
    """What is parked, oldest first, and what went wrong."""
    from ledger import parking
    from ledger.settings import load_settings
    from ledger.unit_of_work import Ledger

    ledger = Ledger.open(load_settings())
    with ledger.reading() as session:
        found = parking.parked(session)
    ledger.close()
    if as_json:
        click.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False))
        return
    for one in found:
        click.echo(f"{one.id}  {one.subject}  failed {one.attempts} times: {one.error}")
    if not found:
        click.echo("Nothing is parked.", err=True)


@parked.command("replay")
@click.argument("identifier")
def replay_parked(identifier: str) -> None:
    """Try it again, as if it had never failed."""
    from ledger import parking

    _decide(parking.replay, identifier)


@parked.command("drop")
@click.argument("identifier")
def drop_parked(identifier: str) -> None:
    """Give it up for good; what waits behind it goes on."""
    from ledger import parking

    _decide(parking.drop, identifier)


def _decide(decision: Callable[["LedgerTransaction", str], None], identifier: str) -> None:
    from contracts.access import SYSTEM
    from ledger.settings import load_settings
    from ledger.unit_of_work import Ledger

    ledger = Ledger.open(load_settings())
    try:
        with ledger.transaction(SYSTEM) as transaction:
            decision(transaction, identifier)
    finally:
        ledger.close()


@click.group()
def simulate() -> None:
    """Play what stands on a real shop floor."""


@simulate.command()
@click.option("--url", default=lambda: f"http://127.0.0.1:{os.environ.get('LOTONE_PORT', '8000')}", help="Where the product answers.")
@click.option(
    "--protocol",
    type=click.Choice(["rest", "mqtt"]),
    default="rest",
    show_default=True,
    help="Over what it tells what happens; the work it leases it gets over REST.",
)
@click.option(
    "--broker",
    default=lambda: os.environ.get("LOTONE_MQTT_URL", ""),
    help="For mqtt: mqtt://user:password@host/enterprise. Default: LOTONE_MQTT_URL.",
)
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=lambda: Path(os.environ.get("LOTONE_HOME", "var")) / "simulator.key",
    help="File with the machine key. Default: the one of this installation.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed plays the same day again.")
@click.option("--breakdowns/--no-breakdowns", default=True, show_default=True)
@click.option("--mistakes/--no-mistakes", default=True, show_default=True, help="Repeated, late and wrong reports.")
def plant(url: str, protocol: str, broker: str, key_file: Path, seed: int, breakdowns: bool, mistakes: bool) -> None:
    """Lease work orders, make them on simulated machines, report and measure until it is told to end."""
    from mes_bridge.simulator.client import KeyRefused
    from mes_bridge.simulator.habits import Habits
    from mes_bridge.simulator.plant import run

    if protocol == "mqtt" and not broker:
        raise click.UsageError(
            "--protocol mqtt needs a broker: set LOTONE_MQTT_URL, or give --broker mqtt://user:password@host/enterprise."
        )
    habits = Habits()
    habits = habits if breakdowns else habits.without_breakdowns()
    habits = habits if mistakes else habits.without_mistakes()
    try:
        told = run(url, key_file.read_text().strip(), seed, habits, broker if protocol == "mqtt" else None)
    except KeyRefused as refused:
        raise click.ClickException(f"the machine key is refused ({refused}); see 'lotone mes keys'") from None
    except OSError as away:
        raise click.ClickException(f"the broker cannot be reached ({away}); is its address right, and does it run?") from None
    sys.stderr.write(", ".join(f"{count} {kind}" for kind, count in sorted(told.items())) + "\n")
