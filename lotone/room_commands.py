"""Which of the rooms' commands need a service, and where do they get it?"""

from typing import TYPE_CHECKING

from configurator.family_commands import family_commands
from scheduler.commands import commands, plant_commands

if TYPE_CHECKING:
    from configurator.service import Service as Configurator
    from contracts.ports import OpenOrders
    from lotone.wiring import House
    from scheduler.service import Service as Scheduler


def _house() -> "House":
    """Built when a command asks for it: the others start without the house."""
    from ledger.settings import load_settings
    from lotone.wiring import build_house

    return build_house(load_settings())


def _scheduler() -> "Scheduler":
    return _house().scheduler


def _families() -> "tuple[Configurator, OpenOrders]":
    house = _house()
    return house.configurator, house.storefront


scheduler = commands(_scheduler)
plant = plant_commands(_scheduler)
family = family_commands(_families)
