"""Is a connection tried from end to end by a test work order, and does really nothing follow from it?"""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from contracts.access import Principal, Role
from contracts.problems import IdempotencyMismatch, NotFound, StaleFence, UnitMismatch
from contracts.work_order import LeaseReference, LeaseRequest, MeasurementReport, Report
from ledger.machine_clients import MachineClients
from ledger.tables import EVENT
from mes_bridge.engine.protocols import b2mml, rest
from mes_bridge.tables import MEASUREMENT, QUARANTINE, REPORT
from tests.unit.mes_bridge.shop import MES, Shop
from tests.unit.mes_bridge.site import site

ADMINISTRATOR = Principal(id="alex", role=Role.ADMINISTRATOR)


@pytest.fixture
def hall(shop: Shop) -> Principal:
    """A client that may see one machine group, where a work order waits too."""
    shop.release()
    name, _ = MachineClients(shop.ledger).create(ADMINISTRATOR, "Hall 1", ["CUT"])
    return Principal(id=name, role=Role.MACHINE_CLIENT, machine_groups=frozenset({"CUT"}))


def counted(shop: Shop) -> dict[str, int]:
    with shop.ledger.reading() as session:
        tables = (EVENT, REPORT, MEASUREMENT, QUARANTINE)
        return {table.name: session.connection().execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


def report(shop: Shop, item: Any, kind: Any, by: Principal, **fields: Any) -> Any:
    body = {"report": kind, "revision": 1, "fence": item.fence, "kind": kind, "at": item.operation.planned_start, **fields}
    return shop.service.report(item.work_order, Report(**body), by)


def value(item: Any, **fields: Any) -> MeasurementReport:
    body = {"measurement": "1", "work_order": item.work_order, "checkpoint": "length", "value": "540", "unit": "mm", "source": "gauge"}
    return MeasurementReport.model_validate({**body, "at": item.operation.planned_end, **fields})


def test_the_whole_way_of_a_test_work_order_leaves_no_trace(shop: Shop, hall: Principal) -> None:
    before = counted(shop)
    trial = shop.service.connections.try_out(ADMINISTRATOR, hall.id)
    assert trial == shop.service.connections.try_out(ADMINISTRATOR, hall.id), "one at a time"
    (news,) = (one for one in shop.service.work_orders(hall) if one.test)
    assert (news.work_order, news.state, news.operation.machine) == (trial.work_order, "released", "CUT-1")
    (item,) = shop.service.lease(LeaseRequest(machine_group="CUT"), hall)
    assert (item.work_order, item.test) == (trial.work_order, True)
    assert shop.service.acknowledge(item.work_order, LeaseReference(revision=1, fence=item.fence), hall).state == "acknowledged"
    started = report(shop, item, "started", hall)
    assert (started.result, started.reason, started.state) == ("accepted", "test", "in_progress")
    assert report(shop, item, "started", hall) == started
    assert report(shop, item, "completed", hall).state == "completed"
    bad = shop.service.record(value(item, value="530"), hall)
    assert (bad.verdict, bad.state, bad.nonconformance) == ("out_of_tolerance", "completed", None)
    good = shop.service.record(value(item, measurement="2"), hall)
    assert (good.verdict, good.state) == ("in_tolerance", "closed")
    assert counted(shop) == before
    assert all(station.machine != "test" and not station.machine.startswith("test") for station in shop.service.stations())
    assert [one.operation.name for one in shop.service.lease(LeaseRequest(), hall)] == ["cut"], "then comes real work"
    told = shop.service.connections.last_trial(hall.id)
    assert told is not None
    assert (told.state, told.messages) == ("closed", 4)


def test_it_is_refused_as_any_other_would_be(shop: Shop, hall: Principal) -> None:
    shop.service.connections.try_out(ADMINISTRATOR, hall.id)
    (item,) = shop.service.lease(LeaseRequest(), hall)
    with pytest.raises(StaleFence):
        report(shop, item, "started", hall, fence=item.fence + 1)
    with pytest.raises(UnitMismatch):
        shop.service.record(value(item, unit="deg"), hall)
    report(shop, item, "started", hall)
    with pytest.raises(IdempotencyMismatch):
        report(shop, item, "started", hall, reason="other")
    assert report(shop, item, "paused", hall, revision=7).reason == "unknown-revision"
    assert shop.service.record(value(item, measurement="3", checkpoint="none"), hall).reason == "unknown-checkpoint"
    assert shop.service.quarantined() == []


def test_nobody_else_sees_or_gets_it(shop: Shop, hall: Principal) -> None:
    trial = shop.service.connections.try_out(ADMINISTRATOR, hall.id)
    assert not any(one.test for one in [*shop.service.work_orders(MES), *shop.service.lease(LeaseRequest(), MES)])
    assert shop.service.report(trial.work_order, Report(report="1", revision=1, kind="started", at=trial.created_at), MES).reason == (
        "unknown-work-order"
    )
    with pytest.raises(NotFound):
        shop.service.acknowledge(trial.work_order, LeaseReference(revision=1, fence=0), MES)


def test_its_content_is_the_same_over_json_and_b2mml(shop: Shop, hall: Principal) -> None:
    shop.service.connections.try_out(ADMINISTRATOR, hall.id)
    (item,) = shop.service.lease(LeaseRequest(), hall)
    body = json.loads(json.dumps(rest.encode(item)))
    assert body["test"] is True
    assert [rest.decode(body)] == b2mml.decode(b2mml.encode([item], shop.ledger.clock.now()))


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return site(shop, Role.ADMINISTRATOR, "alex").test_client()


def test_the_page_sends_one_and_shows_how_it_stands(client: FlaskClient, shop: Shop, hall: Principal) -> None:
    assert "Send a test work order" in client.get(f"/connections/{hall.id}").text
    assert client.get(f"/api/v1/mes-connections/{hall.id}/test-order").json == {"trial": None}
    assert client.post(f"/connections/{hall.id}/test-order").status_code == 303
    assert "A test work order waits for this system." in client.get(f"/connections/{hall.id}").text
    begun = client.post(f"/api/v1/mes-connections/{hall.id}/test-order")
    assert (begun.status_code, begun.json["state"]) == (201, "released")
    assert client.get(f"/api/v1/mes-connections/{hall.id}/test-order").json == {"trial": begun.json}
    assert "select" not in client.get(f"/connections/{hall.id}").text, "its key is for one group"
    MachineClients(shop.ledger).revoke(ADMINISTRATOR, hall.id)
    assert client.post(f"/connections/{hall.id}/test-order").status_code == 404
    assert "Send a test work order" not in client.get(f"/connections/{hall.id}").text


def test_the_page_shows_what_was_told_and_the_verdict(client: FlaskClient, shop: Shop, hall: Principal) -> None:
    shop.service.connections.try_out(ADMINISTRATOR, hall.id)
    assert "no value was told yet" in client.get(f"/connections/{hall.id}").text
    (item,) = shop.service.lease(LeaseRequest(), hall)
    report(shop, item, "started", hall)
    report(shop, item, "paused", hall, revision=7)
    shop.service.record(value(item, measurement="wrong", checkpoint="<none>"), hall)
    shop.service.record(value(item, value="530"), hall)
    told = shop.service.connections.last_trial(hall.id)
    assert told is not None
    assert told.verdict == "out_of_tolerance"
    assert [(one.kind, one.says, one.result, one.verdict) for one in told.told] == [
        ("report", "started", "accepted", None),
        ("report", "paused", "unknown-revision", None),
        ("measurement", "<none>", "unknown-checkpoint", None),
        ("measurement", "length", "accepted", "out_of_tolerance"),
    ]
    page = client.get(f"/connections/{hall.id}").text
    for said in ("What was told of it", "Started", "&lt;none&gt;", "Out of tolerance"):
        assert said in page, said


def test_the_machine_group_is_chosen_where_the_key_is_for_several(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    name, _ = MachineClients(shop.ledger).create(ADMINISTRATOR, "All")
    everything = Principal(id=name, role=Role.MACHINE_CLIENT)
    page = client.get(f"/connections/{name}").text
    assert '<option value="WELD">' in page
    first = client.post(f"/api/v1/mes-connections/{name}/test-order").json
    assert first["machine_group"] == "ALIGN"
    assert client.post(f"/connections/{name}/test-order", data={"machine_group": "WELD"}).status_code == 303
    (listed,) = (one for one in shop.service.work_orders(everything) if one.test)
    assert (listed.operation.machine, listed.work_order != first["work_order"]) == ("WELD-1", True), "the other one gave way"
    shop.service.lease(LeaseRequest(machine_group="WELD"), everything)
    begun = client.post(f"/api/v1/mes-connections/{name}/test-order", json={"machine_group": "CUT"}).json
    assert (begun["machine_group"], begun["state"]) == ("WELD", "leased"), "that one is being tried"
    refused = client.post(f"/api/v1/mes-connections/{name}/test-order", json={"machine_group": "NONE"})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/machine_group")
    assert client.post(f"/connections/{name}/test-order", data={"machine_group": "NONE"}).status_code == 422
