"""An operation's page: a planner moves, locks and takes back without a script; others only look."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import g
from flask.testing import FlaskClient

from contracts.access import SYSTEM, Principal, Role
from contracts.events import OrderCancelled
from ledger.unit_of_work import Ledger
from scheduler.engine.operations import instant
from scheduler.service import Service
from scheduler.tables import OperationRow
from tests.scheduling import opened, operations, placed
from tests.unit.scheduler.test_board import planner_app

ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def service(ledger: Ledger) -> Service:
    service = opened(ledger)
    placed(ledger, service, "order_1", "order_2")
    return service


@pytest.fixture
def client(service: Service) -> FlaskClient:
    app = planner_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def weld(ledger: Ledger, service: Service) -> OperationRow:
    return next(row for row in operations(ledger, "order_2") if row.sequence == 40)


def page_of(row: OperationRow) -> str:
    return f"/planner/operations/{row.key}"


def a_day_later(row: OperationRow) -> str:
    return f"{(instant(row.start_s) + timedelta(days=1)).astimezone(ZONE):%Y-%m-%dT%H:%M}"


def hidden(page: str) -> dict[str, str | list[str]]:
    """What the form of the confirmation holds."""
    form = page[page.index("data-confirm") :]
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    promises = [value for name, value in pairs if name == "promise"]
    return {**dict(pairs), "promise": promises}


def test_a_move_is_previewed_confirmed_and_told(client: FlaskClient, ledger: Ledger, weld: OperationRow) -> None:
    shown = client.get(f"{page_of(weld)}?lang=en&machine=WELD-1&start={a_day_later(weld)}").text
    assert "Expected then" in shown
    assert operations(ledger, "order_2")[-1].start_s == weld.start_s, "nothing is changed yet"
    done = client.post(f"{page_of(weld)}/move", data={**hidden(shown), "reason": "a fixture is missing"}, follow_redirects=True)
    assert "now stands on WELD-1" in done.text
    assert "by planner, " in done.text
    assert "a fixture is missing" in done.text
    moved = next(row for row in operations(ledger, "order_2") if row.sequence == 40)
    assert moved.start_s == weld.start_s + 86_400
    changes = client.get("/planner/changes?lang=en").text
    assert "Undo: Weld of order_2 moved" in changes
    back = client.post("/planner/undo", follow_redirects=True).text
    assert "stands on WELD-1 from" in back
    assert "undone" in back
    assert "There is no change of yours" in client.post("/planner/undo", follow_redirects=True).text


def test_what_is_not_possible_is_told_with_what_is(client: FlaskClient, weld: OperationRow) -> None:
    night = datetime(2026, 11, 26, 22, 0, tzinfo=ZONE)
    shown = client.get(f"{page_of(weld)}?lang=en&machine=WELD-1&start={night:%Y-%m-%dT%H:%M}").text
    assert "WELD-1 does not work through from setup to end then." in shown
    assert "Possible on WELD-1 from 27 Nov 2026, 08:" in shown
    shop = client.get(f"{page_of(weld)}?lang=en&machine=OVEN-1&start={a_day_later(weld)}").text
    assert "OVEN-1 cannot do this; it needs Welding." in shop
    assert "data-confirm" not in shop
    assert client.get(f"{page_of(weld)}?machine=WELD-1&start=tomorrow").status_code == 422
    assert client.get("/planner/operations/nothing/10.1").status_code == 404


def test_a_confirmation_that_came_too_late_shows_what_it_would_do_now(client: FlaskClient, service: Service, weld: OperationRow) -> None:
    shown = client.get(f"{page_of(weld)}?lang=en&machine=WELD-1&start={a_day_later(weld)}").text
    other = planner_app(service)
    other.config["WTF_CSRF_ENABLED"] = False

    @other.before_request
    def somebody_else() -> None:
        g.principal = Principal(id="staff_2", role=Role.PLANNER, name="lee")

    other.test_client().post(f"{page_of(weld)}/lock", data={"locked": "true", "reason": "measured here"})
    refused = client.post(f"{page_of(weld)}/move", data={**hidden(shown), "reason": "late"})
    assert refused.status_code == 409
    assert "lee has locked it in its place (measured here); unlock it first." in refused.text


def test_a_lock_is_set_and_taken_off_with_its_reason(client: FlaskClient, ledger: Ledger, weld: OperationRow) -> None:
    locked = client.post(f"{page_of(weld)}/lock?lang=en", data={"locked": "true", "reason": "measured here"}, follow_redirects=True).text
    assert "by planner, " in locked
    assert "measured here" in locked
    client.post(f"{page_of(weld)}/lock", data={"locked": "false", "reason": "done"})
    assert [(row["kind"], row["reason"]) for row in client.get("/api/v1/plan-changes").get_json()["items"]] == [
        ("unlock", "done"),
        ("lock", "measured here"),
    ]


def test_what_left_the_plan_is_still_shown(client: FlaskClient, ledger: Ledger, service: Service, weld: OperationRow) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        service.on_order_cancelled(transaction, OrderCancelled(order="order_2", plant="small", at=transaction.now))
    left = client.get(f"{page_of(weld)}?lang=en")
    assert "It cannot be moved. It is not made any more." in left.text
    assert client.get("/planner/operations/nothing/10.1").status_code == 404


def test_only_who_sees_the_plan_sees_its_operations(service: Service, weld: OperationRow) -> None:
    for role in (Role.QUALITY, Role.OPERATOR):
        assert planner_app(service, role).test_client().get(page_of(weld)).status_code == 403
