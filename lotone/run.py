"""What does `lotone run` start, and what does it tell the person who typed it?"""

import io
import sys
import threading
import time
from pathlib import Path

import click
import httpx

from ledger import log
from ledger.settings import Settings, load_settings
from lotone.network import port_is_taken
from lotone.occupied import Occupied, occupying
from lotone.processes import ProcessSpec, Supervisor, open_log

READY_WITHIN_S = 60
DEMO_RATE = 120
"""Business seconds a real second when nothing else is said: a shift goes by in four minutes."""


def lotone_argv(*words: str) -> list[str]:
    """The command line of this installation's own command, whatever PATH says."""
    return [sys.executable, "-m", "lotone", *words]


def process_specs(settings: Settings, simulator: bool = True, browsers: bool = True) -> list[ProcessSpec]:
    """Web (for ``browsers``, or for programs alone), worker, relay and (for the demo plant) the simulator and its customers."""
    address = f"http://127.0.0.1:{settings.port}"
    specs = [
        ProcessSpec("web", lotone_argv("web", *([] if browsers else ["--no-browser"]))),
        ProcessSpec("worker", lotone_argv("worker")),
        ProcessSpec("relay", lotone_argv("relay")),
    ]
    if simulator:
        key_file = str(settings.home / "simulator.key")
        specs.append(ProcessSpec("simulator", lotone_argv("simulate", "plant", "--url", address, "--key-file", key_file)))
        if settings.demo_customers and not settings.production:
            specs.append(ProcessSpec("customers", lotone_argv("simulate", "customers", "--url", address)))
    return specs


def wait_until_ready(settings: Settings, seconds: float = READY_WITHIN_S) -> bool:
    """True as soon as the web process says that it can serve."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{settings.port}/readyz", timeout=2).status_code == 200:
                return True
        except httpx.HTTPError:
            time.sleep(0.1)
            continue
        time.sleep(0.1)
    return False


def _announce(settings: Settings) -> None:
    from lotone.seed import demo_sign_ins

    if not wait_until_ready(settings):
        told = logs_of(settings) / "web.log"
        click.echo(f"The web process does not answer on port {settings.port} yet; its messages are in {told}.", err=True)
        return
    address = settings.address
    click.echo("")
    click.echo("LotOne is running.")
    for name, path in (
        ("Front page", "/"),
        ("Design a bicycle", "/studio/bicycle"),
        ("Planner's board", "/planner"),
        ("Operator's terminal", "/terminal"),
        ("API", "/api/v1/docs"),
    ):
        click.echo(f"  {name:<20} {address}{path}")
    if settings.opcua_endpoint:
        click.echo(f"  {'OPC UA':<20} {settings.opcua_endpoint}")
    click.echo("Demo sign-ins (name / password):")
    for sign_in in demo_sign_ins():
        click.echo(f"  {sign_in.role.value:<20} {sign_in.name} / {sign_in.password}")
    rate = httpx.get(f"http://127.0.0.1:{settings.port}/api/v1/clock").json()["rate"]
    click.echo(f"Business time runs {rate} times as fast as real time (`lotone clock --rate N` changes it).")
    click.echo(f"Letters to customers lie in {settings.home / 'mail'}, messages of the processes in {logs_of(settings)}.")
    click.echo("Ctrl-C ends everything.")


def logs_of(settings: Settings) -> Path:
    return settings.home / "log"


def settings_of_run() -> Settings:
    """The settings, with the demo's pace where the environment names none."""
    settings = load_settings()
    if "clock_rate" in settings.model_fields_set or settings.production:
        return settings
    return settings.model_copy(update={"clock_rate": DEMO_RATE})


@click.command()
@click.option("--simulator/--no-simulator", default=True, help="Start the simulated plant too.")
def run(simulator: bool) -> None:
    """Start web, worker, relay and a simulated plant with its customers on this machine; set up what is not there yet."""
    settings = settings_of_run()
    try:
        with occupying(settings.home):
            _run(settings, simulator)
    except Occupied:
        click.echo(f"LotOne is already running or starting in this folder ({settings.home.absolute()}).", err=True)
        sys.exit(1)


def _run(settings: Settings, simulator: bool) -> None:
    if port_is_taken(settings.port):
        click.echo(f"Port {settings.port} is taken; set LOTONE_PORT to a free one and start again.", err=True)
        sys.exit(1)
    click.echo(
        f"LotOne is starting on port {settings.port}: database, web, worker, relay{' and a simulated plant' if simulator else ''}.",
        err=True,
    )
    from lotone.migrate import migrate_database
    from lotone.seed import seed_demo
    from presentation.press import has_pango

    if not has_pango():
        click.echo(
            "Pango is missing, so PDFs cannot be made; install it (apt install libpango-1.0-0 libpangoft2-1.0-0). All else runs.", err=True
        )
    logs = logs_of(settings)
    log.configure(stream=io.TextIOWrapper(open_log(logs, "run"), line_buffering=True))
    migrate_database(settings)
    seed_demo(settings, progress=lambda text: click.echo(text, err=True))
    supervisor = Supervisor(process_specs(settings, simulator), logs, ending=_say_that_it_ends)
    supervisor.watch_signals()
    supervisor.start()
    threading.Thread(target=_announce, args=(settings,), daemon=True).start()
    supervisor.run()
    click.echo(f"LotOne has ended. Everything is kept in {settings.home}; the next start goes on from here.", err=True)


def _say_that_it_ends() -> None:
    click.echo("\nLotOne is ending: the processes finish what they have in hand; that takes a few seconds.", err=True)
