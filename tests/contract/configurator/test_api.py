"""Designs over HTTP, in the form that others rely on."""

import re
from typing import Any

import pytest
from flask import g
from flask.testing import FlaskClient

from configurator.service import Service
from contracts.access import SYSTEM
from tests.bicycles import studio_app
from tests.contract.configurator.conftest import GUEST, OTHER, SHELF


@pytest.fixture
def client(service: Service) -> FlaskClient:
    app = studio_app(service, forgery_checked=False)
    app.before_request(lambda: setattr(g, "principal", GUEST))
    return app.test_client()


def created(client: FlaskClient) -> dict[str, Any]:
    answer = client.post("/api/v1/designs", json={"family": "shelf"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/designs/{answer.json['design']}"
    found: dict[str, Any] = answer.json
    return found


def patched(client: FlaskClient, design: dict[str, Any], *decisions: dict[str, Any], revision: int | None = None) -> Any:
    given = design["revision"] if revision is None else revision
    return client.patch(f"/api/v1/designs/{design['design']}", json={"decisions": decisions}, headers={"If-Match": f'"{given}"'})


def value(design: dict[str, Any], name: str) -> dict[str, Any]:
    first, _, second = name.partition(".")
    return next(each for one in design["options"] if one["name"] == first for each in one["values"] if each["name"] == second)


def test_families_are_listed_with_what_can_be_designed(client: FlaskClient) -> None:
    listed = client.get("/api/v1/families").json
    assert [(each["family"], each["from_price"]) for each in listed] == [("shelf", {"amount": 14520, "currency": "EUR"})]
    family = client.get("/api/v1/families/shelf").json
    assert [each["name"] for each in family["options"]] == ["wood", "finish", "extras"]
    assert client.get("/api/v1/families/car").status_code == 404


def test_families_are_read_page_by_page(client: FlaskClient, service: Service) -> None:
    service.publish_family(SHELF.replace("family: shelf", "family: rack"), SYSTEM)
    first = client.get("/api/v1/families?limit=1")
    onward = re.fullmatch(r'<([^>]+)>; rel="next"', first.headers["Link"])
    assert onward is not None
    second = client.get(onward[1])
    assert "Link" not in second.headers
    assert {entry["family"] for entry in first.json + second.json} == {"rack", "shelf"}
    assert client.get("/api/v1/families?cursor=car").status_code == 422


def test_a_design_tells_status_reason_price_and_date(client: FlaskClient) -> None:
    design = patched(client, created(client), {"select": "finish.powder"}, {"set": "width", "value": 80, "unit": "cm"}).json
    oak = value(design, "wood.oak")
    assert (oak["status"], oak["reason"]) == ("excluded", {"en": "Only steel is powder coated", "zh": "只有钢可以喷粉"})
    assert (value(design, "wood.steel")["status"], value(design, "extras.door")["reason"]) == ("forced", None)
    width = next(each for each in design["dimensions"] if each["name"] == "width")
    assert (width["value"], width["own"], width["allowed"]) == (800, True, [[400, 2400, 50]])
    assert design["price"]["total"] == {"amount": 23595, "currency": "EUR"}
    assert design["promised_at"].endswith("Z")


def test_a_refused_decision_is_a_conflict_with_reasons_and_repairs(client: FlaskClient) -> None:
    design = patched(client, created(client), {"select": "finish.powder"}).json
    answer = patched(client, design, {"select": "extras.light"}, {"select": "wood.oak"})
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/decision-refused")
    assert answer.json["detail"] == "No buildable product remains with this choice: Only steel is powder coated"
    assert [each["rule"] for each in answer.json["reasons"]] == ["powder_steel"]
    assert (answer.json["decisions"], answer.json["repairs"]) == (["finish.powder"], [["finish.powder"]])
    assert client.get(f"/api/v1/designs/{design['design']}").json == design


def test_a_number_that_cannot_be_is_answered_with_the_nearest(client: FlaskClient) -> None:
    design = patched(client, created(client), {"set": "wall", "value": 1000}).json
    answer = patched(client, design, {"set": "width", "value": 1100})
    assert answer.json["nearest"] == [{"set": "width", "value": 1000, "unit": "mm"}]
    answer = patched(client, design, {"set": "width", "value": 777})
    assert [each["value"] for each in answer.json["nearest"]] == [750, 800]


@pytest.mark.parametrize(
    ("decision", "pointer"),
    [
        ({"select": "wood.glass"}, "/decisions/0/select"),
        ({"set": "depth", "value": 3}, "/decisions/0/set"),
        ({"set": "board", "value": 300}, "/decisions/0/set"),
    ],
)
def test_unknown_names_are_told_at_their_place(client: FlaskClient, decision: dict[str, Any], pointer: str) -> None:
    answer = patched(client, created(client), decision)
    assert (answer.status_code, [each["pointer"] for each in answer.json["errors"]]) == (422, [pointer])


def test_revisions_guard_against_lost_changes(client: FlaskClient) -> None:
    design = created(client)
    assert patched(client, design, {"select": "wood.oak"}).headers["ETag"] == '"1"'
    assert patched(client, design, {"select": "wood.steel"}).status_code == 412
    assert client.patch(f"/api/v1/designs/{design['design']}", json={"decisions": []}).status_code == 422


def test_another_guest_may_look_but_not_change(client: FlaskClient, service: Service) -> None:
    design = created(client)
    app = studio_app(service, forgery_checked=False)
    app.before_request(lambda: setattr(g, "principal", OTHER))
    stranger = app.test_client()
    assert stranger.get(f"/api/v1/designs/{design['design']}").json["mine"] is False
    assert patched(stranger, design, {"select": "wood.oak"}).status_code == 403
    assert stranger.put(f"/api/v1/designs/{design['design']}/name", json={"name": "Mine"}).status_code == 403
    assert stranger.delete(f"/api/v1/designs/{design['design']}").status_code == 403
    assert stranger.post("/api/v1/designs", json={"copy_of": design["design"]}).status_code == 201


def test_own_designs_are_listed_named_and_let_go(client: FlaskClient) -> None:
    first, second = created(client)["design"], created(client)["design"]
    listed = client.get("/api/v1/designs?limit=1")
    assert [each["design"] for each in listed.json] == [second]
    onward = re.fullmatch(r'<(.+)>; rel="next"', listed.headers["Link"])
    assert onward is not None
    assert [each["design"] for each in client.get(onward[1]).json] == [first]
    assert client.put(f"/api/v1/designs/{first}/name", json={"name": "Hall"}).json["name"] == "Hall"
    refused = client.put(f"/api/v1/designs/{first}/name", json={"name": "x" * 61})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/name")
    assert client.delete(f"/api/v1/designs/{first}").status_code == 204
    assert [each["design"] for each in client.get("/api/v1/designs").json] == [second]


def test_a_wish_is_told_kept_and_read_again(client: FlaskClient) -> None:
    design = created(client)
    address, total = f"/api/v1/designs/{design['design']}", design["price"]["total"]
    assert design["wishes"] is None
    wanted = {"price": total, "date": "2026-11-24"}
    told = client.put(f"{address}/wishes", json=wanted, headers={"If-Match": "0"})
    assert (told.status_code, told.headers["ETag"]) == (200, '"1"')
    wishes = client.get(address).json["wishes"]
    assert (wishes["price"], wishes["date"], wishes["kept"], wishes["over"]) == (total, "2026-11-24", False, None)
    assert wishes["days"] > 0
    marks = {each["name"]: each["breaks"] for each in client.get(f"{address}/differences").json}
    assert {"wish": "price", "always": True} in marks["extras.door"]
    assert marks["wood.pine"] == [{"wish": "date", "always": True}]
    assert client.put(f"{address}/wishes", json=wanted, headers={"If-Match": "0"}).status_code == 412
    done = client.post(f"{address}/complete", json={"objective": "earliest"}, headers={"If-Match": "1"}).json
    assert (done["wishes"]["unreachable"], done["wishes"]["earliest_at"]) == (["date"], done["promised_at"])
    assert client.put(f"{address}/wishes", json={}, headers={"If-Match": "2"}).json["wishes"] is None
    nothing = {"amount": 0, "currency": "EUR"}
    for wrong, pointer in (
        ({"price": nothing}, "/price/amount"),
        ({"date": "Friday"}, "/date"),
        ({"date": 5}, "/date"),
        ({"date": "2020-01-01"}, "/date"),
    ):
        refused = client.put(f"{address}/wishes", json=wrong, headers={"If-Match": "3"})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_design_is_completed_undone_and_explained(client: FlaskClient) -> None:
    design = patched(client, created(client), {"select": "wood.oak"}).json
    address = f"/api/v1/designs/{design['design']}"
    done = client.post(f"{address}/complete", json={"objective": "cheapest"}, headers={"If-Match": "1"}).json
    assert (done["revision"], value(done, "wood.oak")["status"]) == (2, "decided")
    undone = client.post(f"{address}/undo", json={}, headers={"If-Match": "2"}).json
    assert undone["options"] == design["options"]
    why = client.get(f"{address}/why/finish.powder").json
    assert (why["status"], why["rules"]) == ("excluded", ["powder_steel"])
    differences = client.get(f"{address}/differences").json
    assert {each["name"] for each in differences} >= {"extras.door", "wood.pine"}
    assert client.post(f"{address}/complete", json={"objective": "prettiest"}).status_code == 422
