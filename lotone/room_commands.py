"""Which of the rooms' commands need a service, and where do they get it?"""

from ledger.settings import load_settings
from lotone.wiring import build_house
from scheduler.commands import commands, plant_commands

scheduler = commands()
plant = plant_commands(lambda: build_house(load_settings()).scheduler)
