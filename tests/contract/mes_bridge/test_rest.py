"""The bodies of the MES interface, on each database."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from contracts.work_order import WorkOrderDocument
from mes_bridge.engine.protocols import rest
from mes_bridge.engine.work_order_document import content_hash
from tests.unit.mes_bridge.shop import Shop

MES = "/api/v1/mes"
AT = "2026-11-24T08:00:00Z"


def lease(client: FlaskClient, count: int = 10, by: str = "a", **fields: Any) -> list[dict[str, Any]]:
    answer = client.post(f"{MES}/work-orders/lease", json={"count": count, "seconds": 300, **fields}, headers={"X-Test-Client": by})
    assert answer.status_code == 200, answer.json
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def report(client: FlaskClient, item: dict[str, Any], kind: str, by: str = "a", **fields: Any) -> Any:
    body = {"report": f"{kind}-{item['work_order']}", "revision": item["revision"], "fence": item["fence"], "kind": kind, "at": AT}
    return client.post(f"{MES}/work-orders/{item['work_order']}/reports", json=body | fields, headers={"X-Test-Client": by})


def test_the_whole_way_of_a_work_order(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    first, second = lease(client)
    assert [first["operation"]["name"], second["operation"]["name"]] == ["cut", "true"]
    content = {"work_order", "revision", "piece", "attempt", "operation", "materials", "checkpoints", "files"}
    assert set(first) == content | {"fence", "lease_until", "content_sha256"}
    assert first["operation"]["parameters"] == {"length": {"value": 540, "unit": "mm"}}
    assert first["materials"] == [{"material": "tube", "lot": "L1", "quantity": 2, "unit": "piece"}]
    limits = {"nominal": 10_000, "lower": 9_900, "upper": 10_100, "unit": "um"}
    assert second["checkpoints"][0] == limits | {"checkpoint": "runout", "characteristic": "runout", "gauge": "caliper"}
    reference = {"revision": 1, "fence": first["fence"]}
    acknowledged = client.post(f"{MES}/work-orders/{first['work_order']}/acknowledge", json=reference)
    assert acknowledged.json["state"] == "acknowledged"
    assert report(client, first, "started", machine="CUT-1").json["state"] == "in_progress"
    assert report(client, first, "completed").json["state"] == "closed"
    (weld,) = lease(client)
    assert weld["operation"]["name"] == "weld"


def test_a_lease_for_a_machine_group_that_is_not_there_says_so(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    assert [item["operation"]["name"] for item in lease(client, machine_group="CUT")] == ["cut"]
    assert lease(client, machine_group="CUT") == []
    answer = client.post(f"{MES}/work-orders/lease", json={"machine_group": "SHEAR"}, headers={"X-Test-Client": "a"})
    assert answer.status_code == 404
    assert "SHEAR" in answer.json["detail"]


def test_a_document_read_from_rest_has_the_hash_it_carries(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item,) = lease(client, count=1)
    assert content_hash(rest.decode(item)) == item["content_sha256"]
    listed = client.get(f"{MES}/work-orders?state=leased").json["items"]
    assert [one["content_sha256"] for one in listed] == [item["content_sha256"]]
    assert isinstance(rest.decode(listed[0]), WorkOrderDocument)


def test_files_are_served_as_they_were_frozen(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item,) = lease(client, count=1)
    (listed,) = client.get(f"{MES}/work-orders/{item['work_order']}/files").json["items"]
    assert listed == item["files"][0]
    file = client.get(listed["href"])
    assert (file.data, file.mimetype) == (b"<svg/>", "image/svg+xml")
    assert client.get(f"{MES}/work-orders/{item['work_order']}/files/other.svg").status_code == 404


def test_a_stale_fence_is_refused_by_name(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item,) = lease(client, count=1)
    stale = item | {"fence": item["fence"] - 1}
    assert report(client, stale, "started").json["type"].endswith("stale-fence")
    other = report(client, item, "started", by="b")
    assert (other.status_code, other.json["type"].rsplit("/", 1)[-1]) == (409, "stale-fence")
    assert report(client, item, "started").status_code == 200


def test_the_same_report_again_gets_the_same_answer(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item,) = lease(client, count=1)
    first = report(client, item, "started")
    report(client, item, "completed")
    assert report(client, item, "started").json == first.json
    other = report(client, item, "started", reason="other")
    assert (other.status_code, other.json["type"].rsplit("/", 1)[-1]) == (422, "idempotency-mismatch")


def test_what_cannot_be_placed_is_set_aside_with_the_reason(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item,) = lease(client, count=1)
    unknown = report(client, item | {"work_order": "work_order_NONE"}, "started")
    assert (unknown.status_code, unknown.json["reason"]) == (202, "unknown-work-order")
    assert report(client, item | {"work_order": "work_order_NONE"}, "started").json == unknown.json
    assert report(client, item | {"revision": 7}, "paused").json["reason"] == "unknown-revision"
    assert report(client, item, "progress", at="2027-01-01T00:00:00Z").json["reason"] == "time-ahead"
    value = {
        "measurement": "m",
        "work_order": item["work_order"],
        "checkpoint": "none",
        "value": 1,
        "unit": "mm",
        "at": AT,
        "source": "gauge",
    }
    assert client.post(f"{MES}/measurements", json=value).json["reason"] == "unknown-checkpoint"
    state = {"machine": "NONE-1", "state": "down", "at": AT}
    assert client.post(f"{MES}/machine-states", json=state).json["reason"] == "unknown-machine"
    assert {one.reason for one in shop.service.quarantined()} == {
        "unknown-work-order", "unknown-revision", "time-ahead", "unknown-checkpoint", "unknown-machine",
    }  # fmt: skip
    assert shop.service.work_order(item["work_order"]).reports == ()


def test_a_measurement_is_judged_at_once(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    true = lease(client)[1]
    report(client, true, "completed")
    value = {"work_order": true["work_order"], "checkpoint": "runout", "unit": "mm", "at": AT, "source": "simulator"}
    wrong = client.post(f"{MES}/measurements", json=value | {"measurement": "1", "value": 10, "unit": "bar"})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/unit")
    good = client.post(f"{MES}/measurements", json=value | {"measurement": "1", "value": 10.05})
    assert (good.json["verdict"], good.json["state"]) == ("in_tolerance", "completed")
    bad = client.post(f"{MES}/measurements", json=value | {"measurement": "2", "value": "10.1001", "checkpoint": "tension"})
    assert (bad.json["verdict"], bad.json["state"]) == ("out_of_tolerance", "held")
    assert bad.json["nonconformance"] == shop.last_nonconformance().nonconformance


def test_machine_states_move_forward_only(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    down = {"machine": "CUT-1", "state": "down", "at": "2026-11-24T08:00:00Z", "reason": "blade"}
    assert client.post(f"{MES}/machine-states", json=down).status_code == 200
    assert client.post(f"{MES}/machine-states", json=down).json["reason"] is None
    late = client.post(f"{MES}/machine-states", json=down | {"state": "running", "at": "2026-11-24T07:00:00Z"})
    assert late.json["reason"] == "late"
    station = next(one for one in shop.service.stations() if one.machine == "CUT-1")
    assert (station.state, station.reason) == ("down", "blade")


def test_a_key_sees_and_takes_its_machine_groups_only(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    items = lease(client, by="paint-only")
    assert [one["operation"]["name"] for one in items] == ["cut"]
    refused = client.post(f"{MES}/work-orders/lease", json={"machine_group": "TRUE"}, headers={"X-Test-Client": "paint-only"})
    assert refused.status_code == 403
    listed = client.get(f"{MES}/work-orders", headers={"X-Test-Client": "paint-only"}).json["items"]
    assert {one["operation"]["name"] for one in listed} == {"cut"}
    true = lease(client)[0]
    assert report(client, true, "started", by="paint-only").json["reason"] == "unknown-work-order"
    answer = client.post(
        f"{MES}/work-orders/{true['work_order']}/acknowledge",
        json={"revision": 1, "fence": 1},
        headers={"X-Test-Client": "paint-only"},
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(("who", "status"), [("operator", 403), ("nobody", 401)])
def test_only_machine_clients_get_in(client: FlaskClient, who: str, status: int) -> None:
    assert client.get(f"{MES}/work-orders", headers={"X-Test-Client": who}).status_code == status


def test_a_list_goes_on_from_the_last_change(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    first = client.get(f"{MES}/work-orders?limit=4").json
    rest_of = client.get(f"{MES}/work-orders?since={first['since']}").json
    assert [one["operation"]["sequence"] for one in first["items"] + rest_of["items"]] == [10, 20, 30, 40, 50, 60]
    nothing = client.get(f"{MES}/work-orders?since={rest_of['since']}").json
    assert nothing == {"items": [], "since": rest_of["since"], "cursor": None}


def test_a_list_is_read_page_by_page_until_its_cursor_is_null(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    found, cursor = [], 0
    while cursor is not None:
        page = client.get(f"{MES}/work-orders?limit=4&cursor={cursor}").json
        found += [one["operation"]["sequence"] for one in page["items"]]
        cursor = page["cursor"]
    assert found == [10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("at", ["2026", "-5", "0", "1999-12-31T23:59:59Z"])
def test_a_bare_year_or_count_is_no_moment(client: FlaskClient, shop: Shop, at: str) -> None:
    shop.release()
    answer = client.post(f"{MES}/machine-states", json={"machine": "CUT-1", "state": "down", "at": at})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/at"]


def test_a_revised_or_withdrawn_work_order_is_told_and_answered(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item,) = lease(client, count=1)
    shop.release(sequences=(10,), revision=2, machine="CUT-2")
    listed = client.get(f"{MES}/work-orders?state=superseded").json["items"]
    assert [(one["work_order"], one["revision"]) for one in listed] == [(item["work_order"], 1)]
    address = f"{MES}/work-orders/{item['work_order']}/answer"
    said = {"revision": 1, "to": "superseded", "answer": "too_late", "progress": 40}
    assert client.post(address, json=said).status_code == 200
    assert client.post(address, json=said).status_code == 200
    assert client.post(address, json=said | {"answer": "accepted"}).status_code == 409
    assert client.post(address, json=said | {"revision": 2}).status_code == 404
    begun = report(client, item, "started")
    assert (begun.json["state"], begun.json["reason"]) == ("in_progress", "previous-revision")


def test_a_lease_can_be_kept_and_given_back(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item,) = lease(client, count=1)
    reference = {"revision": 1, "fence": item["fence"]}
    kept = client.post(f"{MES}/work-orders/{item['work_order']}/extend", json=reference | {"seconds": 4000}).json
    assert kept["lease_until"] > item["lease_until"]
    assert client.post(f"{MES}/work-orders/{item['work_order']}/release", json=reference).json["state"] == "released"
    (again,) = lease(client, count=1, by="b")
    assert (again["work_order"], again["fence"]) == (item["work_order"], item["fence"] + 1)
    assert client.post(f"{MES}/work-orders/{item['work_order']}/extend", json=reference).status_code == 409


def test_a_long_poll_ends_with_the_first_change(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    seen = client.get(f"{MES}/work-orders?state=leased").json
    assert seen["items"] == []
    lease(client, count=1)
    assert len(client.get(f"{MES}/work-orders?state=leased&wait=20").json["items"]) == 1


BAD_BODIES: list[tuple[str, Any]] = [
    ("lease", {"count": 0}),
    ("lease", {"count": 1.5}),
    ("lease", {"unknown": 1}),
    ("lease", []),
    ("report", {"kind": "begun"}),
    ("report", {"at": "2026-11-24T08:00:00"}),
    ("report", {"at": "0001-01-01T00:00:00+14:00"}),
    ("report", {"report": "a\x00b"}),
    ("report", {"report": "x" * 81}),
    ("report", {"revision": 10**30}),
    ("report", {"quantity": -1}),
    ("report", {"reason": "\x00"}),
    ("measurement", {"value": "NaN"}),
    ("measurement", {"value": "1e400"}),
    ("measurement", {"value": "ten"}),
    ("measurement", {"source": "oracle"}),
]


def test_bad_input_is_refused_field_by_field_and_changes_nothing(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    work_order = shop.id_of(40)
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "lease": (f"{MES}/work-orders/lease", {}),
        "report": (f"{MES}/work-orders/{work_order}/reports", {"report": "r", "revision": 1, "kind": "started", "at": AT}),
        "measurement": (
            f"{MES}/measurements",
            {"measurement": "m", "work_order": work_order, "checkpoint": "runout", "value": 1, "unit": "mm", "at": AT, "source": "gauge"},
        ),
    }
    before = shop.listed()
    for address, change in BAD_BODIES:
        path, good = bodies[address]
        answer = client.post(path, json=good | change if isinstance(change, dict) else change)
        assert answer.status_code == 422, (change, answer.json)
        assert answer.json["type"].endswith("invalid-input")
        if isinstance(change, dict):
            assert answer.json["errors"][0]["pointer"] == f"/{next(iter(change))}"
    assert shop.listed() == before


def test_no_identifier_breaks_the_room(client: FlaskClient) -> None:
    for identifier in ("%00", "%F0%9F%9A%B2", "a" * 200):
        assert client.post(f"{MES}/work-orders/{identifier}/acknowledge", json={"revision": 1, "fence": 1}).status_code == 404
