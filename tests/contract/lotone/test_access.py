"""Does every route let in whom the table of permissions names, and nobody else? And is somebody else's thing as if it were not there?"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from contracts.access import PERMISSIONS, SYSTEM, Permission, Principal, Role
from ledger.machine_clients import MachineClients
from ledger.sign_in import SignIns
from lotone.web import create_app
from presentation.guard import permission_of
from tests.contract.lotone.conftest import Installation, in_every_run_on

STAFF = (Role.ENGINEER, Role.PLANNER, Role.OPERATOR, Role.QUALITY, Role.SERVICE, Role.PARTNER, Role.ADMINISTRATOR)
REFUSED = {401, 403}
SENT_TO_SIGN_IN = "/sign-in"
LONG = re.compile(r"/(events|live)$")
"""Streams stay open; who may open one is asked before the first word."""


def _as(installation: Installation, role: Role) -> FlaskClient:
    client = installation.app.test_client()
    if role is Role.MACHINE_CLIENT:
        _, key = MachineClients(installation.house.ledger).create(SYSTEM, "walker", ("NONE",))
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    elif role is not Role.ANONYMOUS:
        with installation.house.ledger.transaction(SYSTEM) as transaction:
            principal = Principal(id=f"staff_{role}", role=role, name=role.value)
            token = SignIns(installation.house.ledger).start(transaction, principal)
        with client.session_transaction() as session:
            session["sign_in"] = token
    return client


def _routes(installation: Installation) -> Iterator[tuple[Rule, str, Permission]]:
    for rule in installation.app.url_map.iter_rules():
        permission = permission_of(installation.app.view_functions[rule.endpoint])
        if isinstance(permission, Permission):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, permission


def _asked(client: FlaskClient, rule: Rule, method: str) -> Any:
    """With names of nothing: whoever is let in is told that there is no such thing, or what is wrong."""
    path = re.sub(r"<[^>]+>", "nothing_0", rule.rule)
    if rule.rule.startswith("/api/") and method != "GET":
        response = client.open(path, method=method, json={}, headers={"Idempotency-Key": f"walk {method} {rule.rule}"})
    else:
        response = client.open(path, method=method, data={} if method != "GET" else None)
    status, place = response.status_code, response.headers.get("Location", "")
    response.close()
    return status, place


@in_every_run_on("sqlite")
@pytest.mark.parametrize("role", [Role.ANONYMOUS, *STAFF, Role.MACHINE_CLIENT])
def test_every_route_keeps_to_the_table_of_permissions(installation: Installation, role: Role) -> None:
    installation.app.config["WTF_CSRF_ENABLED"] = False
    client, walked = _as(installation, role), 0
    try:
        for rule, method, permission in _routes(installation):
            if method == "GET" and LONG.search(rule.rule):
                continue
            if permission in PERMISSIONS[role]:
                if method == "GET":
                    status, place = _asked(client, rule, method)
                    assert status not in REFUSED, (role, method, rule.rule, status)
                    assert not place.startswith(SENT_TO_SIGN_IN), (role, rule.rule)
                    walked += 1
                continue
            status, place = _asked(client, rule, method)
            assert status in REFUSED or place.startswith(SENT_TO_SIGN_IN), (role, method, rule.rule, status)
            walked += 1
    finally:
        installation.app.config["WTF_CSRF_ENABLED"] = True
    assert walked > 100


def test_every_permission_is_somebody_s_and_asked_for_by_some_route(installation: Installation) -> None:
    given = set().union(*PERMISSIONS.values())
    asked = {permission for _, _, permission in _routes(installation)}
    assert given == set(Permission)
    assert set(Permission) - asked == set(), "a permission that no route asks for is none"


def test_somebody_else_s_order_and_design_are_as_if_they_were_not(installation: Installation) -> None:
    stranger = installation.app.test_client()
    for address in (f"/api/v1/orders/{installation.order}", f"/orders/{installation.order}", f"/api/v1/orders/{installation.order}/events"):
        response = stranger.get(address)
        assert response.status_code == 404, address
        response.close()
    for path, body in (("cancel", {}), ("change", {"designs": [], "preview": True})):
        refused = stranger.post(f"/api/v1/orders/{installation.order}/{path}", json=body, headers={"Idempotency-Key": f"s-{path}"})
        assert refused.status_code in {404, 422}, path
    change = {"decisions": []}
    refused = stranger.patch(f"/api/v1/designs/{installation.own}", json=change, headers={"If-Match": "0"})
    assert refused.status_code == 403


def test_a_machine_client_sees_its_own_groups_only(installation: Installation) -> None:
    """Another client's work order is unknown to it, whatever it asks."""
    address = f"/api/v1/mes/work-orders/{installation.work_order}"
    reference = {"revision": 1, "fence": 1}
    assert installation.mes.get("/api/v1/mes/work-orders").get_json()["items"] == []
    assert installation.mes.get(f"{address}/files").status_code == 404
    for verb in ("acknowledge", "release", "extend"):
        assert installation.mes.post(f"{address}/{verb}", json=reference).status_code == 404, verb


def test_a_visitor_who_asks_too_often_is_refused_whatever_key_is_shown(installation: Installation) -> None:
    """Behind a proxy that is told of, the address is the one that it names last."""
    settings = installation.house.settings.model_copy(update={"visitor_rate": "2 per hour", "proxies": 1})
    visitor = create_app(settings, installation.house).test_client()

    def asked(**headers: str) -> int:
        return visitor.get("/api/v1/clock", headers=headers).status_code

    here = {"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}
    assert [asked(**here), asked(Authorization="Bearer none", **here)] == [200, 401]
    assert [asked(**here), asked(Authorization="Bearer none", **here), asked(Authorization="Basic none", **here)] == [429, 429, 429]
    assert asked(**{"X-Forwarded-For": "203.0.113.9, 192.0.2.2"}) == 200
    counted = installation.staff.get("/metrics").text, visitor.get("/metrics").text
    assert [line for text in counted for line in text.splitlines() if line.startswith('lotone_refused{why="rate"}')] == [
        'lotone_refused{why="rate"} 0.0',
        'lotone_refused{why="rate"} 3.0',
    ]


def test_whoever_signs_in_with_a_password_keeps_the_own_account() -> None:
    without = {role for role in Role if Permission.KEEP_OWN_ACCOUNT not in PERMISSIONS[role]}
    assert without == {Role.ANONYMOUS, Role.CONSUMER, Role.MACHINE_CLIENT}
