"""What is wrong with this installation, and how is it mended?"""

import shutil
import sys
from dataclasses import dataclass

import click
import httpx
from sqlalchemy import text

from ledger.database import open_engine
from ledger.settings import Settings, load_settings
from lotone.network import port_is_taken
from presentation.press import has_pango

FREE_BYTES_WANTED = 500_000_000


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it is well, and else what to do."""

    name: str
    ok: bool
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Every check of this installation; none changes anything."""
    return [
        Finding("python", sys.version_info >= (3, 12), "Install Python 3.12 or newer and run `make setup`."),
        Finding("pango", has_pango(), "PDFs need Pango: apt install libpango-1.0-0 libpangoft2-1.0-0."),
        Finding("home", settings.home.is_dir(), f"Make {settings.home} writable, or set LOTONE_HOME."),
        Finding(
            "disk",
            shutil.disk_usage(settings.home).free > FREE_BYTES_WANTED,
            f"Free at least {FREE_BYTES_WANTED // 1_000_000} MB where {settings.home} lies.",
        ),
        _database(settings),
        Finding(
            "port",
            not port_is_taken(settings.port) or _is_ours(settings.port),
            f"Port {settings.port} is in use by another program; set LOTONE_PORT.",
        ),
    ]


def _is_ours(port: int) -> bool:
    """Whether a web process of LotOne answers there."""
    try:
        return bool(httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).json() == {"status": "alive"})
    except (httpx.HTTPError, ValueError):
        return False


def _database(settings: Settings) -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    from lotone.migrate import pending_revisions

    try:
        engine = open_engine(settings)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        pending = pending_revisions(settings)
    except SQLAlchemyError as error:
        return Finding("database", False, f"The database does not answer ({type(error).__name__}); check LOTONE_DATABASE_URL.")
    return Finding("database", not pending, "The database is older than the program: run `lotone migrate`.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def doctor(as_json: bool) -> None:
    """Name what is wrong with this installation and how to mend it."""
    from lotone.cli import print_json

    findings = examine(load_settings())
    if as_json:
        print_json([{"name": f.name, "ok": f.ok, "advice": "" if f.ok else f.advice} for f in findings])
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.ok else 'MEND'} {finding.name}" + ("" if finding.ok else f": {finding.advice}"))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)
