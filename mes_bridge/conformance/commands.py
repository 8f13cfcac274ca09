"""`lotone mes conformance`: plays LotOne to somebody else's connector, or a connector to somebody else's LotOne."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from contracts.texts import Language
    from ledger.unit_of_work import Ledger
    from mes_bridge.conformance.results import Result
    from mes_bridge.conformance.script import Script
    from mes_bridge.service import Service

LOOK_S = 0.5
_FORMS = (".html", ".pdf", ".xml")


@dataclass(frozen=True)
class Bench:
    """An installation for one play: ``application`` makes the whole product around a room of our own."""

    ledger: "Ledger"
    application: "Callable[[Service], Any]"
    language: "Language"


def _reports(_context: click.Context, _parameter: click.Parameter, given: tuple[Path, ...]) -> tuple[Path, ...]:
    for path in given:
        if path.suffix not in _FORMS:
            raise click.BadParameter(f"{path.name} should end in {', '.join(_FORMS)}.")
    return given


_report = click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_reports,
    help="File for the report: .html, .pdf or .xml (JUnit); repeat it for several.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def conformance_commands(bench: "Callable[[], AbstractContextManager[Bench]]") -> click.Group:
    """``bench``: an empty installation on SQLite at the real time, gone at the end."""

    @click.group()
    def conformance() -> None:
        """Whether a connector, or another host of the interface, keeps to the contract."""

    @conformance.command()
    @click.option("--protocol", type=click.Choice(["rest", "mqtt"]), default="rest", show_default=True, help="What the connector speaks.")
    @click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at; 0.0.0.0 for connectors elsewhere.")
    @click.option("--port", default=0, help="Default: a free one.")
    @click.option("--group", default="CUT", show_default=True, help="Machine group of the scripted work orders.")
    @click.option(
        "--broker", default=lambda: os.environ.get("LOTONE_MQTT_URL", ""), help="For mqtt: its broker's address. Default: LOTONE_MQTT_URL."
    )
    @click.option("--broker-user", default="connector", show_default=True, help="For mqtt: as whom the connector sends.")
    @click.option("--key-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the machine key into this file too.")
    @click.option("--patience", default=30, show_default=True, help="Seconds of silence after which a scene is given up.")
    @_report
    @_as_json
    def serve(
        protocol: str,
        host: str,
        port: int,
        group: str,
        broker: str,
        broker_user: str,
        key_file: Path | None,
        patience: int,
        reports: tuple[Path, ...],
        as_json: bool,
    ) -> None:
        """Play a plant to a connector: scripted work orders that provoke each situation; what it does wrong is told at the end."""
        from ledger.log import configure
        from mes_bridge.conformance.results import Result
        from mes_bridge.engine.conformance.judge import judge

        # The installation of the play is gone afterwards: nobody looks after it, and its lines would stand between the scenes.
        configure("error")
        if protocol == "mqtt" and not broker:
            raise click.UsageError("--protocol mqtt needs a broker: set LOTONE_MQTT_URL, or give --broker mqtt://user:password@host.")
        with bench() as installation:
            script, key = _plant(installation, group, patience, broker_user)
            with _listening(installation, script, host, port) as address:
                if key_file is not None:
                    key_file.write_text(key + "\n")
                click.echo(f"Address: {address}\nKey: {key}", err=as_json)
                with _at_the_broker(script, broker if protocol == "mqtt" else "", broker_user) as topics:
                    click.echo(f"{topics}Ends by itself after the last scene; Ctrl-C ends it now.", err=as_json)
                    _wait(script, lambda scene: click.echo(f"scene {scene}", err=True))
            record, played_at = script.record, installation.ledger.clock.real_now()
            result = Result("client", "", protocol, played_at, len(record.acts), judge(record))
            _tell(result, installation.language, reports, as_json)

    @conformance.command()
    @click.argument("target")
    @click.option("--key", default="", help="The machine key; or --key-file.")
    @click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with the machine key.")
    @click.option("--group", help="Machine group to lease from. Default: any that the key may see.")
    @click.option("--make", is_flag=True, help="Also make one work order: only where nothing real is made.")
    @_report
    @_as_json
    def check(
        target: str, key: str, key_file: Path | None, group: str | None, make: bool, reports: tuple[Path, ...], as_json: bool
    ) -> None:
        """Ask a host of the REST interface all that a connector relies on; TARGET: its address. A work order is leased and given back."""
        import httpx

        from ledger.settings import load_settings
        from mes_bridge.conformance.drive import Host, check_host
        from mes_bridge.conformance.results import Result

        if bool(key) == (key_file is not None):
            raise click.UsageError("Give the machine key as --key, or as --key-file.")
        if not target.startswith(("http://", "https://")):
            raise click.UsageError("TARGET is the address of a host, like http://host:8000.")
        host = Host(target, key if key_file is None else key_file.read_text().strip())
        try:
            judged = check_host(host, group, make=make)
        except httpx.TransportError as away:
            raise click.ClickException(f"{target} does not answer ({away}); is its address right, and does it run?") from None
        finally:
            host.close()
        _tell(Result("host", target, "rest", datetime.now(UTC), host.asked, judged), load_settings().default_language, reports, as_json)

    return conformance


def _plant(installation: Bench, group: str, patience: int, broker_user: str) -> "tuple[Script, str]":
    from contracts.access import SYSTEM
    from ledger.machine_clients import MachineClients
    from mes_bridge.conformance.plant import Plant
    from mes_bridge.conformance.script import Script

    _, key = MachineClients(installation.ledger).create(SYSTEM, "conformance", [group], broker_user=broker_user)
    return Script(Plant(installation.ledger, group), installation.ledger.clock.now, patience), key


@contextmanager
def _listening(installation: Bench, script: "Script", host: str, port: int) -> Iterator[str]:
    """The plant over HTTP, in threads of this process; its address."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    from mes_bridge.conformance.watch import Watched

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: Any) -> None:
            """The report says what came."""

    server = make_server(host, port, Watched(installation.application(script.plant.service), script), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _at_the_broker(script: "Script", url: str, user: str) -> Iterator[str]:
    """The plant at the broker as well, if there is one; what to say about it."""
    if not url:
        yield ""
        return
    from mes_bridge.conformance.over_mqtt import at_the_broker

    try:
        with at_the_broker(script, url, user) as address:
            yield f"Broker: {address}\n"
    except ValueError as wrong:
        raise click.UsageError(f"--broker takes {wrong}.") from None
    except OSError as away:
        raise click.ClickException(f"the broker cannot be reached ({away}); is its address right, and does it run?") from None


def _wait(script: "Script", progress: Callable[[str], None]) -> None:
    """Until the play is over, or somebody ends it."""
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    told = None
    try:
        while not script.over.wait(LOOK_S) and not ended.is_set():
            script.look()
            if script.scene != told:
                told = script.scene
                progress(told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(result: "Result", language: "Language", reports: tuple[Path, ...], as_json: bool) -> None:
    """Write the reports and end: 0 when nothing is red, else 1."""
    from mes_bridge.conformance.results import as_document, as_junit, as_lines
    from mes_bridge.documents.conformance import conformance_html, conformance_pdf

    for path in reports:
        match path.suffix:
            case ".pdf":
                path.write_bytes(conformance_pdf(result, language))
            case ".html":
                path.write_text(conformance_html(result, language), encoding="utf-8")
            case _:
                path.write_bytes(as_junit(result, language))
    if as_json:
        click.echo(json.dumps(as_document(result, language), ensure_ascii=False, default=str))
    else:
        for line in as_lines(result, "en"):
            click.echo(line)
    sys.exit(0 if result.conforms else 1)
