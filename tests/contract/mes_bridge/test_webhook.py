"""Work orders by signed webhook, to a receiver that is not ours: complete, in order, signed, and only where it is allowed."""

import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import update
from sqlmodel import select
from standardwebhooks.webhooks import Webhook

from contracts.access import SYSTEM
from contracts.problems import InvalidInput, NotFound
from ledger import parking
from ledger.machine_clients import MachineClients
from ledger.retry import Patience
from ledger.tables import MACHINE_CLIENT
from ledger.unit_of_work import Ledger
from lotone.hook_relay import HookRelay
from mes_bridge.engine.destinations import Destination, destination
from mes_bridge.engine.protocols import rest
from mes_bridge.tables import WebhookRow
from mes_bridge.transports.webhook.reach import NoAnswer, NobodyThere, Reach
from mes_bridge.webhooks import Webhooks
from tests.contract.mes_bridge.receiver import Delivery, Receiver, receiving, status
from tests.unit.mes_bridge.shop import Shop

AT_ONCE = Patience(attempts=60, first_pause=timedelta(), longest_pause=timedelta())
"""Without pauses."""
GIVES_UP = Patience(attempts=2, first_pause=timedelta(), longest_pause=timedelta())
HERE = frozenset({"127.0.0.1"})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def shop_on(ledger: Ledger) -> Shop:
    shop = Shop(ledger)
    shop.service.webhooks._allowed = HERE
    return shop


def told(shop: Shop, url: str, groups: list[str] | None = None, name: str = "Hall 1") -> tuple[str, str]:
    """(client, secret) of a new connection with a webhook."""
    client, _ = MachineClients(shop.ledger).create(SYSTEM, name, groups)
    return client, shop.service.webhooks.add(SYSTEM, client, url)


def relay_of(shop: Shop, within_s: float = 5.0, patience: Patience = AT_ONCE) -> HookRelay:
    return HookRelay(shop.ledger, shop.service.webhooks, lambda to: Reach(to, within_s=within_s), patience=patience)


def sent_all(relay: HookRelay) -> None:
    while relay.run_once():
        pass


def states(receiver: Receiver, work_order: str) -> list[str]:
    """What was said of a work order, each message the first time that it was taken."""
    return [each.split("/", 1)[1] for each in dict.fromkeys(receiver.ids) if each.startswith(f"{work_order}/")]


def test_released_work_orders_arrive_signed_with_the_content_of_rest(ledger_on: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger_on)
    client, secret = told(shop, receiver.url)
    shop.release()
    sent_all(relay_of(shop))
    by_rest = {one.work_order: one.content_sha256 for one in shop.listed()}
    assert [json.loads(each.body)["machine_group"] for each in receiver.came] == ["CUT", "WELD", "ALIGN", "TRUE", "ASSY", "INSP"]
    for each in receiver.came:
        event = json.loads(each.body)
        assert (event["type"], event["plant"], event["data"]["state"]) == ("work_order.released", "riverside", "released")
        assert by_rest[rest.decode(event["data"]).work_order] == event["data"]["content_sha256"]
        assert each.id == f"{event['data']['work_order']}/1/released"
        assert each.is_signed_with(secret)
        assert not each.is_signed_with(secret.swapcase())
        assert abs(each.timestamp_s - time.time()) < 60
        assert (each.path, each.host) == ("/lotone", f"127.0.0.1:{receiver.port}")
    stands = shop.service.webhooks.of(client)
    assert stands is not None
    assert (stands.waiting, stands.parked, stands.error) == (0, 0, None)
    assert stands.last_sent_at is not None


def test_the_library_of_the_specification_accepts_what_arrives(ledger: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger)
    _, secret = told(shop, receiver.url)
    shop.release(sequences=(10,))
    sent_all(relay_of(shop))
    (came,) = receiver.came
    headers = {
        "webhook-id": came.id,
        "webhook-timestamp": str(came.timestamp_s),
        "webhook-signature": " ".join(f"v1,{each}" for each in came.signatures),
    }
    assert Webhook(secret).verify(came.body, headers)["data"]["revision"] == 1


@pytest.mark.parametrize("seed", range(3))
def test_through_failures_each_work_order_is_told_whole_and_in_order(ledger: Ledger, receiver: Receiver, seed: int) -> None:
    """Some answers are errors, some are lost after the receiver has taken the message, some do not come in time."""
    shop, chance = shop_on(ledger), random.Random(seed)
    told(shop, receiver.url)
    taken: list[str] = []

    def answer(request: BaseHTTPRequestHandler, delivery: Delivery) -> None:
        what = chance.choice(("taken", "taken", "refused", "lost", "late"))
        if what in {"taken", "lost", "late"} and delivery.id not in taken:
            taken.append(delivery.id)
        if what == "late":
            time.sleep(0.15)
        if what in {"lost", "late"}:
            request.close_connection = True
            return
        status(200 if what == "taken" else 503)(request, delivery)

    receiver.answer = answer
    relay = relay_of(shop, within_s=0.1)
    pieces = [f"piece_{number}" for number in range(3)]
    for piece in pieces:
        shop.release(piece, sequences=(10, 40))
    relay.run_once()
    for piece in pieces:
        shop.release(piece, sequences=(10,), revision=2)
        relay.run_once()
    for piece in pieces:
        shop.withdraw(shop.operation(piece, 10).key)
    orders = {one.piece: one.work_order for one in shop.listed() if one.operation.sequence == 10}
    sent_all(relay)
    for piece in pieces:
        assert [each.split("/", 1)[1] for each in taken if each.startswith(orders[piece])] == [
            "1/released", "1/superseded", "2/released", "2/cancelled",
        ]  # fmt: skip
    assert len(taken) == 4 * len(pieces) + len(pieces)
    assert ledger.quiet()


def test_what_is_not_taken_is_parked_and_what_follows_of_its_work_order_waits_for_it(ledger_on: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger_on)
    client, _ = told(shop, receiver.url)
    shop.release(sequences=(10, 40))
    refused = shop.id_of(10)
    receiver.answer = lambda request, delivery: status(500 if delivery.id.startswith(refused) else 200)(request, delivery)
    shop.release(sequences=(10,), revision=2)
    sent_all(relay_of(shop, patience=GIVES_UP))
    with ledger_on.reading() as session:
        (parked,) = parking.parked(session)
    assert (parked.subject, parked.error, parked.attempts) == (f"{refused}/1/released", "HTTP 500", 2)
    stands = shop.service.webhooks.of(client)
    assert stands is not None
    assert (stands.waiting, stands.parked, stands.error) == (2, 1, "HTTP 500")
    assert receiver.ids.count(f"{shop.id_of(40)}/1/released") == 1

    receiver.answer = status(200)
    receiver.came.clear()
    assert shop.service.webhooks.again(SYSTEM, client) == 3
    sent_all(relay_of(shop))
    assert states(receiver, refused) == ["1/released", "1/superseded", "2/released"]


def test_a_receiver_that_wants_no_more_is_left_alone_and_its_page_says_so(ledger_on: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger_on)
    client, _ = told(shop, receiver.url)
    shop.release()
    receiver.answer = status(410)
    sent_all(relay_of(shop))
    assert len(receiver.came) == 1
    stands = shop.service.webhooks.of(client)
    assert stands is not None
    assert (stands.ended_because, stands.waiting, stands.parked) == ("gone", 0, 0)
    shop.release("piece_2")
    sent_all(relay_of(shop))
    assert len(receiver.came) == 1
    with pytest.raises(NotFound):
        shop.service.webhooks.rotate(SYSTEM, client)
    receiver.answer = status(200)
    shop.service.webhooks.add(SYSTEM, client, receiver.url)
    shop.release("piece_3", sequences=(10,))
    sent_all(relay_of(shop))
    assert len(receiver.came) == 2


def test_a_redirect_is_not_followed(ledger: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger)
    client, _ = told(shop, receiver.url)
    shop.release(sequences=(10,))

    def elsewhere(request: BaseHTTPRequestHandler, _: Delivery) -> None:
        request.send_response(307)
        request.send_header("Location", receiver.url + "/elsewhere")
        request.send_header("Content-Length", "0")
        request.end_headers()

    receiver.answer = elsewhere
    sent_all(relay_of(shop, patience=GIVES_UP))
    assert [each.path for each in receiver.came] == ["/lotone", "/lotone"]
    assert shop.service.webhooks.messages(client)[0].error == "HTTP 307"


def test_an_earlier_secret_signs_too_until_it_is_over(ledger: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger)
    client, old = told(shop, receiver.url)
    unused = shop.service.webhooks.rotate(SYSTEM, client)
    new = shop.service.webhooks.rotate(SYSTEM, client)
    shop.release(sequences=(10,))
    sent_all(relay_of(shop))
    assert [receiver.came[0].is_signed_with(secret) for secret in (new, unused, old)] == [True, True, True]
    with ledger.transaction(SYSTEM) as transaction:
        row = transaction.session.exec(select(WebhookRow)).one()
        row.earlier = [{**each, "until": transaction.real_now.isoformat()} for each in row.earlier]
        transaction.session.add(row)
    shop.release(sequences=(40,))
    sent_all(relay_of(shop))
    assert [receiver.came[1].is_signed_with(secret) for secret in (new, unused, old)] == [True, False, False]


def test_a_client_is_told_of_its_machine_groups_while_its_key_is_valid(ledger: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger)
    client, _ = told(shop, receiver.url, ["CUT", "TRUE"])
    shop.release()
    sent_all(relay_of(shop))
    assert [json.loads(each.body)["machine_group"] for each in receiver.came] == ["CUT", "TRUE"]
    shop.release("piece_2")
    with ledger.transaction(SYSTEM) as transaction:
        transaction.connection.execute(update(MACHINE_CLIENT).values(expires_at=transaction.real_now))
    sent_all(relay_of(shop))
    shop.release("piece_3")
    assert len(receiver.came) == 2
    stands = shop.service.webhooks.of(client)
    assert stands is not None
    assert (stands.ended_because, stands.waiting) == ("key_over", 0)


def test_a_test_message_says_that_it_is_one(ledger: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger)
    shop.release()
    client, secret = told(shop, receiver.url, ["CUT"])
    message = shop.service.connections.try_webhook(SYSTEM, client)
    sent_all(relay_of(shop))
    (came,) = receiver.came
    event = json.loads(came.body)
    assert event["plant"] == "riverside"
    assert (came.id, event["type"], event["data"]["test"], event["machine_group"]) == (message, "work_order.test", True, "CUT")
    assert came.is_signed_with(secret)
    assert shop.service.connections.last_trial(client).work_order == event["data"]["work_order"]  # type: ignore[union-attr]


def test_a_removed_webhook_is_not_sent_to(ledger: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger)
    client, _ = told(shop, receiver.url)
    shop.release()
    shop.service.webhooks.remove(SYSTEM, client)
    sent_all(relay_of(shop))
    assert receiver.came == []
    assert shop.service.webhooks.of(client) is None
    assert ledger.quiet()


def test_a_receiver_that_is_slow_holds_up_no_other(ledger: Ledger, receiver: Receiver) -> None:
    """The second one has everything while the first has not answered its first message."""
    shop, go_on, stop = shop_on(ledger), threading.Event(), threading.Event()
    with receiving() as slow:
        slow.answer = lambda request, delivery: (go_on.wait(20), status(200)(request, delivery))[1]
        told(shop, slow.url, name="slow")
        told(shop, receiver.url, name="quick")
        shop.release()
        running = threading.Thread(target=relay_of(shop, within_s=30).run, args=(stop,))
        running.start()
        try:
            awaited(lambda: len(receiver.came) == 6)
            awaited(lambda: len(slow.came) == 1)
            go_on.set()
            awaited(lambda: len(slow.came) == 6)
        finally:
            go_on.set()
            stop.set()
            running.join()


def awaited(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.01)


KILLED = """
import os, signal, sys
from datetime import timedelta
from ledger.settings import load_settings
from ledger.unit_of_work import Ledger
from lotone.hook_relay import HookRelay
from mes_bridge.transports.webhook.reach import Reach
from mes_bridge.webhooks import Webhooks

class Dies(Reach):
    def post(self, headers, body):
        super().post(headers, body)
        os.kill(os.getpid(), signal.SIGKILL)

ledger = Ledger.open(load_settings())
HookRelay(ledger, Webhooks(ledger, frozenset({"127.0.0.1"})), Dies, timedelta(seconds=1)).run_once()
"""


def test_a_relay_killed_between_sending_and_its_commit_sends_again_under_the_same_id(
    ledger: Ledger, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "vault.key").write_text("11" * 32)
    shop = shop_on(ledger)
    _, secret = told(shop, receiver.url)
    shop.release(sequences=(10,))
    environment = {**os.environ, "LOTONE_HOME": str(tmp_path), "LOTONE_DATABASE_URL": "", "LOTONE_VAULT_KEY": ""}
    ended = subprocess.run([sys.executable, "-c", KILLED], env=environment, cwd=Path(__file__).parents[3], timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(receiver.came) == 1
    awaited(lambda: relay_of(shop).run_once() == 1)
    first, second = receiver.came
    assert (second.id, second.body) == (first.id, first.body)
    assert second.is_signed_with(secret)
    assert ledger.quiet()


def to(url: str, allowed: frozenset[str] = HERE) -> Destination:
    return destination(url, allowed)


HEADERS = {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,a"}


def posted(reach: Reach) -> int:
    with reach:
        return reach.post(HEADERS, b"{}")


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(receiver: Receiver) -> None:
    for inside in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1", "64:ff9b::7f00:1"):
        reach = Reach(to(f"https://mes.example:{receiver.port}/"), resolve=lambda *_, inside=inside: ["93.184.216.34", inside])  # type: ignore[misc]
        with pytest.raises(NobodyThere, match="not public"):
            posted(reach)
    assert receiver.came == []


def test_a_name_is_resolved_once_for_a_batch_and_that_address_is_connected_to(receiver: Receiver) -> None:
    """What a second look-up would say (another address, where nobody is) is never asked."""
    answers = iter((["127.0.0.1"], ["127.0.0.2"]))
    allowed = frozenset({f"mes.example:{receiver.port}"})
    reach = Reach(to(f"http://mes.example:{receiver.port}/in", allowed), resolve=lambda *_: next(answers))

    def only_once(request: BaseHTTPRequestHandler, _: Delivery) -> None:
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()

    receiver.answer = only_once
    with reach:
        assert [reach.post(HEADERS, b"{}") for _ in range(3)] == [200, 200, 200]
    assert [each.host for each in receiver.came] == [f"mes.example:{receiver.port}"] * 3
    assert next(answers) == ["127.0.0.2"]


def test_an_answer_that_never_ends_is_not_read_to_its_end(receiver: Receiver) -> None:
    def endless(request: BaseHTTPRequestHandler, _: Delivery) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(1 << 40))
        request.end_headers()
        while True:
            request.wfile.write(b"x" * 65_536)

    receiver.answer = endless
    assert posted(Reach(to(receiver.url))) == 200


def test_an_answer_that_drips_is_given_up(receiver: Receiver) -> None:
    def dripping(request: BaseHTTPRequestHandler, _: Delivery) -> None:
        while True:
            request.wfile.write(b"H")
            request.wfile.flush()
            time.sleep(0.05)

    receiver.answer = dripping
    with pytest.raises(NoAnswer):
        posted(Reach(to(receiver.url), within_s=0.4))


def test_nobody_there_is_told_apart_from_no_answer() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(NobodyThere):
            posted(Reach(to(f"http://127.0.0.1:{closed.getsockname()[1]}/")))
    with pytest.raises(NobodyThere, match="not known"):
        posted(Reach(to("https://mes.example/"), resolve=lambda *_: (_ for _ in ()).throw(OSError("no such name"))))


@pytest.fixture
def certificates(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the receiver's, the sender's) for mes.example."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mes.example")])
    names = x509.SubjectAlternativeName([x509.DNSName("mes.example"), x509.IPAddress(ip_address("127.0.0.9"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "mes.pem").write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "mes.pem")
    return serving, ssl.create_default_context(cafile=str(tmp_path / "mes.pem"))


def test_over_tls_the_certificate_is_of_the_name_not_of_the_address(certificates: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    serving, trusting = certificates
    allowed = frozenset({"mes.example", "other.example"})
    with receiving(serving) as receiver:
        here = f":{receiver.port}/"
        assert posted(Reach(to(f"https://mes.example{here}", allowed), trusting, lambda *_: ["127.0.0.1"])) == 204
        with pytest.raises(NobodyThere, match=r"(?i)certificate|hostname"):
            posted(Reach(to(f"https://other.example{here}", allowed), trusting, lambda *_: ["127.0.0.1"]))
        with pytest.raises(NobodyThere, match=r"(?i)certificate"):
            posted(Reach(to(f"https://mes.example{here}", allowed), None, lambda *_: ["127.0.0.1"]))
        assert len(receiver.came) == 1


def test_a_host_that_is_allowed_no_longer_is_not_sent_to(ledger: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger)
    client, _ = told(shop, receiver.url)
    shop.release(sequences=(10,))
    strict = Webhooks(ledger)
    HookRelay(ledger, strict, patience=GIVES_UP).run_once()
    assert receiver.came == []
    assert "LOTONE_WEBHOOK_HOSTS" in str(strict.of(client).error)  # type: ignore[union-attr]


def test_a_client_has_one_webhook(ledger: Ledger, receiver: Receiver) -> None:
    shop = shop_on(ledger)
    client, _ = told(shop, receiver.url)
    with pytest.raises(InvalidInput):
        shop.service.webhooks.add(SYSTEM, client, receiver.url)
    with pytest.raises(NotFound):
        shop.service.webhooks.add(SYSTEM, "client_unknown", receiver.url)


def test_what_a_relay_that_ends_did_not_come_to_waits_as_before(ledger: Ledger, receiver: Receiver) -> None:
    shop, stop = shop_on(ledger), threading.Event()
    client, _ = told(shop, receiver.url)
    shop.release()
    receiver.answer = lambda request, delivery: (stop.set(), status(200)(request, delivery))[1]
    relay_of(shop).run(stop)
    assert len(receiver.came) == 1
    owed = shop.service.webhooks.messages(client)[:5]
    assert {(each.state, each.attempts, each.error, each.retry_at) for each in owed} == {("waiting", 0, None, None)}
    sent_all(relay_of(shop))
    assert len(receiver.came) == 6
