"""Planners move, lock, unlock and undo: one transaction each, whose consequences were shown, kept and told."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.access import Principal, Role
from contracts.events import OperationsReleased, PromiseChanged
from contracts.plan import OperationKey
from contracts.problems import NotFound, PlanChanged, PlanInvalid
from contracts.texts import Message
from ledger.tables import AUDIT
from ledger.unit_of_work import Ledger
from scheduler.engine.moving import Wish
from scheduler.engine.operations import instant, seconds_of
from scheduler.moves import Seen
from scheduler.service import Service
from scheduler.standing import parse_key
from scheduler.tables import OperationRow
from tests.scheduling import PLANT, emitted, faults, opened, operations, placed, report_started, reservation, reserve, settled, wind

KIM = Principal(id="staff_kim", role=Role.PLANNER, name="kim")
LEE = Principal(id="staff_lee", role=Role.PLANNER, name="lee")
HOUR_S = 3600


@pytest.fixture
def service(ledger: Ledger) -> Service:
    service = opened(ledger)
    placed(ledger, service, "order_1", "order_2", "order_3")
    return service


def last_weld(ledger: Ledger, order: str) -> OperationRow:
    """The order's last operation: nothing waits for it."""
    return next(row for row in operations(ledger, order) if row.sequence == 40)


def row_of(ledger: Ledger, key: str) -> OperationRow:
    return next(row for row in operations(ledger) if row.key == key)


def later(row: OperationRow, hours: float, machine: str | None = None) -> Wish:
    return Wish(parse_key(row.key), machine or row.machine, row.start_s + int(hours * HOUR_S))


def possible(service: Service, wish: Wish) -> Wish:
    """The wish, or the nearest that is possible."""
    outcome = service.preview_move(wish, KIM)
    return wish if outcome.nearest_start_at is None else replace(wish, start_s=seconds_of(outcome.nearest_start_at))


def places(ledger: Ledger) -> dict[str, tuple[str, str | None, int, int, int]]:
    return {row.key: (row.machine, row.person, row.setup_start_s, row.start_s, row.end_s) for row in operations(ledger)}


def why(refused: pytest.ExceptionInfo[PlanInvalid]) -> str:
    return refused.value.errors[0].message


def test_a_preview_says_what_a_move_does_and_changes_nothing(ledger: Ledger, service: Service) -> None:
    row, before = last_weld(ledger, "order_3"), places(ledger)
    wish = possible(service, later(row, 48))
    shown = service.preview_move(wish, KIM)
    assert (shown.possible, shown.change, places(ledger)) == (True, None, before)
    done = service.move(wish, KIM, "the fixture is late", Seen(shown.seq, {each.order: each.expected_at for each in shown.promises}))
    assert done.operations == shown.operations
    assert done.promises == shown.promises
    assert {each.operation for each in done.operations} == {key for key, place in places(ledger).items() if place != before[key]}
    assert row_of(ledger, row.key).start_s == wish.start_s
    assert faults(ledger, service) == []


def test_customers_whose_promise_a_move_breaks_are_told_as_shown(ledger: Ledger, service: Service) -> None:
    row = last_weld(ledger, "order_3")
    wish = possible(service, later(row, 9 * 24))
    shown = service.preview_move(wish, KIM)
    own = next(each for each in shown.promises if each.order == "order_3")
    assert own.late
    assert own.told
    assert own.by_s > 0
    service.move(wish, KIM)
    told = emitted(ledger, PromiseChanged)
    assert {(each.order, each.new_promised_at) for each in told} == {(each.order, each.expected_at) for each in shown.promises if each.told}
    assert told[0].cause == Message(id="scheduler.cause.planner")


def test_what_follows_is_pushed_and_what_must_come_before_refuses(ledger: Ledger, service: Service) -> None:
    first = next(row for row in operations(ledger, "order_3") if row.sequence == 20)
    after = last_weld(ledger, "order_3")
    wish = possible(service, later(first, 48))
    service.move(wish, KIM)
    assert row_of(ledger, after.key).start_s >= row_of(ledger, first.key).end_s
    assert faults(ledger, service) == []
    with pytest.raises(PlanInvalid) as refused:
        service.move(Wish(parse_key(after.key), "WELD-1", wish.start_s), KIM)
    assert why(refused) == "scheduler.move.and", "it stands where it can first stand"
    assert refused.value.errors[0].params["why"].id == "scheduler.move.predecessor"
    assert refused.value.extra["nearest_start_at"] is None


def test_another_machine_must_be_able_to_do_it_and_be_open(ledger: Ledger, service: Service) -> None:
    weld = last_weld(ledger, "order_3")
    night = datetime.fromisoformat("2026-11-26T22:00:00+00:00")
    with pytest.raises(PlanInvalid) as refused:
        service.move(Wish(parse_key(weld.key), "OVEN-1", seconds_of(night)), KIM)
    assert why(refused) == "scheduler.move.group"
    with pytest.raises(PlanInvalid) as refused:
        service.move(Wish(parse_key(weld.key), "WELD-1", seconds_of(night)), KIM)
    assert why(refused) == "scheduler.move.closed"
    assert refused.value.extra["nearest_start_at"].startswith("2026-11-27T07:")
    with pytest.raises(NotFound):
        service.move(Wish(OperationKey("nothing", 10), "CUT-1", 0), KIM)


def test_what_begins_soon_runs_or_is_in_somebodys_hand_stays(ledger: Ledger) -> None:
    class Floor:
        keys: frozenset[OperationKey] = frozenset()

        def in_hand(self) -> frozenset[OperationKey]:
            return self.keys

    floor = Floor()
    opened(ledger)
    service = Service(ledger, "small", planning_time_s=2.0, shop_floor=lambda: floor)
    placed(ledger, service, "order_1", "order_2")
    weld = last_weld(ledger, "order_2")
    floor.keys = frozenset({parse_key(weld.key)})
    with pytest.raises(PlanInvalid) as refused:
        service.move(later(weld, 24), KIM)
    assert why(refused) == "scheduler.move.in_hand"
    first = operations(ledger)[0]
    with pytest.raises(PlanInvalid) as refused:
        service.move(later(first, 24), KIM)
    assert why(refused) == "scheduler.move.frozen"
    report_started(ledger, service, first, instant(first.start_s))
    with pytest.raises(PlanInvalid) as refused:
        service.move(later(first, 24), KIM)
    assert why(refused) == "scheduler.move.running"


def test_what_a_planner_moved_stays_through_the_next_plan_until_it_is_unlocked(ledger: Ledger, service: Service) -> None:
    row = last_weld(ledger, "order_2")
    wish = possible(service, later(row, 72))
    service.move(wish, KIM, "the customer comes on Friday")
    reserve(ledger, service, "order_4")
    service.make_plan(Message(id="scheduler.reason.again"))
    assert (row_of(ledger, row.key).start_s, row_of(ledger, row.key).pinned) == (wish.start_s, True)
    assert faults(ledger, service) == []
    service.hold(wish.key, False, LEE, "he does not come")
    service.make_plan(Message(id="scheduler.reason.again"))
    assert row_of(ledger, row.key).start_s < wish.start_s, "the plan takes it back to the front"


def test_another_planners_lock_is_told_and_must_be_taken_off_first(ledger: Ledger, service: Service) -> None:
    row = last_weld(ledger, "order_2")
    held = service.hold(parse_key(row.key), True, KIM, "measured on this fixture")
    assert service.hold(parse_key(row.key), True, KIM, "again") == held
    with pytest.raises(PlanInvalid) as refused:
        service.move(possible(service, later(row, 48)), LEE)
    assert why(refused) == "scheduler.move.locked"
    assert refused.value.errors[0].params == {"by": "kim", "reason": "measured on this fixture"}
    shown = service.operation(parse_key(row.key))
    assert shown.locked is not None
    assert (shown.locked.by, shown.locked.reason) == ("kim", "measured on this fixture")
    service.hold(parse_key(row.key), False, LEE, "the fixture is free")
    assert service.operation(parse_key(row.key)).locked is None
    service.move(possible(service, later(row, 48)), LEE)


def test_an_undo_does_not_take_off_what_another_planner_locked_since(ledger: Ledger, service: Service) -> None:
    key = parse_key(last_weld(ledger, "order_2").key)
    service.hold(key, True, KIM, "measured on this fixture")
    service.hold(key, False, LEE, "the fixture is free")
    service.hold(key, True, LEE, "the inspector comes")
    with pytest.raises(PlanInvalid) as refused:
        service.undo(KIM)
    assert why(refused) == "scheduler.undo.stays"
    locked = service.operation(key).locked
    assert locked is not None
    assert locked.by == "lee"


def test_what_would_push_something_locked_is_refused_with_who_locked_it(ledger: Ledger, service: Service) -> None:
    first, last = (next(row for row in operations(ledger, "order_2") if row.sequence == number) for number in (20, 40))
    service.hold(parse_key(last.key), True, LEE, "measured here")
    with pytest.raises(PlanInvalid) as refused:
        service.move(later(first, 48), KIM)
    assert (why(refused), refused.value.errors[0].params["by"]) == ("scheduler.move.displaces_lock", "lee")
    assert row_of(ledger, last.key).start_s == last.start_s


def test_an_undo_restores_everything_step_by_step(ledger: Ledger, service: Service) -> None:
    before = places(ledger)
    first = next(row for row in operations(ledger, "order_3") if row.sequence == 20)
    service.move(possible(service, later(first, 30)), KIM, "one")
    between = places(ledger)
    service.move(possible(service, later(last_weld(ledger, "order_2"), 30)), KIM, "two")
    undone = service.undo(KIM)
    assert (undone.exact, undone.change.reason, places(ledger)) == (True, "two", between)
    assert service.undo(KIM).exact
    assert places(ledger) == before
    assert not any(row.pinned for row in operations(ledger))
    assert faults(ledger, service) == []
    with pytest.raises(PlanInvalid) as refused:
        service.undo(KIM)
    assert why(refused) == "scheduler.undo.nothing"


def test_an_undo_is_refused_with_its_reason_when_the_shop_was_faster(ledger: Ledger, service: Service) -> None:
    row = last_weld(ledger, "order_1")
    service.move(possible(service, later(row, 24)), KIM)
    with pytest.raises(PlanInvalid) as refused:
        service.undo(LEE)
    assert why(refused) == "scheduler.undo.nothing", "each planner takes back their own"
    wind(ledger, service, instant(row.setup_start_s) - timedelta(hours=1))
    with pytest.raises(PlanInvalid) as refused:
        service.undo(KIM)
    assert why(refused) == "scheduler.undo.too_late"
    report_started(ledger, service, row_of(ledger, row.key), ledger.clock.now())
    with pytest.raises(PlanInvalid) as refused:
        service.undo(KIM)
    assert why(refused) == "scheduler.undo.begun"


def test_the_later_of_two_planners_is_told_what_the_first_did(ledger: Ledger, service: Service) -> None:
    row = last_weld(ledger, "order_2")
    seen = service.board().seq
    service.move(possible(service, later(row, 24)), KIM, "first")
    service.hold(parse_key(row.key), False, KIM)
    with pytest.raises(PlanChanged) as refused:
        service.move(possible(service, later(row, 48)), LEE, "second", Seen(seen))
    assert [(each["by"], each["kind"]) for each in refused.value.extra["changes"]] == [("kim", "move"), ("kim", "unlock")]
    other = last_weld(ledger, "order_3")
    told = service.board(seen)
    assert [(each.by, each.kind, each.order) for each in told.by_hand] == [("kim", "move", "order_2"), ("kim", "unlock", "order_2")]
    elsewhere = possible(service, later(other, 9 * 24))
    assert row.key not in {each.operation for each in service.preview_move(elsewhere, LEE).operations}
    service.move(elsewhere, LEE, "nobody else was there", Seen(seen))


def test_dates_that_were_not_shown_are_a_reason_to_ask_again(ledger: Ledger, service: Service) -> None:
    wish = possible(service, later(last_weld(ledger, "order_3"), 9 * 24))
    with pytest.raises(PlanChanged):
        service.move(wish, KIM, "", Seen(None, {}))
    shown = service.preview_move(wish, KIM)
    service.move(wish, KIM, "", Seen(None, {each.order: each.expected_at for each in shown.promises}))


def test_a_date_that_somebody_pays_for_right_now_is_not_moved(ledger: Ledger, service: Service) -> None:
    reserve(ledger, service, "order_4", hold=timedelta(minutes=30))
    last = last_weld(ledger, "order_4")
    with pytest.raises(PlanInvalid) as refused:
        service.move(later(last, 7 * 24), KIM)
    assert why(refused) == "scheduler.move.held"
    assert reservation(ledger, "order_4").state == "held"


def test_released_work_that_moves_gets_a_new_revision(ledger: Ledger, service: Service) -> None:
    row = next(row for row in operations(ledger, "order_2") if row.sequence == 20)
    wind(ledger, service, ledger.clock.now() + timedelta(minutes=1))
    assert row_of(ledger, row.key).revision == 1, "in the shop already"
    service.move(possible(service, later(row, 48)), KIM)
    assert row_of(ledger, row.key).revision == 2
    last = emitted(ledger, OperationsReleased)[-1]
    assert row.key in {str(operation.key) for operation in last.operations}


def test_every_change_is_in_the_audit_trail_with_its_reason(ledger: Ledger, service: Service) -> None:
    row = last_weld(ledger, "order_2")
    service.move(possible(service, later(row, 24)), KIM, "fixture")
    service.undo(KIM)
    settled(ledger, service)
    with ledger.reading() as session:
        rows = session.connection().execute(AUDIT.select().where(AUDIT.c.action.like("plan.%")).order_by(AUDIT.c.seq)).all()
    assert [(row.actor, row.action) for row in rows][-2:] == [("staff_kim", "plan.move"), ("staff_kim", "plan.undo")]
    assert rows[-2].facts["reason"] == "fixture"


def test_a_lock_yields_only_to_what_makes_it_impossible(ledger: Ledger) -> None:
    service = opened(ledger, PLANT)
    placed(ledger, service, "order_1", "order_2")
    weld = next(row for row in operations(ledger, "order_1") if row.sequence == 20)
    service.hold(parse_key(weld.key), True, KIM)
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    report_started(ledger, service, cut, instant(weld.start_s))
    moved = row_of(ledger, weld.key)
    assert moved.start_s >= weld.start_s + (cut.end_s - cut.start_s)
    assert moved.pinned, "it holds where it stands now"
    assert faults(ledger, service) == []
