"""What is wrong with this installation, and how is it mended?"""

import shutil
import sys
from dataclasses import dataclass

import click
from sqlalchemy import text

from ledger.database import open_engine
from ledger.settings import Settings, load_settings
from lotone.network import lotone_answers, port_is_taken
from lotone.unfinished import unfinished
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
        database := _database(settings),
        *([_work(settings)] if database.ok else []),
        *([_mqtt(settings)] if settings.mqtt_url else []),
        *([_opcua(settings)] if settings.opcua_endpoint else []),
        Finding(
            "port",
            not port_is_taken(settings.port) or lotone_answers(settings.port),
            f"Port {settings.port} is in use by another program; set LOTONE_PORT.",
        ),
    ]


def _mqtt(settings: Settings) -> Finding:
    from mes_bridge.transports.mqtt.session import Address, Session

    try:
        Session(Address.read(settings.mqtt_url), "").close()
    except (OSError, ValueError) as error:
        return Finding("mqtt", False, f"The MQTT broker does not let us in ({error}); check LOTONE_MQTT_URL.")
    return Finding("mqtt", True)


def _opcua(settings: Settings) -> Finding:
    """Our relay serves there, or nobody does and it could."""
    from mes_bridge.transports.opcua.address import Endpoint, could_serve

    try:
        endpoint = Endpoint.read(settings.opcua_endpoint)
    except ValueError as error:
        return Finding("opcua", False, f"The OPC UA endpoint is {error}; check LOTONE_OPCUA_ENDPOINT.")
    taken = f"OPC UA cannot be served at {endpoint.url}: another program listens there, or there is no such interface"
    return Finding("opcua", could_serve(endpoint), f"{taken}; check LOTONE_OPCUA_ENDPOINT.")


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


def _work(settings: Settings) -> Finding:
    """Whether nothing was given up."""
    from ledger.unit_of_work import Ledger

    ledger = Ledger.open(settings)
    left = unfinished(ledger)
    ledger.close()
    return Finding("work", not left.parked and not left.failed_jobs, left.advice())


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
