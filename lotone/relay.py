"""Which process deals with the outside: sends mail and work orders, takes reports from the broker, serves OPC UA?"""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click

from contracts.access import SYSTEM
from contracts.model import sha256_of
from contracts.problems import SettingInvalid
from ledger import outside
from ledger.log import logger
from ledger.outside import NOT_TRIED, OutsideMessage
from ledger.retry import USUAL, Patience
from ledger.settings import load_settings
from ledger.unit_of_work import Ledger
from lotone.outgoing import Sender, senders_of
from lotone.wiring import House, build_house
from mes_bridge.incoming import IncomingMessages
from mes_bridge.transports.amqp.intake import ReportIntake
from mes_bridge.transports.mqtt.bridge import MqttBridge

BATCH = 100
LEASE = timedelta(seconds=60)


class Relay:
    """Claims messages, sends them, marks as sent only what the receiver confirmed."""

    def __init__(
        self, ledger: Ledger, senders: dict[str, Sender], lease: timedelta = LEASE, patience: Patience = USUAL, most: int = BATCH
    ) -> None:
        self._ledger = ledger
        self._senders = senders
        self._lease = lease
        self._patience = patience
        self._most = most

    def run_once(self) -> int:
        """One batch of each channel; how many messages were tried."""
        return sum(self.run_channel(channel, send) for channel, send in self._senders.items())

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set."""
        while not stop.is_set():
            seen = self._ledger.doorbell.rings
            if self._run_safely() == 0:
                self._ledger.doorbell.wait(1.0, since=seen)

    def _run_safely(self) -> int:
        try:
            return self.run_once()
        except Exception:  # noqa: BLE001 - outermost edge, reported; leases run out and the batch is tried again
            logger("relay").error("relay.failed", exc_info=True)
            return 0

    def run_channel(self, channel: str, send: Sender) -> int:
        """One batch of a channel; how many messages were tried."""
        with self._ledger.asking() as connection:
            if not outside.waits(connection, channel, self._ledger.clock.real_now()):
                return 0
        with self._ledger.transaction(SYSTEM) as transaction:
            batch = outside.claim(transaction.session.connection(), channel, self._most, self._lease, transaction.real_now)
        if not batch:
            return 0
        with self._held(batch):
            failures = _failures(send, batch)
        with self._ledger.transaction(SYSTEM) as transaction:
            connection = transaction.session.connection()
            outside.sent(connection, [message for message in batch if message.seq not in failures], transaction.real_now)
            for message in batch:
                if failures.get(message.seq) == NOT_TRIED:
                    outside.put_back(connection, message)
                elif message.seq in failures:
                    outside.failed(connection, message, failures[message.seq], transaction.real_now, self._patience)
        return len(batch)

    @contextmanager
    def _held(self, batch: Sequence[OutsideMessage]) -> Iterator[None]:
        """Nobody else takes the batch as long as it is being sent, however slow the other side is."""
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(batch, over), name="lease of a batch", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def _keep(self, batch: Sequence[OutsideMessage], over: threading.Event) -> None:
        while not over.wait(self._lease.total_seconds() / 3):
            with self._ledger.transaction(SYSTEM) as transaction:
                outside.hold(transaction.session.connection(), batch, self._lease, transaction.real_now)


def _failures(send: Sender, batch: Sequence[OutsideMessage]) -> dict[int, str]:
    try:
        return send(batch)
    except Exception as error:  # noqa: BLE001 - whatever the other side does, the messages are tried again; its words may be personal
        logger("relay").warning("relay.send_failed", error=type(error).__name__)
        return dict.fromkeys((message.seq for message in batch), type(error).__name__)


def _hear(house: House, stop: threading.Event) -> None:
    """Reports that systems send through the broker are taken in a thread of their own."""
    messages = IncomingMessages(house.mes_bridge, house.settings.default_language)
    intake = ReportIntake(house.settings.broker_url, messages)
    threading.Thread(target=intake.run, args=(stop,), name="reports over AMQP", daemon=True).start()


def _bridge(house: House, stop: threading.Event) -> None:
    """The unified namespace is kept, and reports from it are taken, in a thread of their own. Raises SettingInvalid."""
    messages = IncomingMessages(house.mes_bridge, house.settings.default_language)
    try:
        session = f"lotone-{sha256_of(f'mqtt {house.settings.secret_key}')[:24]}"
        bridge = MqttBridge(house.settings.mqtt_url, house.mes_bridge, messages, session)
    except ValueError:
        raise SettingInvalid("LOTONE_MQTT_URL", house.settings.mqtt_url.partition(":")[0]) from None
    threading.Thread(target=bridge.run, args=(stop,), name="MQTT", daemon=True).start()


def _send_webhooks(house: House, stop: threading.Event) -> None:
    """Each receiver's messages leave in threads of their own."""
    from lotone.hook_relay import HookRelay

    relay = HookRelay(house.ledger, house.mes_bridge.webhooks)
    threading.Thread(target=relay.run, args=(stop,), name="webhooks", daemon=True).start()


def _serve_opcua(house: House, stop: threading.Event) -> None:
    """Job control is served in a thread of its own; its libraries are loaded only here. Raises SettingInvalid."""
    from mes_bridge.transports.opcua.server import OpcUaServer
    from presentation.rates import RateLimits, Rates, network_of

    settings = house.settings
    rates = RateLimits(Rates(sign_in=settings.sign_in_rate))
    try:
        server = OpcUaServer(
            settings.opcua_endpoint,
            house.mes_bridge,
            settings.home / "opcua",
            lambda address: rates.count("sign_in", network_of(address)),
        )
    except ValueError:
        raise SettingInvalid("LOTONE_OPCUA_ENDPOINT", settings.opcua_endpoint) from None
    threading.Thread(target=server.run, args=(stop,), name="OPC UA", daemon=True).start()


@click.command()
def relay() -> None:
    """Send messages to the outside, take those that come in over a broker, and serve OPC UA."""
    settings = load_settings()
    house = build_house(settings)
    stop = threading.Event()

    def end(*_: Any) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if house.settings.broker_url:
        _hear(house, stop)
    if house.settings.mqtt_url:
        _bridge(house, stop)
    if house.settings.opcua_endpoint:
        _serve_opcua(house, stop)
    _send_webhooks(house, stop)
    Relay(house.ledger, senders_of(house)).run(stop)
