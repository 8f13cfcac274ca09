"""What a system calls things is read as what they are called here: over every way, mapped on a page, taken again once it is known."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from contracts.access import SYSTEM, Principal, Role
from contracts.bundle import Bundled, BundledMachineState, BundledMeasurement, BundledReport
from contracts.problems import IdempotencyMismatch, InvalidInput, NotFound, UnitMismatch
from contracts.work_order import LeaseRequest, MachineStateReport, MeasurementReport, Receipt, Report
from ledger.machine_clients import MachineClients
from mes_bridge.engine.protocols import b2mml, rest
from mes_bridge.engine.vocabulary import STATES, UNITS, NameKind, Vocabulary
from mes_bridge.name_commands import name_commands
from mes_bridge.service import Service
from tests.unit.mes_bridge.shop import START, Shop
from tests.unit.mes_bridge.site import site

MAPPED: tuple[tuple[NameKind, str, str], ...] = (
    ("machine", "Richtbank", "TRUE-1"),
    ("reason", "F17", "material"),
    ("unit", "Millimeter", "mm"),
    ("state", "Stillstand", "down"),
)


@pytest.fixture
def hall(shop: Shop) -> Principal:
    shop.release()
    client, _ = MachineClients(shop.ledger).create(SYSTEM, "Hall 1", ["TRUE", "CUT"])
    return Principal(id=client, role=Role.MACHINE_CLIENT, name="Hall 1", machine_groups=frozenset({"TRUE", "CUT"}))


def mapped(shop: Shop, hall: Principal) -> None:
    for kind, theirs, ours in MAPPED:
        shop.service.names.map(SYSTEM, hall.id, kind, theirs, ours)


def pause(identifier: str = "r1", machine: str = "Richtbank") -> Report:
    return Report(report=identifier, revision=1, kind="paused", machine=machine, at=START, reason="F17")


def value(shop: Shop, identifier: str = "m1", unit: str = "Millimeter") -> MeasurementReport:
    given = {"measurement": identifier, "work_order": shop.id_of(40), "checkpoint": "runout", "value": "10", "unit": unit}
    return MeasurementReport.model_validate({**given, "at": START, "source": "gauge"})


def standstill(state: str = "Stillstand", machine: str = "Richtbank") -> MachineStateReport:
    return MachineStateReport(machine=machine, state=state, at=START, reason="F17")


def one_by_one(shop: Shop, hall: Principal) -> list[Receipt]:
    return [
        shop.service.report(shop.id_of(40), pause(), hall),
        shop.service.record(value(shop), hall),
        shop.service.machine_state(standstill(), hall),
    ]


def together(shop: Shop, hall: Principal) -> list[Receipt]:
    messages: list[Bundled] = [
        BundledReport(type="report", work_order=shop.id_of(40), content=pause()),
        BundledMeasurement(type="measurement", content=value(shop)),
        BundledMachineState(type="machine-state", content=standstill()),
    ]
    answers = shop.service.bundle(messages, hall)
    return [answer for answer in answers if isinstance(answer, Receipt)]


@pytest.mark.parametrize("told", [one_by_one, together])
def test_names_are_read_as_ours_before_anything_is_judged(
    shop: Shop, hall: Principal, told: Callable[[Shop, Principal], list[Receipt]]
) -> None:
    mapped(shop, hall)
    receipts = told(shop, hall)
    assert [receipt.result for receipt in receipts] == ["accepted"] * 3
    assert receipts[1].verdict == "in_tolerance"
    assert told(shop, hall) == receipts, "the same again is known as it was sent"
    (report,) = shop.service.work_order(shop.id_of(40)).reports
    assert (report.machine, report.reason) == ("TRUE-1", "material")
    station = next(each for each in shop.service.stations() if each.machine == "TRUE-1")
    assert (station.state, station.reason) == ("down", "material")


def test_what_is_not_known_is_set_aside_offered_and_taken_once_it_is_mapped(shop: Shop, hall: Principal) -> None:
    shop.service.names.use(SYSTEM, hall.id)
    receipts = one_by_one(shop, hall)
    assert [receipt.reason for receipt in receipts] == ["unknown-machine", "unknown-unit", "unknown-machine"]
    known_machine = standstill(machine="TRUE-1")
    assert shop.service.machine_state(known_machine, hall).reason == "unknown-state"
    found = shop.service.names.of(hall.id)
    assert {(each.kind, each.name, each.messages) for each in found.unknown} == {
        ("machine", "Richtbank", 2),
        ("unit", "Millimeter", 1),
        ("state", "Stillstand", 1),
    }
    assert found.waiting == 4
    assert shop.service.names.replay(SYSTEM, hall.id).set_aside == 4, "nothing is mapped yet"
    mapped(shop, hall)
    assert shop.service.names.of(hall.id).unknown == ()
    replayed = shop.service.names.replay(SYSTEM, hall.id)
    assert (replayed.taken, replayed.set_aside, replayed.refused) == (4, 0, {})
    assert shop.service.names.of(hall.id).waiting == 0
    assert shop.service.report(shop.id_of(40), pause(), hall).result == "accepted", "sent again it gets the receipt of that"
    assert len(shop.service.work_order(shop.id_of(40)).reports) == 1
    with pytest.raises(IdempotencyMismatch):
        shop.service.report(shop.id_of(40), pause(machine="Other"), hall)


def test_what_is_refused_when_it_is_taken_again_stays_set_aside(shop: Shop, hall: Principal) -> None:
    before = Report(report="r1", revision=1, kind="started", machine="Endkontrolle", at=START)
    assert shop.service.report(shop.id_of(40), before, hall).reason == "unknown-machine"
    shop.service.names.map(SYSTEM, hall.id, "machine", "Endkontrolle", "TRUE-1")
    with shop.ledger.transaction(SYSTEM) as transaction:
        transaction.connection.exec_driver_sql("update mes_bridge_work_order set holder = 'client_b', state = 'leased', fence = 7")
        transaction.connection.exec_driver_sql("update mes_bridge_work_order set lease_until = '2099-01-01 00:00:00.000000'")
    replayed = shop.service.names.replay(SYSTEM, hall.id)
    assert (replayed.taken, replayed.refused) == (0, {"stale-fence": 1})
    assert shop.service.names.of(hall.id).waiting == 1


def test_without_names_of_its_own_a_system_is_told_at_once(shop: Shop, hall: Principal) -> None:
    with pytest.raises(UnitMismatch):
        shop.service.record(value(shop), hall)
    with pytest.raises(InvalidInput) as refused:
        shop.service.machine_state(standstill(machine="TRUE-1"), hall)
    assert refused.value.errors[0].pointer == "/state"
    assert shop.service.machine_state(standstill("down", "TRUE-1"), hall).result == "accepted"


def test_the_names_are_one_system_s(shop: Shop, hall: Principal) -> None:
    mapped(shop, hall)
    other, _ = MachineClients(shop.ledger).create(SYSTEM, "Hall 2")
    assert shop.service.report(shop.id_of(40), pause(), Principal(id=other, role=Role.MACHINE_CLIENT)).reason == "unknown-machine"


def test_a_unit_of_another_kind_is_refused_whatever_it_is_called(shop: Shop, hall: Principal) -> None:
    shop.service.names.map(SYSTEM, hall.id, "unit", "Kilo", "kg")
    with pytest.raises(UnitMismatch):
        shop.service.record(value(shop, unit="Kilo"), hall)


def test_free_reasons_are_taken_and_offered_to_be_mapped(shop: Shop, hall: Principal) -> None:
    told = pause(machine="TRUE-1")
    assert shop.service.report(shop.id_of(40), told, hall).result == "accepted"
    assert [(each.kind, each.name) for each in shop.service.names.of(hall.id).unknown] == [("reason", "F17")]
    shop.service.names.map(SYSTEM, hall.id, "reason", "F17", "material")
    assert shop.service.names.of(hall.id).unknown == ()


def test_work_orders_carry_the_station_s_own_name_beside_the_same_document(shop: Shop, hall: Principal) -> None:
    before = {one.work_order: one.content_sha256 for one in shop.service.work_orders(hall)}
    mapped(shop, hall)
    shop.service.webhooks.add(SYSTEM, hall.id, "https://mes.example/lotone")
    listed = {one.operation.machine: one for one in shop.service.work_orders(hall)}
    assert (listed["TRUE-1"].station, listed["CUT-1"].station) == ("Richtbank", None)
    (leased,) = shop.service.lease(LeaseRequest(machine_group="TRUE"), hall)
    item = rest.encode(leased)
    assert (item["station"], item["operation"]["machine"]) == ("Richtbank", "TRUE-1")
    assert item["content_sha256"] == before[leased.work_order]
    assert rest.decode(item).operation.machine == "TRUE-1"
    assert "station" not in rest.encode(listed["CUT-1"])
    assert b"Richtbank" in b2mml.encode([listed["TRUE-1"]], START)
    shop.release("piece_2", sequences=(40,))
    with shop.ledger.reading() as session:
        (content,) = session.connection().exec_driver_sql("select content from ledger_outside where channel like 'webhook:%'").one()
    event = json.loads(json.loads(content)["body"])
    assert event["data"]["station"] == "Richtbank"
    assert rest.decode(event["data"]).operation.machine == "TRUE-1"


@pytest.mark.parametrize(
    ("kind", "theirs", "ours", "field"),
    [
        ("machine", "", "TRUE-1", "/theirs"),
        ("machine", "a\x00b", "TRUE-1", "/theirs"),
        ("machine", "x" * 81, "TRUE-1", "/theirs"),
        ("machine", "Bank", "WELD-1", "/ours"),
        ("machine", "Bank", "Nowhere", "/ours"),
        ("machine", "CUT-1", "TRUE-1", "/theirs"),
        ("unit", "Zoll", "inch", "/ours"),
        ("unit", "mm", "m", "/theirs"),
        ("state", "an", "on", "/ours"),
        ("reason", "F1", "why", "/ours"),
    ],
)
def test_what_cannot_be_mapped_is_told(shop: Shop, hall: Principal, kind: NameKind, theirs: str, ours: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        shop.service.names.map(SYSTEM, hall.id, kind, theirs, ours)
    assert [each.pointer for each in refused.value.errors] == [field]
    assert not shop.service.names.of(hall.id).sets_aside


def test_a_machine_has_one_name_of_theirs() -> None:
    names = Vocabulary().mapped("machine", "Bank", "TRUE-1", ("TRUE-1", "CUT-1"))
    with pytest.raises(InvalidInput):
        names.mapped("machine", "Bench", "TRUE-1", ("TRUE-1", "CUT-1"))
    assert names.mapped("machine", "Bank", "CUT-1", ("TRUE-1", "CUT-1")).theirs("CUT-1") == "Bank"
    assert names.without("machine", "Bank").theirs("TRUE-1") is None
    several = Vocabulary().mapped("unit", "Millimeter", "mm", UNITS).mapped("unit", "MMT", "mm", UNITS)
    assert {several.ours("unit", name) for name in ("Millimeter", "MMT", "mm")} == {"mm"}
    assert several.ours("state", "down") in STATES


@pytest.fixture
def app(shop: Shop) -> Flask:
    return site(shop, Role.ADMINISTRATOR, "alex")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_page_maps_what_came_and_takes_it_again(client: FlaskClient, shop: Shop, hall: Principal) -> None:
    at = f"/connections/{hall.id}/names"
    assert client.post(f"{at}/use").status_code == 303
    one_by_one(shop, hall)
    page = client.get(at).text
    assert "Messages set aside for a name: 3" in page
    assert '<input type="hidden" name="theirs" value="Richtbank">' in page
    for kind, theirs, ours in MAPPED:
        assert client.post(at, data={"kind": kind, "theirs": theirs, "ours": ours}).status_code == 303
    assert "Taken now: 3. Still set aside: 0." in client.post(f"{at}/replay", follow_redirects=True).text
    assert client.post(f"{at}/unmap", data={"kind": "unit", "theirs": "Millimeter"}).status_code == 303
    assert client.get(f"/api/v1/mes-connections/{hall.id}/names").get_json()["mapped"]["unit"] == {}
    assert [
        client.post(at, data={"kind": "colour", "theirs": "a", "ours": "b"}).status_code,
        client.get("/connections/x/names").status_code,
    ] == [404] * 2


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("theirs", "ours", "field"), [("", "TRUE-1", "theirs-machine"), ("Bank", "nowhere", "ours-machine")])
def test_a_fault_stands_beside_its_field(client: FlaskClient, hall: Principal, language: str, theirs: str, ours: str, field: str) -> None:
    refused = client.post(f"/connections/{hall.id}/names?lang={language}", data={"kind": "machine", "theirs": theirs, "ours": ours})
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert not re.search(r"\bnames\.[a-z_]+", refused.text)


def test_only_administrators_map_names(app: Flask, client: FlaskClient, hall: Principal) -> None:
    app.config["ROLE"] = Role.QUALITY
    at = f"/connections/{hall.id}/names"
    answers = [client.get(at), client.get(f"/api/v1/mes-connections/{hall.id}/names")]
    answers += [client.post(at + step, data={"kind": "unit", "theirs": "a", "ours": "mm"}) for step in ("", "/unmap", "/use", "/replay")]
    assert {answer.status_code for answer in answers} == {403}


def test_the_commands_do_the_same(shop: Shop, hall: Principal) -> None:
    @contextmanager
    def opened() -> Iterator[Service]:
        yield shop.service

    def run(*words: str) -> str:
        with capture_logs():
            result = CliRunner().invoke(name_commands(opened), words, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    run("use", "Hall 1")
    one_by_one(shop, hall)
    assert "machine  Richtbank is not known, in 2 messages" in run("list", "Hall 1")
    for kind, theirs, ours in MAPPED:
        run("map", "Hall 1", kind, theirs, ours)
    assert run("replay", "Hall 1") == "3 taken, 0 still set aside\n"
    run("unmap", "Hall 1", "reason", "F17")
    assert json.loads(run("list", "Hall 1", "--json"))["mapped"]["reason"] == {}
    assert "unit  Millimeter = mm" in run("list", "Hall 1")


def test_a_system_whose_key_is_over_is_mapped_no_more(shop: Shop, hall: Principal) -> None:
    MachineClients(shop.ledger).revoke(SYSTEM, hall.id)
    for step in (lambda: shop.service.names.use(SYSTEM, hall.id), lambda: shop.service.names.replay(SYSTEM, hall.id)):
        with pytest.raises(NotFound):
            step()
