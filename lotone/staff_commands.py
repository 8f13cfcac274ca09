"""Which commands keep the accounts of whoever works here?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from contracts.access import SYSTEM, Role
from contracts.problems import NotFound
from ledger.settings import load_settings
from ledger.staff import STAFF_ROLES, StaffAccounts
from ledger.unit_of_work import Ledger

_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group()
def users() -> None:
    """Staff accounts."""


@users.command("create")
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role if role in STAFF_ROLES]))
@click.password_option(help="Asked for when not given.")
@_as_json
def create_user(name: str, role: str, password: str, as_json: bool) -> None:
    """Create an account."""
    from lotone.cli import print_json

    with _accounts() as accounts:
        identifier = accounts.create(SYSTEM, name, password, Role(role))
    if as_json:
        print_json({"id": identifier, "name": name, "role": role})
    else:
        click.echo(identifier)


@users.command("list")
@_as_json
def list_users(as_json: bool) -> None:
    """List the accounts."""
    from lotone.cli import print_json

    with _accounts() as accounts:
        found = accounts.list()
    if as_json:
        print_json([account.model_dump(mode="json") for account in found])
        return
    for account in found:
        state, factor = "disabled" if account.disabled else "active", "second factor" if account.factor_since else ""
        click.echo(f"{account.name:<24} {account.role.value:<16} {state:<10} {factor}".rstrip())


@users.command("disable")
@click.argument("name")
@_as_json
def disable_user(name: str, as_json: bool) -> None:
    """Refuse sign-in from now on and end open sessions."""
    with _accounts(name) as accounts:
        accounts.disable(SYSTEM, name)
    _told(f"{name} is disabled.", {"name": name, "disabled": True}, as_json)


@users.command("set-password")
@click.argument("name")
@click.password_option(help="Asked for when not given.")
@_as_json
def set_password(name: str, password: str, as_json: bool) -> None:
    """Give an account another password, such as one that was forgotten; open sessions end, a second factor stays."""
    with _accounts(name) as accounts:
        accounts.set_password(SYSTEM, name, password)
    _told(f"{name} has another password.", {"name": name, "password": "set"}, as_json)


@users.command("second-factor-off")
@click.argument("name")
@_as_json
def turn_off_second_factor(name: str, as_json: bool) -> None:
    """Let somebody in with the password alone who lost authenticator and recovery codes; open sessions end."""
    with _accounts(name) as accounts:
        accounts.turn_off_second_factor(SYSTEM, name)
    _told(f"{name} signs in with the password alone.", {"name": name, "second_factor": False}, as_json)


@users.command("sign-out")
@click.argument("name")
@_as_json
def sign_out_user(name: str, as_json: bool) -> None:
    """End every open session of an account."""
    with _accounts(name) as accounts:
        ended = accounts.sign_out(SYSTEM, name)
    _told(f"{ended} sessions of {name} are ended.", {"name": name, "ended": ended}, as_json)


@contextmanager
def _accounts(name: str | None = None) -> Iterator[StaffAccounts]:
    """``name``: of the account that is meant. Raises ClickException when there is no such account."""
    ledger = Ledger.open(load_settings())
    try:
        yield StaffAccounts(ledger)
    except NotFound as missing:
        raise click.ClickException(f"There is no account “{name}”; `lotone users list` shows those that there are.") from missing
    finally:
        ledger.close()


def _told(sentence: str, document: dict[str, Any], as_json: bool) -> None:
    from lotone.cli import print_json

    click.echo(sentence, err=True)
    if as_json:
        print_json(document)
