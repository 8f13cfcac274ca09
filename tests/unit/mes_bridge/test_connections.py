"""Does an administrator see how each connected system stands, and get a key that works, once?"""

import json
import re
from base64 import b64decode
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from contracts.access import SYSTEM, Principal, Role
from contracts.work_order import LeaseRequest, Report
from ledger.machine_clients import MachineClients
from ledger.tables import MACHINE_CLIENT
from mes_bridge.commands import mes
from mes_bridge.tables import WEBHOOK
from mes_bridge.webhook_commands import webhooks
from mes_bridge.webhooks import End
from tests.unit.mes_bridge.shop import START, Shop
from tests.unit.mes_bridge.site import site


@pytest.fixture
def app(shop: Shop) -> Flask:
    return site(shop, Role.ADMINISTRATOR, "alex")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _made(client: FlaskClient, **fields: Any) -> tuple[str, str]:
    page = client.post("/connections", data=fields)
    assert page.status_code == 200, page.text
    return re.search(r"called (client_\w+)", page.text)[1], re.search(r'class="key">([^<]+)<', page.text)[1]  # type: ignore[index]


def test_a_key_is_shown_once_and_works(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    identifier, key = _made(client, client_name="Hall 1", group=["CUT"])
    principal = MachineClients(shop.ledger).principal(key)
    assert principal is not None
    assert (principal.id, principal.machine_groups) == (identifier, frozenset({"CUT"}))
    assert key not in client.get("/connections").text
    assert key not in client.get(f"/connections/{identifier}").text


def test_a_key_with_days_ends_by_itself(client: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    identifier, key = _made(client, client_name="Visitor", days="30")
    assert "Ends by itself" in client.get(f"/connections/{identifier}").text
    monkeypatch.setattr("ledger.unit_of_work.Ledger.open", lambda settings: shop.ledger)
    monkeypatch.setattr(shop.ledger, "close", lambda: None)
    assert "valid until " in CliRunner().invoke(mes, ["keys", "list"]).stdout
    with shop.ledger.transaction(SYSTEM) as transaction:
        transaction.session.connection().execute(update(MACHINE_CLIENT).values(expires_at=transaction.real_now))
    assert MachineClients(shop.ledger).principal(key) is None
    assert "expired" in CliRunner().invoke(mes, ["keys", "list"]).stdout
    made = json.loads(CliRunner().invoke(mes, ["keys", "create", "next", "--days", "1", "--json"]).stdout)
    assert MachineClients(shop.ledger).principal(made["key"]) is not None


def test_what_a_connection_holds_and_told_is_shown(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    identifier, _ = _made(client, client_name="Hall 1", group=["CUT", "TRUE"])
    sender = Principal(id=identifier, role=Role.MACHINE_CLIENT)
    assert _listed(client)["waiting"] == 2
    (leased,) = shop.service.lease(LeaseRequest(machine_group="CUT", count=1), sender)
    shop.report(leased.work_order, "started", by=sender, fence=leased.fence, report="hall-1")
    shop.service.report("work_order_0", Report(report="hall-2", revision=1, kind="started", at=START), sender)
    told = _listed(client)
    assert {name: told[name] for name in ("held", "waiting", "reports", "set_aside")} == {
        "held": 1,
        "waiting": 1,
        "reports": 1,
        "set_aside": 1,
    }
    messages = client.get(f"/api/v1/mes-connections/{identifier}").get_json()["messages"]
    assert {(each["id"], each["result"]) for each in messages} == {("hall-1", "accepted"), ("hall-2", "unknown-work-order")}
    assert "hall-1" in client.get(f"/connections/{identifier}").text


def _listed(client: FlaskClient) -> dict[str, Any]:
    (only,) = client.get("/api/v1/mes-connections").get_json()["items"]
    return dict(only)


def test_a_revoked_key_gets_in_nowhere(client: FlaskClient, shop: Shop) -> None:
    identifier, key = _made(client, client_name="Hall 1")
    assert client.post(f"/connections/{identifier}/revoke").status_code == 303
    assert MachineClients(shop.ledger).principal(key) is None
    page = client.get(f"/connections/{identifier}").text
    assert "The key is revoked." in page
    assert "connections.revoked" not in page
    assert _listed(client)["state"] == "revoked"
    assert client.post(f"/connections/{identifier}/revoke").status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"client_name": " "}, "client_name"),
        ({"client_name": "x" * 81}, "client_name"),
        ({"client_name": "first"}, "client_name"),
        ({"client_name": "b", "broker_user": "no spaces"}, "broker_user"),
        ({"client_name": "b", "broker_user": "taken"}, "broker_user"),
        *(({"client_name": "b", "days": days}, "days") for days in ("0", "-1", "3651", "1.5", "x", "٣", "9" * 40, "000000001" + "9" * 40)),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_cannot_be_is_told_beside_its_field(
    client: FlaskClient, shop: Shop, fields: dict[str, str], field: str, language: str
) -> None:
    MachineClients(shop.ledger).create(SYSTEM, "first", broker_user="taken")
    refused = client.post(f"/connections?lang={language}", data=fields)
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert len(MachineClients(shop.ledger).list()) == 1


@pytest.mark.parametrize("role", [Role.PLANNER, Role.QUALITY, Role.OPERATOR, Role.MACHINE_CLIENT])
def test_only_administrators_see_connections(app: Flask, client: FlaskClient, role: Role) -> None:
    app.config["ROLE"] = role
    for address in ("/connections", "/connections/parked", "/api/v1/mes-connections", "/api/v1/parked"):
        assert client.get(address).status_code == 403
    assert client.post("/connections", data={"client_name": "x"}).status_code == 403


def test_parked_work_is_decided_on_once(client: FlaskClient) -> None:
    assert "Nothing is parked." in client.get("/connections/parked").text
    gone = client.post("/connections/parked", data={"parked": "outside:1", "decision": "replay"}, follow_redirects=True)
    assert "Somebody decided this already." in gone.text


def test_the_command_says_the_same(shop: Shop, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    identifier, _ = _made(client, client_name="Hall 1")
    monkeypatch.setattr("ledger.unit_of_work.Ledger.open", lambda settings: shop.ledger)
    monkeypatch.setattr(shop.ledger, "close", lambda: None)
    (told,) = json.loads(CliRunner().invoke(mes, ["connections", "--json"]).stdout)
    assert (told["id"], told["state"], told["held"]) == (identifier, "valid", 0)
    assert "Hall 1  valid  never heard" in CliRunner().invoke(mes, ["connections"]).stdout


def _secret(page: str) -> str:
    return re.search(r'class="key">(whsec_[^<]+)<', page)[1]  # type: ignore[index]


def test_a_webhook_is_added_renewed_and_removed_and_its_secrets_are_shown_once(client: FlaskClient, shop: Shop) -> None:
    identifier, _ = _made(client, client_name="Hall 1")
    at = f"/connections/{identifier}/webhook"
    first = _secret(client.post(at, data={"url": "https://mes.example/lotone"}).text)
    second = _secret(client.post(f"{at}/rotate").text)
    page = client.get(f"/connections/{identifier}").text
    assert first != second
    assert not {first, second} & set(re.findall(r"whsec_[^<]+", page))
    assert "https://mes.example/lotone" in page
    assert "The earlier secret signs too until" in page
    with shop.ledger.reading() as session:
        stored = repr(session.connection().execute(WEBHOOK.select()).all())
    assert repr(b64decode(first[6:]))[2:-1] not in stored
    assert first[6:] not in stored
    assert client.post(f"{at}/test").status_code == 303
    assert _listed(client)["webhook"]["waiting"] == 1
    assert "test_message_" in client.get(f"/connections/{identifier}").text
    assert "1 waiting, 0 parked" in client.get("/connections").text
    assert client.post(f"{at}/again").status_code == 303
    assert client.post(f"{at}/remove").status_code == 303
    assert _listed(client)["webhook"] is None
    assert [client.post(f"{at}/{what}").status_code for what in ("rotate", "again", "remove", "test")] == [404] * 4


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "url", ["", "mes.example", "https://me:word@mes.example/", "http://mes.example/", "https://10.0.0.1/", "https://mes.example/#x"]
)
def test_an_address_that_cannot_be_is_told_beside_its_field(client: FlaskClient, url: str, language: str) -> None:
    identifier, _ = _made(client, client_name="Hall 1")
    refused = client.post(f"/connections/{identifier}/webhook?lang={language}", data={"url": url})
    assert refused.status_code == 422
    assert 'id="url-error"' in refused.text
    assert "webhooks.wrong" not in refused.text


@pytest.mark.parametrize("because", get_args(End))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_webhook_that_has_ended_says_why(client: FlaskClient, shop: Shop, because: End, language: str) -> None:
    identifier, _ = _made(client, client_name="Hall 1")
    shop.service.webhooks.add(SYSTEM, identifier, "https://mes.example/lotone")
    shop.service.webhooks.end(_listed(client)["webhook"]["webhook"], because)
    page = client.get(f"/connections/{identifier}?lang={language}").text
    assert 'data-tone="warning"' in page
    assert "webhooks.ended" not in page
    assert 'name="url"' in page, "another may be added"


def test_only_administrators_change_webhooks(app: Flask, client: FlaskClient) -> None:
    identifier, _ = _made(client, client_name="Hall 1")
    app.config["ROLE"] = Role.PLANNER
    for what in ("", "/rotate", "/remove", "/again", "/test"):
        assert client.post(f"/connections/{identifier}/webhook{what}", data={"url": "https://mes.example/"}).status_code == 403


def test_the_commands_do_the_same(shop: Shop, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    _made(client, client_name="Hall 1")
    monkeypatch.setattr("ledger.unit_of_work.Ledger.open", lambda settings: shop.ledger)
    monkeypatch.setattr(shop.ledger, "close", lambda: None)

    def run(*words: str) -> str:
        result = CliRunner().invoke(webhooks, words, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    first = run("add", "Hall 1", "https://mes.example/lotone").strip()
    second = json.loads(run("rotate", "Hall 1", "--json"))["secret"]
    assert {first[:6], second[:6]} == {"whsec_"}
    assert run("test", "Hall 1").startswith("test_message_")
    assert "1 waiting, 0 parked  nothing sent yet" in run("list")
    (told,) = json.loads(run("list", "--json"))
    assert (told["connection"], told["url"], told["waiting"]) == ("Hall 1", "https://mes.example/lotone", 1)
    run("again", "Hall 1")
    run("remove", "Hall 1")
    assert json.loads(run("list", "--json")) == []
