"""Moves, locks and undo over HTTP: what is sent, what is answered, what is refused."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from contracts.access import Role
from ledger.unit_of_work import Ledger
from scheduler.engine.operations import instant
from scheduler.service import Service
from tests.scheduling import opened, operations, placed
from tests.unit.scheduler.test_board import planner_app

MOVES, LOCKS = "/api/v1/plans/current/moves", "/api/v1/plans/current/locks"


@pytest.fixture
def service(ledger: Ledger) -> Service:
    service = opened(ledger)
    placed(ledger, service, "order_1", "order_2")
    return service


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return planner_app(service).test_client()


@pytest.fixture
def wish(ledger: Ledger, service: Service) -> dict[str, Any]:
    """A move to the next day, at a moment that is free."""
    row = next(row for row in operations(ledger, "order_2") if row.sequence == 40)
    return {"operation": row.key, "machine": "WELD-1", "start": (instant(row.start_s) + timedelta(hours=24)).isoformat()}


def test_a_preview_a_move_and_its_undo(client: FlaskClient, wish: dict[str, Any]) -> None:
    shown = client.post(MOVES, json={**wish, "preview": True}).get_json()
    assert (shown["possible"], shown["why"], shown["change"]) == (True, None, None)
    assert client.get("/api/v1/plans/current").get_json()["seq"] == shown["seq"]
    done = client.post(MOVES, json={**wish, "preview": False}).get_json()
    assert done["operations"] == shown["operations"]
    assert done["operations"][0]["by_s"] == 24 * 3600
    plan = client.get(f"/api/v1/plans/current?since={shown['seq']}").get_json()
    moved = next(entry for entry in plan["operations"] if entry["key"] == wish["operation"])
    assert (datetime.fromisoformat(moved["start_at"]), moved["locked"]) == (datetime.fromisoformat(wish["start"]), True)
    assert [(each["change"], each["by"], each["undone"]) for each in plan["by_hand"]] == [(done["change"], "planner", False)]
    undone = client.post(f"{MOVES}/undo").get_json()
    assert (undone["change"]["change"], undone["exact"]) == (done["change"], True)
    again = client.post(f"{MOVES}/undo")
    assert (again.status_code, again.get_json()["errors"][0]["detail"]) == (409, "There is no change of yours to take back.")


def test_a_refusal_says_why_in_the_plants_time_and_what_is_possible(client: FlaskClient, ledger: Ledger, wish: dict[str, Any]) -> None:
    night = {**wish, "start": "2026-11-26T20:00:00Z"}
    refused = client.post(MOVES, json=night)
    assert refused.status_code == 409
    assert refused.get_json()["type"].endswith("plan-invalid")
    assert refused.get_json()["errors"] == [{"pointer": "/start", "detail": "WELD-1 does not work through from setup to end then."}]
    nearest = refused.get_json()["nearest_start_at"]
    assert client.post(MOVES, json={**night, "start": nearest}).status_code == 200
    early = client.post(MOVES, json={**wish, "start": "2026-11-24T08:00:00Z", "preview": True}).get_json()
    back = max(row.end_s for row in operations(ledger, "order_2") if row.sequence in (20, 30))
    assert early["possible"] is False
    assert early["why"].endswith(f"{instant(back).astimezone(ZoneInfo('Europe/Amsterdam')):%H:%M}."), "in the plant's time"


def test_locks_are_told_and_taken_off(client: FlaskClient, wish: dict[str, Any]) -> None:
    held = client.post(LOCKS, json={"operation": wish["operation"], "locked": True, "reason": "fixture"}).get_json()
    assert (held["kind"], held["by"], held["reason"]) == ("lock", "planner", "fixture")
    plan = client.get("/api/v1/plans/current").get_json()
    assert [entry["key"] for entry in plan["operations"] if entry["locked"]] == [wish["operation"]]
    assert client.post(LOCKS, json={"operation": wish["operation"], "locked": False}).get_json()["kind"] == "unlock"
    for nothing in ("nothing", "a/1", "no-such-piece/10.1"):
        assert client.post(LOCKS, json={"operation": nothing, "locked": True}).status_code == 404


@pytest.mark.parametrize("path", [MOVES, f"{MOVES}/undo", LOCKS])
def test_only_who_may_change_the_plan_does(service: Service, wish: dict[str, Any], path: str) -> None:
    for role in (Role.OPERATOR, Role.SERVICE, Role.CONSUMER):
        assert planner_app(service, role).test_client().post(path, json=wish).status_code == 403
