"""The planner's pages and the plan over HTTP."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from flask import Flask, g
from flask.testing import FlaskClient

from contracts.access import Principal, Role
from contracts.naming import short
from contracts.plan import OperationKey, OperationState
from contracts.problems import NotFound
from contracts.product import WHOLE, ManufacturingSpecification
from contracts.texts import Language, Localised, Message
from ledger.identifiers import new_id
from ledger.unit_of_work import Ledger
from presentation.guard import undecided_routes
from presentation.site import init_site
from scheduler.commands import commands
from scheduler.engine.explain import Cause
from scheduler.engine.operations import instant
from scheduler.lateness import Lateness
from scheduler.service import Service
from scheduler.tables import OperationRow
from scheduler.web import blueprint
from scheduler.web.told import told
from tests.scheduling import fail, opened, operations, placed, report_completed, report_started, reserve, wind


class Wardrobes:
    """``Specifications``: whatever is asked for is a wardrobe."""

    def specification(self, sha256: str) -> ManufacturingSpecification:
        return ManufacturingSpecification.model_construct(family_label=Localised(en="Wardrobe", zh="衣柜"))

    def drawing_svg(self, sha256: str, language: Language, picture: str = WHOLE) -> str:
        raise NotFound("drawing", sha256)


def planner_app(service: Service, role: Role = Role.PLANNER) -> Flask:
    app = Flask("test", static_folder=None)
    app.config.update(SECRET_KEY="only a test", TESTING=True)

    @app.before_request
    def who() -> None:
        g.principal = Principal(id="staff_1", role=role, name="planner")

    init_site(app, zone=ZoneInfo("Europe/Amsterdam"))
    app.register_blueprint(blueprint(service, Wardrobes()))
    return app


@pytest.fixture
def service(ledger: Ledger) -> Service:
    service = opened(ledger)
    placed(ledger, service, "order_1", "order_2")
    return service


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return planner_app(service).test_client()


def test_the_plan_holds_every_operation_and_closed_hours(client: FlaskClient) -> None:
    plan = client.get("/api/v1/plans/current").get_json()
    assert {entry["order"] for entry in plan["operations"]} == {"order_1", "order_2"}
    assert len(plan["operations"]) == 8
    assert [machine["machine"] for machine in plan["machines"]] == ["CUT-1", "CUT-2", "OVEN-1", "WELD-1"]
    cutter = plan["machines"][0]
    assert {"from": "2026-11-24T17:00:00Z", "to": "2026-11-25T07:00:00Z"} in cutter["off"]
    assert plan["figures"]["open"] == 2
    assert plan["figures"]["late"] == 0


def test_an_order_that_waits_for_its_payment_is_not_open(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    reserve(ledger, service, "order_3", hold=timedelta(minutes=30))
    plan = client.get("/api/v1/plans/current").get_json()
    assert "order_3" in {order["order"] for order in plan["orders"]}
    assert plan["figures"]["open"] == 2


def test_load_counts_taken_over_open_seconds_of_each_day(client: FlaskClient) -> None:
    plan = client.get("/api/v1/plans/current").get_json()
    weld = next(group for group in plan["groups"] if group["group"] == "WELD")
    taken = sum(day["used_s"] for day in weld["load"])
    assert weld["load"][0]["capacity_s"] == 10 * 3600
    assert taken >= 2 * (5400 + 1200)
    assert weld["load"][4]["capacity_s"] == 0


def test_a_change_brings_only_what_it_touched(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    seq = client.get("/api/v1/plans/current").get_json()["seq"]
    assert client.get(f"/api/v1/plans/current?since={seq}").get_json()["operations"] == []
    row = operations(ledger, "order_1")[0]
    report_started(ledger, service, row, instant(row.start_s))
    change = client.get(f"/api/v1/plans/current?since={seq}").get_json()
    assert [(entry["key"], entry["state"]) for entry in change["operations"]] == [(row.key, "running")]
    assert change["machines"] is None
    with ledger.transaction(Principal(id="s", role=Role.ADMINISTRATOR)) as transaction:
        service.release(transaction, "order_2")
    change = client.get(f"/api/v1/plans/current?since={change['seq']}").get_json()
    assert set(change["gone"]) == {row.key for row in operations(ledger, "order_2")}
    assert [order["order"] for order in change["orders"]] == ["order_1"]


def test_an_orders_way_marks_its_critical_chain_and_explains_its_time(client: FlaskClient) -> None:
    way = client.get("/api/v1/orders/order_2/way").get_json()
    critical = [step["key"].rpartition("/")[2] for step in way["operations"] if step["critical"]]
    assert critical == ["10.1", "20.1", "40.1"]
    slack = {step["key"].rpartition("/")[2]: step["slack_s"] for step in way["operations"]}
    assert slack["30.1"] > slack["40.1"] == slack["20.1"]
    assert {"work"} <= {cause["cause"] for cause in way["causes"]}
    lateness = client.get("/api/v1/orders/order_2/lateness").get_json()
    assert lateness == {"order": "order_2", "lateness_s": 0, "causes": [], "remedies": [], "told": None}


def test_unknown_orders_and_wrong_questions_are_problems(client: FlaskClient) -> None:
    for address, status in (
        ("/api/v1/orders/nobody/way", 404),
        ("/api/v1/orders/nobody/lateness", 404),
        ("/api/v1/plans/current?since=soon", 422),
        ("/api/v1/plans/current?until=1", 422),
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert client.get("/planner/orders/nobody").status_code == 404
    assert client.get("/planner/table?state=lost").status_code == 422


def test_a_late_orders_way_says_that_its_slack_is_wanting(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    row = operations(ledger, "order_2")[0]
    begun = service.way("order_2").promised_at + timedelta(hours=11, minutes=45)
    report_started(ledger, service, row, begun)
    wind(ledger, service, begun + timedelta(hours=1))
    with ledger.transaction(Principal(id="s", role=Role.ADMINISTRATOR)) as transaction:
        service.release(transaction, "order_1")
    way = client.get("/api/v1/orders/order_2/way").get_json()
    assert min(step["slack_s"] for step in way["operations"] if step["critical"]) < 0
    page = client.get("/planner/orders/order_2").get_data(as_text=True)
    assert "decides the finish; −" in page
    lateness = client.get("/api/v1/orders/order_2/lateness").get_json()
    assert sum(cause["seconds"] for cause in lateness["causes"]) == lateness["lateness_s"] > 0
    assert [remedy["what"] for remedy in lateness["remedies"]] == [
        what for what in (remedy["what"] for remedy in lateness["remedies"]) if what in page
    ]
    assert "What makes it late" in page
    told = CliRunner().invoke(commands(lambda: service), ["explain", "--json"])
    assert [each for each in json.loads(told.stdout) if each["order"] == "order_2"] == [lateness]
    assert lateness["remedies"][0]["what"] in CliRunner().invoke(commands(lambda: service), ["explain", "--order", "order_2"]).stdout


def test_a_repeated_operation_says_which_attempt_it_is(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    cut = operations(ledger, "order_1")[0]
    wind(ledger, service, instant(cut.end_s))
    report_started(ledger, service, cut, instant(cut.start_s))
    report_completed(ledger, service, cut, instant(cut.end_s))
    fail(ledger, service, cut, [], instant(cut.end_s), rework_s=900)
    bars = {bar["key"]: bar["attempt"] for bar in client.get("/api/v1/plans/current").get_json()["operations"] if bar["order"] == "order_1"}
    again = next(key for key, attempt in bars.items() if attempt == 2)
    assert cut.key not in bars
    steps = {step["key"]: step["attempt"] for step in client.get("/api/v1/orders/order_1/way").get_json()["operations"]}
    assert steps[again] == 2
    assert "attempt 2</span>" in client.get("/planner/orders/order_1").get_data(as_text=True)


def test_a_way_holds_the_runs_that_were_given_up(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    wind(ledger, service, instant(cut.end_s))
    report_started(ledger, service, cut, instant(cut.start_s))
    report_completed(ledger, service, cut, instant(cut.end_s))
    fail(ledger, service, cut, [10], instant(cut.end_s))
    steps = client.get("/api/v1/orders/order_1/way").get_json()["operations"]
    first, second = (step for step in steps if step["key"].partition("/")[2].startswith("10."))
    assert (first["attempt"], first["state"], first["slack_s"], first["critical"]) == (1, "scrapped", None, False)
    assert (first["start_at"], first["end_at"]) == (written(instant(cut.start_s)), written(instant(cut.end_s)))
    assert second["attempt"] == 2
    assert second["slack_s"] is not None
    assert len(steps) == 5
    assert steps == sorted(steps, key=lambda step: step["start_at"])
    assert '<tr class="muted">' in (page := client.get("/planner/orders/order_1?lang=en").text)
    assert "Given up" in page
    with ledger.transaction(Principal(id="s", role=Role.ADMINISTRATOR)) as transaction:
        service.release(transaction, "order_1")
    assert client.get("/api/v1/orders/order_1/way").get_json()["operations"] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_written_in_both_languages(client: FlaskClient, language: str) -> None:
    for address in ("/planner", "/planner/table", "/planner/versions", "/planner/orders/order_1"):
        answer = client.get(f"{address}?lang={language}")
        assert answer.status_code == 200
        assert "scheduler." not in answer.get_data(as_text=True).split('id="board-texts"')[0]


def test_the_table_filters_and_sorts_the_same_operations(client: FlaskClient) -> None:
    page = client.get("/planner/table?q=ORDER_1&sort=machine&lang=en").get_data(as_text=True)
    assert page.count("<tr>") == 5
    assert "order_2" not in page
    page = page.partition("<tbody>")[2]
    assert page.index("CUT-") < page.index("OVEN-1") < page.index("WELD-1")
    assert "Nothing matches." in client.get("/planner/table?late=yes").get_data(as_text=True)
    assert client.get("/api/v1/operations?group=WELD&late=no").get_json()["matching"] == 4
    assert client.get("/api/v1/operations?state=running").get_json()["items"] == []


def test_the_list_holds_the_boards_operations(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    row = operations(ledger, "order_1")[0]
    report_started(ledger, service, row, instant(row.start_s + 60))
    report_completed(ledger, service, row, instant(row.end_s - 60))
    names = ("order", "piece", "machine", "person", "start_at", "end_at", "state", "late")
    listed = {tuple(each[name] for name in names) for each in client.get("/api/v1/operations").get_json()["items"]}
    shown = {tuple(each[name] for name in names) for each in client.get("/api/v1/plans/current").get_json()["operations"]}
    assert listed == shown


def test_what_never_reported_its_start_is_listed_as_on_the_board(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    row = operations(ledger, "order_1")[0]
    report_completed(ledger, service, row, instant(row.end_s - 600))
    listed = {(each["start_at"], each["end_at"]) for each in client.get("/api/v1/operations").get_json()["items"]}
    shown = {(each["start_at"], each["end_at"]) for each in client.get("/api/v1/plans/current").get_json()["operations"]}
    assert listed == shown


def test_published_plans_are_listed_newest_first(client: FlaskClient, service: Service) -> None:
    items = client.get("/api/v1/plan-versions").get_json()["items"]
    assert [each["version"] for each in items] == list(range(service.plan_version().version, items[-1]["version"] - 1, -1))


def test_only_planners_see_the_plan(service: Service) -> None:
    guest = planner_app(service, Role.CONSUMER).test_client()
    for address in (
        "/planner",
        "/planner/table",
        "/api/v1/operations",
        "/api/v1/operations.csv",
        "/api/v1/plans/current",
        "/api/v1/orders/order_1/way",
    ):
        assert guest.get(address).status_code == 403
    assert list(undecided_routes(planner_app(service))) == []


def test_a_page_beyond_the_last_is_the_last(client: FlaskClient) -> None:
    page = client.get("/planner/table?page=99").text
    assert "8 rows" in page
    assert "No operation is planned." not in page


def test_a_planner_has_the_plan_made_anew(service: Service, ledger: Ledger) -> None:
    app = planner_app(service)
    with ledger.transaction(Principal(id="p", role=Role.PLANNER)) as transaction:
        job = transaction.enqueue("scheduler.plan", "small", {"reason": {"id": "scheduler.reason.order"}})
    assert service.ask_for_plan(Principal(id="p", role=Role.PLANNER)) == job
    before = service.plan_version().version
    wind(ledger, service, ledger.clock.now())
    assert service.plan_version().version == before + 1
    assert service.plan_version().reason == Message(id="scheduler.reason.asked", params={"by": "p"})
    assert app.test_client().get("/planner").status_code == 200


def test_a_way_names_what_is_made(client: FlaskClient) -> None:
    assert client.get("/api/v1/orders/order_1/way").json["products"] == [{"en": "Wardrobe", "zh": "衣柜"}]
    assert "<dd>衣柜</dd>" in client.get("/planner/orders/order_1?lang=zh").text


def test_an_order_that_is_done_keeps_its_way(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    reserve(ledger, service, "order_3")
    for row in operations(ledger, "order_1"):
        wind(ledger, service, instant(row.start_s))
        report_started(ledger, service, row, ledger.clock.now())
        wind(ledger, service, instant(row.end_s))
        report_completed(ledger, service, row, ledger.clock.now())
    way = client.get("/api/v1/orders/order_1/way").get_json()
    assert {step["state"] for step in way["operations"]} == {"done"}
    assert client.get("/api/v1/plans/current").get_json()["figures"]["kept_percent"] == 100


def test_work_whose_start_was_told_late_or_never_has_a_length_on_the_board(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    row = operations(ledger, "order_1")[0]

    def shown() -> tuple[str, str]:
        plan = client.get("/api/v1/plans/current").get_json()
        return next((each["start_at"], each["end_at"]) for each in plan["operations"] if each["key"] == row.key)

    early = instant(row.start_s)
    wind(ledger, service, early)
    report_completed(ledger, service, row, early)
    assert shown() == (written(early - timedelta(seconds=row.run_s)), written(early))
    report_started(ledger, service, row, early - timedelta(minutes=7))
    assert shown() == (written(early - timedelta(minutes=7)), written(early))
    report_started(ledger, service, row, early - timedelta(minutes=20))
    assert shown()[0] == written(early - timedelta(minutes=7)), "what was told once stands"


def written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def test_the_board_brings_its_plan_with_it(client: FlaskClient) -> None:
    page = client.get("/planner").text
    brought = json.loads(page.partition('id="board-plan">')[2].partition("</script>")[0])
    asked = client.get("/api/v1/plans/current").get_json()
    assert {name: value for name, value in brought.items() if name != "now"} == {
        name: value for name, value in asked.items() if name != "now"
    }


def test_a_late_order_is_late_between_the_two_moments_that_its_page_shows(client: FlaskClient, service: Service, ledger: Ledger) -> None:
    begin_late(service, ledger)
    way = client.get("/api/v1/orders/order_2/way").get_json()
    lateness = client.get("/api/v1/orders/order_2/lateness").get_json()
    due, finish = (datetime.fromisoformat(way[name]) for name in ("due_at", "finish_at"))
    assert (finish - due).total_seconds() == lateness["lateness_s"] == sum(cause["seconds"] for cause in lateness["causes"]) > 0
    assert due <= datetime.fromisoformat(way["promised_at"])
    page = client.get("/planner/orders/order_2?lang=en").text
    assert "<dt>Must be finished by</dt>" in page
    assert "<dt>Finish late by</dt>" in page


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "but the order finished late. What its customer was last told: "), ("zh", "但完工延误。最近一次告知客户的原因：")],
)
def test_an_order_that_finished_late_says_what_its_customer_was_told(
    client: FlaskClient, service: Service, ledger: Ledger, language: str, sentence: str
) -> None:
    begin_late(service, ledger)
    for row in operations(ledger, "order_2"):
        end(service, ledger, row)
    way = client.get("/api/v1/orders/order_2/way").get_json()
    assert way["late"]
    assert {step["state"] for step in way["operations"]} == {"done"}
    lateness = client.get(f"/api/v1/orders/order_2/lateness?lang={language}").get_json()
    assert lateness["told"]
    assert f"{sentence}{lateness['told']}" in client.get(f"/planner/orders/order_2?lang={language}").text


def test_sentences_about_lateness_call_orders_as_people_do() -> None:
    other = new_id("order")
    busy = Message(id="scheduler.wait.machine", params={"machine": "WELD-1", "order": other})
    found = told(Lateness(new_id("order"), 60, (Cause("machine", 60, OperationKey("piece_1", 1), busy),), told=busy), "en")
    assert (found.causes[0].because, found.told) == (f"WELD-1 is busy with order {short(other)}",) * 2
    assert other not in found.model_dump_json()


def begin_late(service: Service, ledger: Ledger) -> None:
    """The first operation of order_2 starts so late that its promise breaks."""
    row = operations(ledger, "order_2")[0]
    begun = service.way("order_2").promised_at + timedelta(hours=11, minutes=45)
    report_started(ledger, service, row, begun)
    wind(ledger, service, begun + timedelta(hours=1))
    with ledger.transaction(Principal(id="s", role=Role.ADMINISTRATOR)) as transaction:
        service.release(transaction, "order_1")


def end(service: Service, ledger: Ledger, row: OperationRow) -> None:
    """It ends as planned, whenever it began."""
    if row.state in (OperationState.PLANNED, OperationState.RELEASED):
        wind(ledger, service, max(instant(row.start_s), ledger.clock.now()))
        report_started(ledger, service, row, ledger.clock.now())
    wind(ledger, service, max(instant(row.end_s), ledger.clock.now()))
    report_completed(ledger, service, row, ledger.clock.now())
