"""`lotone mes webhooks`: where connected systems are told of work orders."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mes_bridge.connections import Connections


@click.group()
def webhooks() -> None:
    """Where connected systems are told of work orders by signed webhook. CONNECTION is a name or an identifier."""


@webhooks.command("add")
@click.argument("connection")
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def add(connection: str, url: str, as_json: bool) -> None:
    """Post work orders and their changes to URL; prints the secret that signs them, this once."""
    from contracts.access import SYSTEM

    with _connections() as connections:
        _show_secret(connections.webhooks.add(SYSTEM, connections.named(connection), url), as_json)


@webhooks.command("rotate")
@click.argument("connection")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def rotate(connection: str, as_json: bool) -> None:
    """Make a new secret, printed this once; for a day the one before signs too."""
    from contracts.access import SYSTEM

    with _connections() as connections:
        _show_secret(connections.webhooks.rotate(SYSTEM, connections.named(connection)), as_json)


@webhooks.command("remove")
@click.argument("connection")
def remove(connection: str) -> None:
    """Send nothing more; what waits is given up."""
    from contracts.access import SYSTEM

    with _connections() as connections:
        connections.webhooks.remove(SYSTEM, connections.named(connection))


@webhooks.command("test")
@click.argument("connection")
def test(connection: str) -> None:
    """Send a message about a test work order; prints its webhook-id."""
    from contracts.access import SYSTEM

    with _connections() as connections:
        click.echo(connections.try_webhook(SYSTEM, connections.named(connection)))


@webhooks.command("again")
@click.argument("connection")
def again(connection: str) -> None:
    """Try at once whatever waits or is parked."""
    from contracts.access import SYSTEM

    with _connections() as connections:
        click.echo(f"{connections.webhooks.again(SYSTEM, connections.named(connection))} messages", err=True)


@webhooks.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def listed(as_json: bool) -> None:
    """Every webhook: where it goes, what waits, what went wrong."""
    with _connections() as connections:
        found = [(one.name, one.webhook) for one in connections.all() if one.webhook is not None]
    if as_json:
        told = [{"connection": name, **stands.model_dump(mode="json")} for name, stands in found]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, stands in found:
        sent = "nothing sent yet" if stands.last_sent_at is None else f"last sent {stands.last_sent_at:%Y-%m-%d %H:%M:%S} UTC"
        state = f"ended ({stands.ended_because})" if stands.ended_at is not None else f"{stands.waiting} waiting, {stands.parked} parked"
        click.echo(f"{name}  {stands.url}  {state}  {sent}" + (f"  {stands.error}" if stands.error else ""))
    if not found:
        click.echo("Nobody is told by webhook.", err=True)


def _show_secret(secret: str, as_json: bool) -> None:
    click.echo(json.dumps({"secret": secret}) if as_json else secret)


@contextmanager
def _connections() -> "Iterator[Connections]":
    from ledger.settings import load_settings
    from ledger.unit_of_work import Ledger
    from mes_bridge.connections import Connections
    from mes_bridge.webhooks import Webhooks

    settings = load_settings()
    ledger = Ledger.open(settings)
    try:
        yield Connections(ledger, Webhooks(ledger, settings.webhook_allowed))
    finally:
        ledger.close()
