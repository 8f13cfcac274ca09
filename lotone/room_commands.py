"""Which of the rooms' commands need a service, and where do they get it?"""

from typing import TYPE_CHECKING

from scheduler.commands import commands, plant_commands

if TYPE_CHECKING:
    from scheduler.service import Service

scheduler = commands()


def _service() -> "Service":
    """Built when a command asks for it: the others start without the house."""
    from ledger.settings import load_settings
    from lotone.wiring import build_house

    return build_house(load_settings()).scheduler


plant = plant_commands(_service)
