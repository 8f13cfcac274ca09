"""`lotone mes replay`: a shop's log through the bridge."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ledger.unit_of_work import Ledger
    from mes_bridge.replay import Replayed


def replay_command(empty_ledger: "Callable[[], AbstractContextManager[Ledger]]") -> click.Command:
    """``empty_ledger``: a ledger for this once, gone at the end; the installation's own is not touched."""

    @click.command()
    @click.argument("log", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
    def replay(log: Path, as_json: bool) -> None:
        """Send a shop's LOG (CSV) as operation reports through the bridge of an empty installation; what is taken, set aside, summed up."""
        from mes_bridge.engine.shop_log import read_shop_log
        from mes_bridge.replay import replay as replayed

        rows = read_shop_log(log.read_bytes())
        with empty_ledger() as ledger:
            told = replayed(ledger, rows, _progress)
        click.echo(json.dumps(asdict(told), ensure_ascii=False, indent=1) if as_json else _table(told))

    return replay


def _progress(done: int, of: int) -> None:
    click.echo(f"\r{done} of {of} rows reported", err=True, nl=done == of)


def _table(told: "Replayed") -> str:
    lines = [f"row {each.row}: {each.reason}" for each in told.quarantined]
    lines += [
        f"{told.rows} rows, {told.accepted} accepted, {len(told.quarantined)} set aside",
        f"{told.minutes} minutes, {told.quantity_completed} completed, {told.quantity_scrapped} scrapped",
    ]
    return "\n".join(lines)
