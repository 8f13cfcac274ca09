"""Who is built with whom, and which service acts on which event?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from configurator import tasks as configurator_tasks
from configurator.service import Service as Configurator
from contracts.events import (
    ConcessionAsked,
    ConcessionProposed,
    ConcessionSettled,
    MachineStateChanged,
    MeasurementJudged,
    NonConformanceClosed,
    NonConformanceRaised,
    NonConformanceWithdrawn,
    OperationCompleted,
    OperationPaused,
    OperationsReleased,
    OperationStarted,
    OperationsWithdrawn,
    OrderCancelled,
    OrderChanged,
    OrderExpired,
    OrderPlaced,
    OrderPlanned,
    PieceCompleted,
    PromiseChanged,
)
from ledger.dispatcher import AgendaHandler, Subscription
from ledger.job_runner import JobRun
from ledger.settings import Settings
from ledger.unit_of_work import Ledger
from mes_bridge import tasks as mes_tasks
from mes_bridge.service import Service as MesBridge
from scheduler.service import Service as Scheduler
from storefront import tasks as storefront_tasks
from storefront.service import Service as Storefront

PLANT = "riverside"
"""The plant that makes what the storefront sells."""
TIME_ZONE = "Europe/Amsterdam"


@dataclass(frozen=True)
class House:
    """The rooms of one process, on one ledger."""

    settings: Settings
    ledger: Ledger
    configurator: Configurator
    scheduler: Scheduler
    mes_bridge: MesBridge
    storefront: Storefront


def build_house(settings: Settings) -> House:
    """Build every service with its ports; once a process, after any fork."""
    ledger = Ledger.open(settings)
    scheduler = Scheduler(ledger, PLANT, shop_floor=lambda: mes_bridge)
    configurator = Configurator(ledger, promise_dates=scheduler, zone=ZoneInfo(TIME_ZONE))
    mes_bridge = MesBridge(
        ledger,
        specifications=configurator,
        inspection=scheduler,
        publish_amqp=bool(settings.broker_url),
        time_zone=TIME_ZONE,
        address=settings.address,
        webhook_hosts=settings.webhook_allowed,
    )
    storefront = Storefront(
        ledger,
        designs=configurator,
        specifications=configurator,
        reservations=scheduler,
        shipping=scheduler,
        concessions=mes_bridge,
        secret=settings.secret_key,
        plant=PLANT,
        time_zone=TIME_ZONE,
    )
    return House(settings, ledger, configurator, scheduler, mes_bridge, storefront)


def subscriptions_of(house: House) -> list[Subscription[Any]]:
    """The table of events: who acts on what. Names are kept for ever in the inbox."""
    scheduler, mes_bridge, storefront = house.scheduler, house.mes_bridge, house.storefront
    return [
        Subscription("scheduler.order_placed", OrderPlaced, scheduler.on_order_placed),
        Subscription("scheduler.order_cancelled", OrderCancelled, scheduler.on_order_cancelled),
        Subscription("scheduler.order_changed", OrderChanged, scheduler.on_order_changed),
        Subscription("scheduler.order_expired", OrderExpired, scheduler.on_order_expired),
        Subscription("scheduler.operation_started", OperationStarted, scheduler.on_operation_started),
        Subscription("scheduler.operation_paused", OperationPaused, scheduler.on_operation_paused),
        Subscription("scheduler.operation_completed", OperationCompleted, scheduler.on_operation_completed),
        Subscription("scheduler.nonconformance_raised", NonConformanceRaised, scheduler.on_nonconformance_raised),
        Subscription("scheduler.nonconformance_withdrawn", NonConformanceWithdrawn, scheduler.on_nonconformance_withdrawn),
        Subscription("scheduler.concession_proposed", ConcessionProposed, scheduler.on_concession_proposed),
        Subscription("scheduler.concession_asked", ConcessionAsked, scheduler.on_concession_asked),
        Subscription("scheduler.concession_settled", ConcessionSettled, scheduler.on_concession_settled),
        Subscription("scheduler.machine_state_changed", MachineStateChanged, scheduler.on_machine_state_changed),
        Subscription("mes_bridge.operations_released", OperationsReleased, mes_bridge.on_operations_released),
        Subscription("mes_bridge.operations_withdrawn", OperationsWithdrawn, mes_bridge.on_operations_withdrawn),
        Subscription("mes_bridge.piece_completed", PieceCompleted, mes_bridge.on_piece_completed),
        Subscription("mes_bridge.order_cancelled", OrderCancelled, mes_bridge.on_order_cancelled),
        Subscription("storefront.order_planned", OrderPlanned, storefront.on_order_planned),
        Subscription("storefront.operations_released", OperationsReleased, storefront.on_operations_released),
        Subscription("storefront.operation_started", OperationStarted, storefront.on_operation_started),
        Subscription("storefront.operation_paused", OperationPaused, storefront.on_operation_paused),
        Subscription("storefront.operation_completed", OperationCompleted, storefront.on_operation_completed),
        Subscription("storefront.measurement_judged", MeasurementJudged, storefront.on_measurement_judged),
        Subscription("storefront.nonconformance_raised", NonConformanceRaised, storefront.on_nonconformance_raised),
        Subscription("storefront.nonconformance_closed", NonConformanceClosed, storefront.on_nonconformance_closed),
        Subscription("storefront.nonconformance_withdrawn", NonConformanceWithdrawn, storefront.on_nonconformance_withdrawn),
        Subscription("storefront.concession_asked", ConcessionAsked, storefront.on_concession_asked),
        Subscription("storefront.concession_settled", ConcessionSettled, storefront.on_concession_settled),
        Subscription("storefront.piece_completed", PieceCompleted, storefront.on_piece_completed),
        Subscription("storefront.promise_changed", PromiseChanged, storefront.on_promise_changed),
    ]


def agenda_of(house: House) -> dict[str, AgendaHandler]:
    """Due work by its kind."""
    return {**house.scheduler.agenda(), **house.mes_bridge.agenda(), **house.storefront.agenda()}


def jobs_of(house: House) -> dict[str, Callable[[JobRun], None]]:
    """Long work by its kind."""
    proposed = configurator_tasks.jobs(house.configurator, house.storefront)
    return {**house.scheduler.jobs(), **proposed, **mes_tasks.jobs(house.mes_bridge), **storefront_tasks.jobs(house.storefront)}
