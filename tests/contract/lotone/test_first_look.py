"""What does a planner see at the first start? Work in progress, a load that matters, setups, and some orders that a breakdown made late."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from contracts.events import PromiseChanged
from ledger.outbox import EVENT
from lotone.backlog import first_look, make_backlog, wave_moments
from lotone.fresh import BEGINS_AT, fresh_installation
from lotone.seed import PLANT_FILE
from lotone.wiring import House
from scheduler.board import Board
from scheduler.engine.indicators import load_of_groups, load_table
from scheduler.engine.operations import Placement, seconds_of
from scheduler.engine.plant import parse_plant
from tests.conftest import START

DAY_S = 86_400
PLANT = parse_plant(PLANT_FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo plant as ``lotone seed`` leaves it on a Wednesday morning."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOTONE_HOME", str(tmp_path_factory.mktemp("home")))
        environment.setenv("LOTONE_DATABASE_URL", "")
        environment.setenv("LOTONE_BROKER_URL", "")
        moments = wave_moments(PLANT, first_look(PLANT, BEGINS_AT + timedelta(days=2, hours=5)))
        with fresh_installation(moments[0]) as (_, house):
            make_backlog(house, moments, lambda text: None)
            yield house


@pytest.fixture(scope="module")
def board(house: House) -> Board:
    return house.scheduler.board()


def test_the_bottlenecks_are_loaded_from_70_to_85_percent_over_the_next_three_working_days(house: House, board: Board) -> None:
    now_s = seconds_of(board.now)
    with house.ledger.reading() as session, house.scheduler.live.read(session, now_s) as book:
        places: list[Placement] = book.places()
        table = load_table(book.plant, places, now_s, now_s + 7 * DAY_S, book.overtime, book.breakdowns)
    load = load_of_groups(PLANT, table, 3)
    first, second = list(load)[:2]
    assert {first, second} == {"WELD", "ASSY"}, load
    assert 70 <= load[first] <= 85, load
    assert 60 <= load[second] <= 85, load
    assert board.figures.busiest in {first, second}
    assert 70 <= board.figures.busiest_percent <= 85


def test_work_is_in_progress_and_finished_and_setups_show(board: Board) -> None:
    assert board.figures.open > 30
    assert board.figures.wip >= 10
    states = {operation.state for operation in board.operations}
    assert {"done", "running", "released", "planned"} <= states
    setups = [operation for operation in board.operations if operation.setup_start_at < operation.start_at]
    assert len(setups) > len(board.operations) // 10


def test_some_orders_are_late_and_the_plan_says_why(house: House, board: Board) -> None:
    late = [order for order in board.orders if order.late]
    assert 2 <= len(late) <= 5
    assert board.figures.late == len(late)
    for order in late:
        way = house.scheduler.way(order.order)
        assert way.slack_s < 0
        assert sum(cause.seconds for cause in way.causes) > 0
    causes = {cause.kind for order in late for cause in house.scheduler.lateness(order.order).causes}
    assert "breakdown" in causes, causes


def test_the_customers_of_late_orders_were_told_of_the_breakdown(house: House, board: Board) -> None:
    with house.ledger.asking() as connection:
        told = list(connection.execute(select(EVENT.c.aggregate, EVENT.c.content).where(EVENT.c.type == "promise.changed")))
    causes = {aggregate: PromiseChanged.model_validate(content).cause.id for aggregate, content in told}
    assert {order.order for order in board.orders if order.late} <= set(causes)
    assert "scheduler.cause.machine_down" in causes.values()


def test_every_hall_has_work(board: Board) -> None:
    assert {operation.machine for operation in board.operations} >= {"WELD-1", "CLOTH-1", "SAW-1"}


def test_a_first_look_has_a_week_of_work_ahead_of_it() -> None:
    monday, friday = START.replace(day=23, hour=9), START.replace(day=27, hour=15)
    assert first_look(PLANT, monday) == first_look(PLANT, friday) == first_look(PLANT, START.replace(day=29)) == monday
    assert first_look(PLANT, START.replace(day=23, hour=6)) == START.replace(day=16, hour=9)
