"""Reports teach times; a planner or the plant's rule accepts them; the next plans, quotes and work orders count with them."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from contracts.access import SYSTEM, Principal, Role
from contracts.events import MachineStateChanged, OperationPaused, OperationStarted
from contracts.listing import Question
from contracts.problems import NotFound, TransitionRefused
from contracts.texts import Message
from ledger.tables import AUDIT
from ledger.unit_of_work import Ledger
from scheduler import teaching
from scheduler.engine.operations import instant, seconds_of
from scheduler.listing import ListedTime
from scheduler.service import Service
from scheduler.standing import parse_key
from scheduler.tables import OperationRow
from tests.scheduling import (
    PLANT,
    demand,
    faults,
    opened,
    operation,
    operations,
    placed,
    report_completed,
    report_started,
    request,
    reserve,
    settled,
    wind,
)
from tests.unit.scheduler.test_board import planner_app

KIM = Principal(id="staff_kim", role=Role.PLANNER, name="kim")
RULE = f"{PLANT}learning: {{accept_sample: 8, accept_percent: 30}}\n"


def made(ledger: Ledger, service: Service, percent: dict[str, int]) -> None:
    """Everything that is planned is made, in its order; work takes this share of its planned time."""
    while open_rows := [row for row in operations(ledger) if row.state in ("planned", "released")]:
        row = min(open_rows, key=lambda row: (row.start_s, row.key))
        wind(ledger, service, max(instant(row.start_s), ledger.clock.now()))
        row = operation(ledger, row.key)
        began = max(instant(row.start_s), ledger.clock.now())
        report_started(ledger, service, row, began)
        ended = began + timedelta(seconds=(row.end_s - row.start_s) * percent.get(row.name, 100) // 100)
        wind(ledger, service, ended)
        report_completed(ledger, service, row, ended)
        settled(ledger, service)


def days_later(ledger: Ledger, service: Service) -> None:
    wind(ledger, service, ledger.clock.now() + timedelta(days=1, hours=1))


def times(service: Service, state: str = "proposed") -> dict[tuple[str, str | None, str | None], ListedTime]:
    question = Question(sort="at", descending=True, search="", filters={"state": state}, page=1, size=None)
    return {(each.operation.en, each.machine, each.material): each for each in service.learned_times(question).rows}


@pytest.fixture
def service(ledger: Ledger) -> Service:
    """Ten pieces were made; each took half as long again at the oven."""
    service = opened(ledger)
    placed(ledger, service, *(f"order_{number}" for number in range(10)))
    made(ledger, service, {"OVEN": 150})
    days_later(ledger, service)
    return service


def test_finished_operations_propose_their_time_once_the_day_is_over(ledger: Ledger, service: Service) -> None:
    proposed = times(service)
    oven = proposed["Oven", None, None]
    assert (oven.old_s, oven.sample, oven.aside) == (2400, 10, 0)
    assert oven.new_s == pytest.approx(2400 * 1.5**0.5, abs=2), "ten reports weigh as much as the plant's figure"
    assert not {key for key in proposed if key[0] != "Oven"}, "what takes its time is not proposed"
    assert operation_audit(ledger, "times.propose") >= 1
    days_later(ledger, service)
    assert {key: each.time for key, each in times(service).items()} == {key: each.time for key, each in proposed.items()}


def operation_audit(ledger: Ledger, action: str) -> int:
    with ledger.reading() as session:
        return len(session.connection().execute(select(AUDIT.c.seq).where(AUDIT.c.action == action)).all())


def test_an_accepted_time_is_used_by_quotes_reservations_and_planned_operations_but_not_by_released_ones(
    ledger: Ledger, service: Service
) -> None:
    placed(ledger, service, "order_a", "order_b")
    later = max(operations(ledger, "order_b"), key=lambda row: row.start_s)
    with ledger.transaction(SYSTEM) as transaction:
        for row in transaction.session.exec(select(OperationRow).where(OperationRow.order == "order_b")).all():
            row.state, row.revision = "planned", 0
            transaction.session.add(row)
    settled(ledger, service)
    service.live._book = None
    quoted = service.quote([request()])[0].finish_at
    oven = times(service)["Oven", None, None]
    accepted = service.accept_time(oven.time, KIM)
    assert (accepted.state, accepted.decided_by) == ("accepted", "kim")
    settled(ledger, service)
    planned, given = ({row.name: row for row in operations(ledger, order)} for order in ("order_b", "order_a"))
    assert planned["OVEN"].run_s == oven.new_s
    assert planned["OVEN"].end_s - planned["OVEN"].start_s == oven.new_s
    assert given["OVEN"].state == "released"
    assert given["OVEN"].run_s == 2400
    assert faults(ledger, service) == []
    reserve(ledger, service, "order_c")
    fresh = {row.name: row for row in operations(ledger, "order_c")}
    assert (fresh["OVEN"].run_s, fresh["OVEN"].standard_s) == (oven.new_s, 2400)
    assert faults(ledger, service) == []
    assert quoted is not None
    assert later.key in {row.key for row in operations(ledger, "order_b")}
    assert service.plan_version().reason.id == "scheduler.reason.learned_times"


def test_a_decision_is_taken_once_and_a_declined_time_is_not_proposed_again(ledger: Ledger, service: Service) -> None:
    oven = times(service)["Oven", None, None]
    assert service.decline_time(oven.time, KIM).state == "declined"
    for decide in (service.accept_time, service.decline_time):
        with pytest.raises(TransitionRefused):
            decide(oven.time, KIM)
        with pytest.raises(NotFound):
            decide("time_nothing", KIM)
    days_later(ledger, service)
    placed(ledger, service, "order_z")
    made(ledger, service, {"OVEN": 150})
    days_later(ledger, service)
    assert ("Oven", None, None) not in times(service)
    reserve(ledger, service, "order_y")
    assert {row.name: row.run_s for row in operations(ledger, "order_y")}["OVEN"] == 2400


def test_the_plants_rule_accepts_what_changes_little(ledger: Ledger) -> None:
    service = opened(ledger, RULE)
    placed(ledger, service, *(f"order_{number}" for number in range(10)))
    made(ledger, service, {"OVEN": 120, "CUT": 300})
    days_later(ledger, service)
    accepted, proposed = times(service, "accepted"), times(service)
    assert accepted["Oven", None, None].decided_by is None
    assert ("Cut", None, None) in proposed, "three times as long: a planner looks at it"
    assert operation_audit(ledger, "times.accept") == len(accepted)


def test_pauses_and_nights_do_not_count(ledger: Ledger) -> None:
    service = opened(ledger)
    placed(ledger, service, "order_0")
    cut = operations(ledger, "order_0")[0]
    began = instant(cut.start_s)
    report_started(ledger, service, cut, began)
    for minutes, event in ((10, OperationPaused), (12, OperationPaused), (40, OperationStarted), (50, OperationPaused)):
        said = {"name": cut.name} if event is OperationStarted else {"reason": None}
        with ledger.transaction(SYSTEM) as transaction:
            told = event(
                order=cut.order, plant=cut.plant, key=parse_key(cut.key), machine=cut.machine, at=began + timedelta(minutes=minutes), **said
            )
            (service.on_operation_started if event is OperationStarted else service.on_operation_paused)(transaction, told)
    report_completed(ledger, service, cut, began + timedelta(minutes=60))
    s = cut.start_s
    assert operation(ledger, cut.key).pauses == [[s + 600, s + 2400], [s + 3000, s + 3600]]


def test_over_http_and_on_the_page(ledger: Ledger, service: Service) -> None:
    app = planner_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    client: FlaskClient = app.test_client()
    page = client.get("/planner/learned-times?lang=en").text
    assert "40 min" in page
    assert "22 % longer" in page
    assert client.get("/planner/learned-times?lang=zh").status_code == 200
    listed = client.get("/api/v1/learned-times?state=proposed").get_json()["items"]
    oven = next(each for each in listed if each["machine"] is None)
    assert client.get(f"/api/v1/learned-times/{oven['time']}").get_json() == oven
    assert client.get("/api/v1/learned-times.csv").status_code == 200
    said = client.post(f"/planner/learned-times/{oven['time']}/accept?lang=en", follow_redirects=True).text
    assert "Accepted; a plan" in said
    refused = client.post(f"/api/v1/learned-times/{oven['time']}/accept")
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/problems/transition-refused")
    again = client.post(f"/planner/learned-times/{oven['time']}/decline?lang=en", follow_redirects=True).text
    assert "accepted" in again
    settled(ledger, service)
    assert service.plan_version().reason == Message(id="scheduler.reason.learned_times", params={"count": 1})


def test_a_machine_that_reports_its_setup_dates_it_for_what_follows(ledger: Ledger) -> None:
    service = opened(ledger)
    placed(ledger, service, "order_0", "order_1")
    cut = min((row for row in operations(ledger) if row.machine_group == "CUT"), key=lambda row: (row.start_s, row.key))
    at = instant(cut.setup_start_s)
    wind(ledger, service, at)
    with ledger.transaction(SYSTEM) as transaction:
        event = MachineStateChanged(plant="small", machine=cut.machine, state="setup", at=at, reason=None)
        service.on_machine_state_changed(transaction, event)
    assert {row.key: row.setup_began_s for row in operations(ledger) if row.setup_began_s is not None} == {cut.key: cut.setup_start_s}


def test_setups_that_take_longer_are_learned_by_group_and_planned_so(ledger: Ledger, service: Service) -> None:
    """Each cut is made to follow one of another family, with a setup of fifteen minutes instead of ten."""
    with ledger.transaction(SYSTEM) as transaction:
        cuts = transaction.session.exec(select(OperationRow).where(OperationRow.machine_group == "CUT")).all()
        for machine in ("CUT-1", "CUT-2"):
            for number, row in enumerate(sorted((row for row in cuts if row.machine == machine), key=lambda row: row.began_s or 0)):
                assert row.began_s is not None
                row.setup_family, row.setup_began_s = ("steel", "alloy")[number % 2], row.began_s - 900
                transaction.session.add(row)
    days_later(ledger, service)
    teaching.look(ledger, service.live)
    learned = next(each for each in times(service).values() if each.kind == "setup")
    assert (learned.operation.en, learned.old_s) == ("Setup: Cutting", 600)
    assert 8 <= learned.sample <= 9, "the first on each machine follows nothing"
    assert 600 < learned.new_s < 900
    placed(ledger, service, "order_s")
    service.accept_time(learned.time, KIM)
    settled(ledger, service)
    with ledger.reading() as session, service.live.read(session, seconds_of(ledger.clock.now())) as book:
        assert book.plant.groups["CUT"].setup_s == learned.new_s
        assert book.plant.groups["WELD"].setup_s == 600
        assert service.live.plant_as_published(session).groups["CUT"].setup_s == 600
    reserve(ledger, service, "order_t", demand("t", family="titanium"))
    cut = next(row for row in operations(ledger, "order_t") if row.name == "CUT")
    assert cut.start_s - cut.setup_start_s == learned.new_s
    assert faults(ledger, service) == []
