"""Which of the rooms' commands need a service, and where do they get it?"""

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from configurator.family_commands import family_commands
from mes_bridge.commands import mes
from mes_bridge.conformance.commands import conformance_commands
from mes_bridge.log_commands import replay_command
from mes_bridge.name_commands import name_commands
from mes_bridge.webhook_commands import webhooks
from scheduler.commands import commands, plant_commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from configurator.service import Service as Configurator
    from contracts.ports import OpenOrders
    from ledger.unit_of_work import Ledger
    from lotone.wiring import House
    from mes_bridge.conformance.commands import Bench
    from mes_bridge.service import Service as MesBridge
    from scheduler.service import Service as Scheduler


def _empty_ledger() -> "AbstractContextManager[Ledger]":
    from lotone.fresh import empty_ledger

    return empty_ledger()


@contextmanager
def _bench() -> "Iterator[Bench]":
    from lotone.fresh import scratch_installation
    from lotone.web import create_app
    from mes_bridge.conformance.commands import Bench

    with scratch_installation() as (settings, house):
        yield Bench(house.ledger, lambda room: create_app(settings, replace(house, mes_bridge=room)), settings.default_language)


def _house() -> "House":
    """Built when a command asks for it: the others start without the house."""
    from ledger.settings import load_settings
    from lotone.wiring import build_house

    return build_house(load_settings())


@contextmanager
def _mes_bridge() -> "Iterator[MesBridge]":
    house = _house()
    try:
        yield house.mes_bridge
    finally:
        house.ledger.close()


def _scheduler() -> "Scheduler":
    return _house().scheduler


def _families() -> "tuple[Configurator, OpenOrders]":
    house = _house()
    return house.configurator, house.storefront


scheduler = commands(_scheduler)
plant = plant_commands(_scheduler)
family = family_commands(_families)
mes.add_command(replay_command(_empty_ledger))
mes.add_command(conformance_commands(_bench))
mes.add_command(webhooks)
mes.add_command(name_commands(_mes_bridge))
