"""A web process that dies between commit and answer: the same request again is answered with the same document."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from contracts.access import SYSTEM
from ledger.idempotency import LEASE
from ledger.tables import ANSWER
from ledger.unit_of_work import Ledger
from tests.contract.lotone.conftest import Installation
from tests.contract.lotone.test_bad_input import CUSTOMER


@pytest.fixture
def client(installation: Installation) -> FlaskClient:
    return installation.app.test_client()


def lose_answers(ledger: Ledger) -> None:
    """As if every first request had died right after its commit, long enough ago."""
    with ledger.transaction(SYSTEM) as transaction:
        long_ago = transaction.real_now - LEASE - timedelta(seconds=1)
        lost = {"status": None, "headers": None, "body": None, "lease_until": long_ago}
        transaction.session.connection().execute(update(ANSWER).where(ANSWER.c.committed).values(**lost))


def asked(client: FlaskClient, path: str, body: dict[str, Any], key: str, **headers: str) -> TestResponse:
    return client.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": key, **headers})


def repeated(installation: Installation, client: FlaskClient, path: str, body: dict[str, Any], key: str, **headers: str) -> Any:
    """The document of the first answer, which the second and the third are held against."""
    first = asked(client, path, body, key, **headers)
    assert first.status_code < 300, first.text
    lose_answers(installation.house.ledger)
    for _ in range(2):
        again = asked(client, path, body, key, **headers)
        assert (again.status_code, again.json) == (first.status_code, first.json)
        assert again.headers.get("Location") == first.headers.get("Location")
        assert again.headers["Idempotent-Replayed"] == "true"
    return first.json


def designed(client: FlaskClient) -> dict[str, Any]:
    design = client.post("/api/v1/designs", json={"family": "bicycle"}).json
    measures = [{"set": "inseam", "value": 820}, {"set": "body_reach", "value": 1290}]
    changed = client.patch(f"/api/v1/designs/{design['design']}", json={"decisions": measures}, headers={"If-Match": "0"})
    assert changed.status_code == 200, changed.text
    found: dict[str, Any] = changed.json
    return found


def test_an_order_its_change_and_its_cancellation(installation: Installation, client: FlaskClient) -> None:
    design = designed(client)
    seen = {"price": design["price"]["total"], "promised_at": design["promised_at"]}
    wanted = {"design": design["design"], "revision": design["revision"], "expected": seen}
    order = repeated(installation, client, "/orders", {"designs": [wanted], "customer": CUSTOMER}, "order")
    opened = f"/orders/{order['order']}"
    assert order["key"]
    assert order["links"]["page"].startswith(opened)
    piece = order["pieces"][0]["piece"]
    draft = repeated(installation, client, f"{opened}/pieces/{piece}/design?key={order['key']}", {}, "draft")
    body = {"decisions": [{"select": "colour.coral"}]}
    changed = client.patch(f"/api/v1/designs/{draft['design']}", json=body, headers={"If-Match": str(design["revision"])}).json
    wish = {"design": draft["design"], "revision": changed["revision"], "piece": piece}
    effect = repeated(installation, client, f"{opened}/change?key={order['key']}", {"designs": [wish], "preview": False}, "change")
    assert effect["effect"]["after"]["total"] == changed["price"]["total"]
    gone = repeated(installation, client, f"{opened}/cancel?key={order['key']}", {}, "cancel")
    assert gone["state"] == "cancelled"


def test_a_design_its_copy_and_its_completion(installation: Installation, client: FlaskClient) -> None:
    design = repeated(installation, client, "/designs", {"family": "bicycle"}, "design")
    path = f"/designs/{design['design']}"
    repeated(installation, client, f"{path}/complete", {"objective": "cheapest"}, "complete", **{"If-Match": "0"})
    copy = repeated(installation, client, "/designs", {"copy_of": design["design"]}, "copy")
    assert copy["revision"] == 1
    repeated(installation, client, f"{path}/undo", {}, "undo", **{"If-Match": "1"})


def test_a_plan_that_was_asked_for(installation: Installation) -> None:
    job = repeated(installation, installation.staff, "/plans", {}, "plan")
    assert installation.staff.get(job["href"]).status_code == 200


def test_a_move_a_lock_and_an_undo(installation: Installation) -> None:
    plan = installation.staff.get("/api/v1/plans/current").json
    waiting = [each for each in plan["operations"] if each["state"] != "done" and each["setup_start_at"] > plan["frozen_until"]]
    last = max(waiting, key=lambda each: each["start_at"])
    wish = {"operation": last["key"], "machine": last["machine"], "start": last["end_at"]}
    shown = installation.staff.post("/api/v1/plans/current/moves", json={**wish, "preview": True}).json
    moved = repeated(installation, installation.staff, "/plans/current/moves", {**wish, "start": shown["start_at"]}, "move")
    assert moved["operations"] == shown["operations"]
    undone = repeated(installation, installation.staff, "/plans/current/moves/undo", {}, "undo-move")
    assert (undone["exact"], undone["change"]["change"]) == (True, moved["change"])
    repeated(installation, installation.staff, "/plans/current/locks", {"operation": last["key"], "locked": True}, "lock")
