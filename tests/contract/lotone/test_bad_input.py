"""Bad input of every kind: a clear refusal that names each field, never a fault, and nothing changed."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contracts.access import Permission
from presentation.errors import PROBLEM_JSON
from presentation.openapi import description_of
from tests.contract.lotone.conftest import Installation, in_every_run_on

MOMENT = "2026-11-30T08:00:00Z"
MONEY = {"amount": 1, "currency": "EUR"}
CUSTOMER = {"name": "A", "email": "a@b.example", "street": "S 1", "city": "C", "postcode": "7411 AA", "country": "NL", "language": "en"}
WANTED = {"design": "design_0", "revision": 1, "expected": {"price": MONEY, "promised_at": MOMENT}}
BODIES: dict[str, dict[str, Any]] = {
    "Advance": {"to": MOMENT},
    "NewDesign": {"family": "zeppelin"},
    "Changes": {"decisions": [{"set": "inseam", "value": 800, "unit": "mm"}, {"select": "colour.nothing"}]},
    "Completion": {"objective": "cheapest"},
    "Called": {"name": "A"},
    "BeginTrial": {"machine_group": "CUT"},
    "Wished": {"price": MONEY, "date": "2026-12-04"},
    "HaveAnyway": {"select": "colour.nothing", "give_up": ["brake"]},
    "PlaceOrder": {"designs": [WANTED], "customer": CUSTOMER, "expected_total": MONEY, "payment": "card", "hold": "order_0"},
    "ChangeOrder": {"designs": [{**WANTED, "piece": "piece_0"}], "preview": True},
    "MoveWish": {
        "operation": "piece_0/10.1",
        "machine": "M",
        "start": MOMENT,
        "preview": True,
        "reason": "r",
        "seq": 1,
        "promises": {"order_0": MOMENT},
    },
    "HoldWish": {"operation": "piece_0/10.1", "locked": True, "reason": "r"},
    "ScenarioWish": {"name": "n", "overtime": [{"group": "NONE", "first": "2026-12-04", "last": "2026-12-05"}]},
    "RushWish": {"way": "first", "by": "2026-12-04", "reason": "r", "expected_at": MOMENT, "promises": {"order_0": MOMENT}},
    "LeaseRequest": {"machine_group": "NONE", "count": 1, "seconds": 60},
    "LeaseReference": {"revision": 9, "fence": 0, "seconds": 60},
    "Answer": {"revision": 9, "to": "cancelled", "answer": "accepted", "progress": 1},
    "Report": {
        "report": "r",
        "revision": 9,
        "fence": 0,
        "kind": "started",
        "machine": "M",
        "at": MOMENT,
        "quantity": 1,
        "reason": "x",
        "operator": "o",
    },
    "MeasurementReport": {
        "measurement": "m",
        "work_order": "work_order_0",
        "checkpoint": "c",
        "value": 1.5,
        "unit": "furlong",
        "gauge": "g",
        "at": MOMENT,
        "source": "gauge",
        "corrects": "m0",
    },
    "EpcisDocument": {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": MOMENT,
        "epcisBody": {
            "eventList": [
                {
                    "type": "ObjectEvent",
                    "eventTime": MOMENT,
                    "eventTimeZoneOffset": "+08:00",
                    "action": "OBSERVE",
                    "bizStep": "receiving",
                    "quantityList": [{"epcClass": "urn:lot:0", "quantity": 4}],
                }
            ]
        },
    },
    "Answered": {"remedy": "advice", "answer": "a"},
    "NewComplaint": {"piece": "piece_0", "kind": "fit", "words": "w", "key": "k"},
    "ProposeConcession": {"reason": "r", "meaning": "m", "reduction_minor": 100, "days": 3},
    "RecordCalibration": {"calibrated_on": "2026-11-02", "calibrated_until": "2027-11-02", "certificate": "c"},
    "ReleaseMachine": {"cause": "c"},
    "ConcessionAnswer": {"accepted": True},
    "NewProposal": {"text": "family: zeppelin"},
    "MachineStateReport": {"machine": "M", "state": "down", "at": MOMENT, "reason": "r"},
    "Bundle": {
        "messages": [
            {"type": "acknowledgement", "work_order": "work_order_0", "content": {"revision": 9, "fence": 0, "seconds": 60}},
            {"type": "machine-state", "content": {"machine": "M", "state": "down", "at": MOMENT, "reason": "r"}},
        ]
    },
}
MORE_BODIES: dict[str, tuple[dict[str, Any], ...]] = {
    "ScenarioWish": (
        {"name": "n", "stops": [{"machine": "NONE", "start": MOMENT, "end": MOMENT}]},
        {
            "name": "n",
            "shifts": [
                {"shift": "NONE", "days": ["sat"], "start": "06:00", "end": "14:00", "first": "2026-12-04", "last": "2026-12-05"},
            ],
        },
    )
}
"""Where a body has parts of which any may be left out, one for each."""
"""A body of the right form for each contract that the API takes; whatever it names does not exist."""


class Raw(str):
    """Stands in a JSON text as it is."""


HUGE = 10**40
WRONG: tuple[Any, ...] = (
    *(None, True, HUGE, -HUGE, -1, 1.5, Raw("NaN"), Raw("-Infinity"), Raw("1e999"), Raw("00"), Raw('"\\ud800"')),
    *("", " ", "x" * 100_000, "a\x00b", "\x7f", "'; DROP TABLE ledger_event; --", "2026-02-30T25:00:00Z", "9999-12-31T23:59:59-14:00"),
    *([], [[]], {}, {"x": {}}),
)
"""What is put in the place of each value."""
TELLING: tuple[Any, ...] = (HUGE, Raw('"\\ud800"'), "a\x00b", {"x": {}})
"""The ones that most often find something."""
BROKEN = (
    *(b"", b"{", b"\xff\xfe", b"null", b"[]", b'"text"', b"7", b"[" * 10_000, b'{"a":1}{"b":2}', b'{"a":1,"a":2}', b"\x00"),
    b" " * 2_000_001,
)
"""Whole bodies that are no object of any contract."""


HARMLESS = {
    "/api/v1/clock/advance": (200,),
    "/api/v1/mes/work-orders/lease": (200,),
    "/api/v1/mes/work-orders/{work_order}/reports": (202,),
    "/api/v1/mes/measurements": (202,),
    "/api/v1/mes/machine-states": (202,),
    "/api/v1/mes/bundle": (200,),
    "/api/v1/designs/{design}/name": (200, 204),
    "/api/v1/family-proposals": (202,),
    "/api/v1/epcis/capture": (202,),
}
"""Where a body may be right although something was changed in it: nothing to lease, nothing known to report on, another name, any text
to be examined."""
SET_ASIDE = {"ledger_audit", "mes_bridge_quarantine", "mes_bridge_trace_event", "mes_bridge_trace_mention"}
"""Reports of the right form about unknown things are kept there for somebody to look at; events of things elsewhere are told."""
ANY_TEXT = {("ScenarioWish", ("name",))}
"""Where any text is right, and the body is refused for what else it names."""
ORDERED = {"ledger_job", "files", "ledger_person_key"}
"""What a text to be examined and a name leave, of which only the long form sends any."""
IMPOSSIBLE = ("%00", "%ED%A0%80", "..%2F..%2Fetc", "x" * 5000, "-1")
QUERY = ("key", "since", "design", "revision", "code", "group", "why", "country", "limit", "state", "page", "work_order")
TEXTS = ("", "x", "9" * 30, "\x00", "a b c", "x" * 5000, "½ ٣ \U0001f6b2 <b>")
FIELDS = (
    *("code", "session"),
    *("design", "revision", "price", "currency", "promised_at", "expected_total", "payment", "hold", "request", "name", "email", "street"),
    *("city", "postcode", "country", "instead", "select", "retract", "set", "typed", "number.x", "inseam", "body_reach", "objective", "do"),
    *("token", "checkpoint", "value", "corrects", "reason", "password", "next", "key"),
)
ONE_FIELD = ("select", "retract", "set", "typed", "instead", "objective", "design", "reason", "checkpoint")
NO_FIELDS = ("/account/erase", "/planner/plan", "/sign-out", "/attend", "/leave", "/remove", "/end-others")
"""Forms that say all by being sent."""


def pointers(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to everything inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*at, name)
        yield from pointers(inner, (*at, name))


def without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = json.loads(json.dumps(value))
    place = copy
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return copy


def with_put(value: Any, path: tuple[Any, ...], wrong: Any) -> str:
    """JSON text with ``wrong`` in the path's place."""
    mark = "\u0001here\u0001"
    copy = json.loads(json.dumps(value))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = mark
    return json.dumps(copy).replace(json.dumps(mark), wrong if isinstance(wrong, Raw) else json.dumps(wrong))


def bad_bodies(body: dict[str, Any], wrongs: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    """Bodies with one thing wrong, and where it is."""
    for broken in BROKEN:
        yield (), broken
    yield ("unknown",), json.dumps({**body, "unknown": 1}).encode()
    for path in pointers(body):
        yield path, json.dumps(without(body, path)).encode()
        for wrong in wrongs:
            yield path, with_put(body, path, wrong).encode()


def operations(installation: Installation, *methods: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Address template, method and description of each operation of the API."""
    for address, found in description_of(installation.app, "1")["paths"].items():
        for method, operation in found.items():
            if method in methods:
                yield address, method, operation


def client_for(installation: Installation, operation: dict[str, Any]) -> FlaskClient:
    machine = operation.get("x-permission") in {Permission.EXCHANGE_WORK_ORDERS, Permission.STEP_CLOCK}
    return installation.mes if machine else installation.staff


def complaint(response: TestResponse) -> str | None:
    """What is wrong with a refusal; None when it is as it should be."""
    if not 400 <= response.status_code < 500:
        return f"{response.status_code} {response.text[:200]}"
    if response.mimetype != PROBLEM_JSON:
        return f"{response.mimetype} instead of {PROBLEM_JSON}"
    problem = response.get_json()
    if not all(isinstance(problem.get(name), str) and problem[name] for name in ("type", "title", "detail")):
        return f"incomplete: {problem}"
    faults = problem.get("errors")
    if not isinstance(faults, list) or any(set(fault) != {"pointer", "detail"} for fault in faults):
        return f"no errors: {problem}"
    if problem["type"] == "/problems/invalid-input" and not faults:
        return f"no field is named: {problem}"
    return None


def addressed(installation: Installation, address: str) -> str:
    """The address with what there is in its places; a job that there is not."""
    design = installation.own if address.endswith("/name") else installation.design
    places = {"design": design, "order": installation.order, "work_order": installation.work_order}
    return re.sub(r"{(\w+)}", lambda place: places.get(place[1], "nothing_0"), address)


def send(client: FlaskClient, method: str, path: str, content: bytes, number: int, **headers: str) -> TestResponse:
    given = {"If-Match": "1", "Idempotency-Key": f"{path} {number}", **headers}
    return client.open(path, method=method.upper(), data=content, content_type="application/json", headers=given)


@pytest.fixture
def unchanged(installation: Installation, request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing in any table or file changed, but for what was set aside."""
    before = installation.digest()
    yield
    after = installation.digest()
    taken = ORDERED if request.node.get_closest_marker("long") else set()
    assert {name for name in after if after[name] != before[name]} <= SET_ASIDE | taken


@in_every_run_on("postgresql")
@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("wrong", [pytest.param(TELLING, id="telling"), pytest.param(WRONG, id="all", marks=pytest.mark.long)])
def test_a_body_with_anything_wrong_in_it_is_refused(installation: Installation, wrong: tuple[Any, ...]) -> None:
    faults: list[str] = []
    taken = set()
    for address, method, operation in operations(installation, "post", "patch", "put", "delete"):
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        if not schema:
            continue
        taken.add(name := schema.rpartition("/")[2])
        client, path = client_for(installation, operation), addressed(installation, address)
        bodies = (BODIES[name], *MORE_BODIES.get(name, ()))
        for number, (spot, content) in enumerate(each for body in bodies for each in bad_bodies(body, wrong)):
            response = send(client, method, path, content, number)
            if response.status_code in HARMLESS.get(address, ()):
                continue
            if (found := complaint(response) or (None if (name, spot) in ANY_TEXT else misplaced(response, spot))) is not None:
                faults.append(f"{method} {address} {content[:200]!r}: {found}")
    nameless = send(installation.staff, "put", f"/api/v1/designs/{installation.own}/name", b'{"name": ""}', 0)
    assert nameless.status_code < 300
    assert faults == []
    assert taken == BODIES.keys()


def misplaced(response: TestResponse, spot: tuple[Any, ...]) -> str | None:
    """What is wrong with the pointers of a body's faults; None when one of them leads to the spot."""
    problem = response.get_json()
    if problem["type"] != "/problems/invalid-input":
        return None
    wanted = "".join(f"/{step}" for step in spot)
    pointers = [fault["pointer"] for fault in problem["errors"]]
    near = [pointer for pointer in pointers if wanted.startswith(pointer) or pointer.startswith(wanted)]
    return None if near else f"{pointers} instead of {wanted}"


@pytest.mark.usefixtures("unchanged")
def test_what_stands_beside_the_body_is_checked_too(installation: Installation) -> None:
    for address, method, operation in operations(installation, "post", "patch"):
        client, path = client_for(installation, operation), addressed(installation, address)
        parameters = {each["name"]: each["required"] for each in operation["parameters"] if each["in"] == "header"}
        form = client.open(path, method=method.upper(), data=b"a=b", content_type="application/x-www-form-urlencoded")
        if "requestBody" in operation:
            assert (form.status_code, complaint(form)) == (415, None), address
        if "Idempotency-Key" in parameters:
            for key in ("", "k" * 201):
                refused = client.open(path, method=method.upper(), json={}, headers={"Idempotency-Key": key})
                assert (refused.status_code, complaint(refused)) == (422, None), address
                assert refused.get_json()["errors"][0]["pointer"] == "/Idempotency-Key"
        if "If-Match" in parameters and "complete" not in address:
            body = {"decisions": []} if method == "patch" else {"select": "colour.nothing"}
            for revision, status in (("", 422), ("x", 422), ("-1", 422), ("9" * 40, 422), ("0", 412)):
                refused = client.open(path, method=method.upper(), json=body, headers={"If-Match": revision})
                assert (refused.status_code, complaint(refused)) == (status, None), (address, revision)


@pytest.mark.usefixtures("unchanged")
def test_what_the_design_does_not_have_is_refused_by_name(installation: Installation) -> None:
    address = f"/api/v1/designs/{installation.design}"
    revision = installation.staff.get(address).get_json()["revision"]
    for change, status in (
        ({"select": "colour.nothing"}, 422),
        ({"select": "nothing"}, 422),
        ({"set": "nothing", "value": 1}, 422),
        ({"set": "inseam", "value": 10**9}, 409),
        ({"set": "inseam", "value": -1}, 409),
        ({"set": "inseam", "value": 800, "unit": "kg"}, 422),
        ({"retract": "nothing"}, 422),
    ):
        refused = installation.staff.patch(address, json={"decisions": [change]}, headers={"If-Match": str(revision)})
        assert (refused.status_code, complaint(refused)) == (status, None), change


@in_every_run_on("postgresql")
@pytest.mark.usefixtures("unchanged")
def test_no_address_makes_a_fault(installation: Installation) -> None:
    for rule in installation.app.url_map.iter_rules():
        client = installation.mes if rule.rule.startswith("/api/v1/mes/") else installation.staff
        for name in IMPOSSIBLE:
            path = re.sub(r"<[^>]+>", name, rule.rule)
            response = client.get(f"{path}?{'&'.join(f'{field}={name}' for field in QUERY)}", headers={"Accept": "application/json"})
            response.close()
            assert response.status_code < 500, (path[:100], response.text[:200])


@pytest.mark.usefixtures("unchanged")
def test_a_form_without_its_token_is_refused_with_a_sentence(installation: Installation) -> None:
    for address in forms(installation):
        refused = installation.staff.post(address, data={"design": installation.design, "csrf_token": "forged"})
        assert refused.status_code == 400, address
        assert "<h1" in refused.text


@in_every_run_on("postgresql")
@pytest.mark.usefixtures("unchanged")
def test_a_form_with_anything_in_it_makes_no_fault(installation: Installation) -> None:
    installation.app.config["WTF_CSRF_ENABLED"] = False
    try:
        for address in forms(installation):
            if address.endswith(NO_FIELDS):
                continue
            for text in ("x" * 5000, "\x00", "\x1f") if address.endswith(("/start", "/complete", "/name")) else TEXTS:
                response = installation.staff.post(address, data=dict.fromkeys(FIELDS, text))
                assert response.status_code < 500, (address, text[:40], response.text[-300:])
                assert response.status_code == 303 or "<h1" in response.text, (address, text[:40], response.text[:300])
            for field in ONE_FIELD if address.endswith(("/decide", "/change", "/checkout")) else ():
                response = installation.staff.post(address, data={field: "x", "revision": "0", "token": "\x1f"})
                assert response.status_code < 500, (address, field)
    finally:
        installation.app.config["WTF_CSRF_ENABLED"] = True


def forms(installation: Installation) -> Iterator[str]:
    """The address of every form of a page."""
    for rule in installation.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for action in ("decide", "measures", "complete", "undo", "nothing") if "{action}" in path else ("",):
                known = path.replace("{action}", action).replace("{family}", "bicycle").replace("{machine}", "SAW-1")
                yield addressed(installation, known)
