"""A promise is a date that holds: quoted without a trace, reserved with one, and explained."""

from datetime import timedelta

import pytest

from contracts.problems import NoPromise
from contracts.product import BomLine, OperationSpec
from contracts.promise import PieceDemand, PromiseRequest
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.delivery import due_s, promised_at
from scheduler.engine.materials import Materials, Supply, supplies_at
from scheduler.engine.opening import later_s
from scheduler.engine.operations import instant, seconds_of
from scheduler.engine.plant import Plant, parse_plant
from scheduler.engine.promise import allowed_s, quote, reserve
from scheduler.engine.validator import violations
from tests.workshop import DRAWN, LABEL, moment

HOUR_S = 3600
NOW_S = moment("2026-11-23T05:00")
TEXT = DRAWN.format(holiday="2026-12-25", absent="2020-01-02", service="2020-01-03", setup_b=0, off="")
PLANT = parse_plant(TEXT + "items:\n  bolt: {unit: piece, lead_days: 9}\n")


def step(sequence: int, group: str, hours: int, *after: int) -> OperationSpec:
    return OperationSpec(
        sequence=sequence, name=group, label=LABEL, machine_group=group, setup_family="red", run_s=hours * HOUR_S, after=after
    )


def bolts(quantity: int, operation: int = 10) -> BomLine:
    return BomLine(item="bolt", label=LABEL, quantity=quantity, unit="piece", operation=operation)


def request(*steps: OperationSpec, materials: tuple[BomLine, ...] = ()) -> PromiseRequest:
    return PromiseRequest(key="k", routing=steps, materials=materials)


def demand(piece: str, asked: PromiseRequest) -> PieceDemand:
    return PieceDemand(piece=piece, specification_sha256="", request=asked)


def fresh(plant: Plant = PLANT, supplies: tuple[Supply, ...] = ()) -> tuple[CapacityIndex, Materials]:
    return CapacityIndex(plant, NOW_S, NOW_S + 40 * 86_400), Materials(plant, supplies)


ROUTE = request(step(10, "B", 2), step(20, "O", 3, 10), step(30, "B", 1, 20))


def test_a_quote_leaves_no_trace_and_is_what_a_reservation_gets() -> None:
    index, materials = fresh()
    first = quote(index, PLANT, materials, ROUTE, NOW_S)
    assert index.placements() == []
    assert quote(index, PLANT, materials, ROUTE, NOW_S) == first
    booked = reserve(index, PLANT, materials, "o", [demand("p", ROUTE)], "NL", NOW_S)
    assert (instant(booked.finish_s), instant(booked.promised_s)) == (first.finish_at, first.promised_at)
    assert violations(PLANT, booked.operations, booked.placements) == []


def test_the_same_hour_is_not_promised_twice() -> None:
    index, materials = fresh()
    everything = [reserve(index, PLANT, materials, f"o{n}", [demand(f"p{n}", ROUTE)], "NL", NOW_S) for n in range(20)]
    operations = [entry for booked in everything for entry in booked.operations]
    assert violations(PLANT, operations, index.placements()) == []
    assert everything[-1].finish_s > everything[0].finish_s


def test_a_margin_moves_the_promised_date_by_open_hours_and_books_nothing() -> None:
    index, materials = fresh()
    plain = quote(index, PLANT, materials, ROUTE, NOW_S)
    careful = quote(index, PLANT, materials, ROUTE, NOW_S, 20 * HOUR_S)
    assert careful.finish_at == plain.finish_at
    assert plain.finish_at is not None
    assert careful.promised_at == instant(promised_at(PLANT, later_s(PLANT, seconds_of(plain.finish_at), 20 * HOUR_S), "NL"))
    assert careful.promised_at > plain.promised_at
    booked = reserve(index, PLANT, materials, "o", [demand("p", ROUTE)], "NL", NOW_S, 20 * HOUR_S)
    assert instant(booked.promised_s) == careful.promised_at
    assert instant(booked.finish_s) == plain.finish_at
    assert {entry.due_s for entry in booked.operations} == {due_s(PLANT, booked.promised_s, "NL")}


def test_a_promise_far_ahead_has_a_longer_margin_than_a_near_one() -> None:
    plant = parse_plant(TEXT.replace("planning: {", "planning: {margin_percent: 50, ", 1))
    for finish_h in (8, 32):
        finish_s = later_s(plant, NOW_S, finish_h * HOUR_S)
        assert allowed_s(plant, NOW_S, finish_s, 2 * HOUR_S) == later_s(plant, NOW_S, (finish_h + finish_h // 2 + 2) * HOUR_S)
        assert allowed_s(PLANT, NOW_S, finish_s, 2 * HOUR_S) == later_s(plant, NOW_S, (finish_h + 2) * HOUR_S)


def test_an_order_of_several_pieces_is_promised_when_the_last_is_done() -> None:
    index, materials = fresh()
    alone = quote(index, PLANT, materials, ROUTE, NOW_S)
    booked = reserve(index, PLANT, materials, "o", [demand("p", ROUTE), demand("q", ROUTE)], "NL", NOW_S)
    assert alone.finish_at is not None
    assert instant(booked.finish_s) > alone.finish_at
    assert {entry.due_s for entry in booked.operations} == {due_s(PLANT, booked.promised_s, "NL")}


def test_missing_material_is_bought_and_is_what_the_date_hangs_on() -> None:
    index, materials = fresh()
    answer = quote(index, PLANT, materials, request(step(10, "B", 1), materials=(bolts(4),)), NOW_S)
    assert answer.binding.id == "scheduler.binding.material"
    assert answer.finish_at is not None
    assert answer.finish_at >= instant(NOW_S) + timedelta(days=9)


def test_a_full_machine_is_what_the_date_hangs_on() -> None:
    index, materials = fresh()
    assert quote(index, PLANT, materials, ROUTE, NOW_S).binding.id == "scheduler.binding.work"
    for number in range(12):
        reserve(index, PLANT, materials, f"o{number}", [demand(f"p{number}", request(step(10, "B", 7)))], "NL", NOW_S)
    assert quote(index, PLANT, materials, ROUTE, NOW_S).binding.id == "scheduler.binding.machine"


def test_what_has_no_room_is_refused_and_leaves_no_trace() -> None:
    index, materials = fresh(supplies=(Supply("L1", "bolt", "L1", 10, NOW_S),))
    impossible = request(step(10, "B", 2), step(20, "B", 30, 10), materials=(bolts(4),))
    assert quote(index, PLANT, materials, impossible, NOW_S).finish_at is None
    possible = request(step(10, "B", 1), materials=(bolts(4),))
    with pytest.raises(NoPromise):
        reserve(index, PLANT, materials, "o", [demand("p", possible), demand("q", impossible)], "NL", NOW_S)
    assert index.placements() == []
    assert [entry.quantity for entry in materials.supplies()] == [10]


def test_a_line_takes_one_lot_before_it_is_split() -> None:
    small, large = Supply("L1", "bolt", "L1", 3, NOW_S), Supply("L2", "bolt", "L2", 10, NOW_S)
    assert [entry.lot for entry in fresh(supplies=(small, large))[1].allocate([bolts(4)], NOW_S)] == ["L2"]
    parts = fresh(supplies=(small,))[1].allocate([bolts(4)], NOW_S)
    assert [(entry.lot, entry.quantity) for entry in parts] == [("L1", 3), (None, 1)]


def test_an_awaited_receipt_serves_when_it_comes_and_only_once() -> None:
    receipt = Supply("R1", "bolt", None, 5, NOW_S + 86_400)
    materials = fresh(supplies=(receipt,))[1]
    first = materials.allocate([bolts(4)], NOW_S)
    materials.take(first)
    second = materials.allocate([bolts(4)], NOW_S)
    assert [(entry.supply, entry.available_s) for entry in first] == [("R1", NOW_S + 86_400)]
    assert [(entry.supply, entry.quantity) for entry in second] == [("R1", 1), (None, 3)]
    materials.give_back(first)
    assert materials.supplies() == [receipt]


def test_two_lines_of_a_piece_do_not_take_the_same_bolts() -> None:
    lots = fresh(supplies=(Supply("L1", "bolt", "L1", 5, NOW_S),))[1]
    parts = lots.allocate([bolts(4, 10), bolts(4, 20)], NOW_S)
    assert sum(entry.quantity for entry in parts if entry.supply == "L1") == 5


def test_the_stock_of_the_plant_file_is_taken_into_use() -> None:
    stock = "lots: [{lot: L1, quantity: 7}], receipts: [{receipt: R1, quantity: 5, in_days: 2}]"
    plant = parse_plant(TEXT + f"items:\n  bolt: {{unit: piece, lead_days: 9, {stock}}}\n")
    found = [(entry.supply, entry.lot, entry.available_s - NOW_S) for entry in supplies_at(plant, NOW_S)]
    assert found == [("L1", "L1", 0), ("R1", None, 2 * 86_400)]
