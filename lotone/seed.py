"""What does a fresh installation begin with? Families, the demo plant, sign-ins, a key for the simulator, work in progress."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

import configurator
import scheduler
from contracts.access import SYSTEM, Role
from ledger.machine_clients import MachineClients
from ledger.settings import Settings, load_settings
from ledger.staff import StaffAccounts
from lotone.wiring import PLANT, House, build_house

FAMILIES = tuple(Path(configurator.__file__).parent / "families" / f"{name}.yaml" for name in ("bicycle", "cabinet", "shirt"))
PLANT_FILE = Path(scheduler.__file__).parent / "plants" / f"{PLANT}.yaml"


@dataclass(frozen=True)
class SignIn:
    """A sign-in of the demo; never made in production."""

    role: Role
    name: str
    password: str


def demo_sign_ins() -> list[SignIn]:
    """One sign-in a role, printed at every start."""
    roles = (Role.PLANNER, Role.OPERATOR, Role.QUALITY, Role.ENGINEER, Role.SERVICE, Role.ADMINISTRATOR)
    return [SignIn(role, role.value, f"demo-{role.value}") for role in roles]


def seed_installation(house: House) -> bool:
    """Publish families and plant; make sign-ins (not in production) and the simulator's key. False when all was there already."""
    if house.configurator.catalogue("en"):
        return False
    for family in FAMILIES:
        house.configurator.publish_family(family.read_text(encoding="utf-8"), SYSTEM, proved=True)
    house.scheduler.publish_plant(PLANT_FILE.read_text(encoding="utf-8"), SYSTEM)
    if not house.settings.production:
        for sign_in in demo_sign_ins():
            StaffAccounts(house.ledger).create(SYSTEM, sign_in.name, sign_in.password, sign_in.role)
        _simulator_key(house)
    return True


def _simulator_key(house: House) -> None:
    """A key for the simulated plant, readable by this user alone."""
    key = f"lotone_{secrets.token_urlsafe(32)}"
    MachineClients(house.ledger).create(SYSTEM, "simulator", key=key, broker_user="simulator")
    descriptor = os.open(house.settings.home / "simulator.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)


def seed_demo(settings: Settings, progress: Callable[[str], None]) -> None:
    """Everything that ``lotone run`` finds on a fresh machine; nothing when it is there already."""
    from lotone.backlog import first_look, make_backlog, wave_moments
    from scheduler.engine.plant import parse_plant

    house = build_house(settings)
    try:
        if settings.production:
            house.ledger.clock.begin_from(settings)
            seed_installation(house)
            return
        plant = parse_plant(PLANT_FILE.read_text(encoding="utf-8"))
        moments = wave_moments(plant, first_look(plant, house.ledger.clock.real_now()))
        house.ledger.clock.begin("stepped", at=moments[0])
        if not house.configurator.catalogue("en"):
            house.ledger.clock.step_from(moments[0])
            seed_installation(house)
            progress("Families, plant and sign-ins are in place; the plant gets its work in progress.")
            make_backlog(house, moments, progress)
        house.ledger.clock.run_from_now(settings.clock_rate)
    finally:
        house.ledger.close()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def seed(as_json: bool) -> None:
    """Put families, demo plant, demo sign-ins and starting work in progress into a fresh installation."""
    from lotone.cli import print_json

    seed_demo(load_settings(), progress=lambda text: click.echo(text, err=True))
    if as_json:
        print_json({"seeded": True})
