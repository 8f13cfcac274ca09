"""Boards of a cabinet: they go together again, the bill of materials follows from them, machine files say the same when read back."""

import csv
import io

import ezdxf
import pytest

from configurator.engine.boards.cut_list import Board
from configurator.engine.boards.dxf import board_dxf
from configurator.engine.boards.table import cut_list_csv, dxf_name
from configurator.engine.configurator import compile_family
from configurator.engine.family.parse import parse_family
from configurator.engine.family_check import check_family
from contracts.problems import SourceInvalid
from tests.assembly import Assembled, assembled
from tests.cabinets import cabinet, cabinets
from tests.families import text_of


def boards(**given: str | int) -> dict[str, Board]:
    return {board.name: board for board in cabinets().manufacture.boards(cabinet(**given))}


def quantities(**given: str | int) -> dict[str, int]:
    return {line.item: line.quantity for line in cabinets().manufacture.materials(cabinet(**given))}


def test_the_default_cabinet_goes_together_again() -> None:
    found = cabinet()
    chosen = {name: values[0] for name, values in found.chosen.items()}
    assert assembled(cabinets().manufacture.boards(found), chosen) == Assembled(1_500_000, 860_000, 420_000)


def test_a_dowel_leaves_room_for_glue_and_no_groove_runs_out_of_a_side() -> None:
    found = boards(back="solid")
    in_side = next(hole for hole in found["side"].holes if hole.diameter_um == 8000)
    for name in ("top_and_bottom", "bottom", "divider"):
        in_edge = next(hole for hole in found[name].holes if hole.face == "start")
        assert in_side.depth_um + in_edge.depth_um == 35_000 + 2_000
    (groove,) = found["side"].grooves
    reach = found["side"].thickness_um - groove.depth_um
    assert 0 < groove.start[0] - groove.width_um // 2 < groove.start[0] <= reach - groove.width_um // 2
    assert groove.start[0] == found["side"].length_um - groove.end[0]


def test_legs_and_drawer_fronts_have_their_screw_holes() -> None:
    found = boards(base="oak_legs", width=1500, drawers="d3", drawer_bays="left")
    lines = quantities(base="oak_legs", width=1500, drawers="d3", drawer_bays="left")
    for_legs = [hole for hole in found["bottom"].holes if hole.diameter_um == 7000]
    assert len(for_legs) == lines["screw.leg"] == 4 * lines["leg.oak"]
    front = found["drawer_front_end_outer"]
    assert front.quantity * len(front.holes) == lines["screw.front"]
    assert not found["drawer_end_outer"].holes
    assert "bottom" not in boards(base="plinth")
    assert boards(base="plinth")["top_and_bottom"].quantity == 2


def test_edging_is_taken_off_the_cut_size() -> None:
    door = boards(material="chipboard", edging="abs2", doors="single", drawer_bays="none")["door_left"]
    assert (door.length_um - door.cut_length_um, door.width_um - door.cut_width_um) == (4000, 4000)
    side = boards(material="chipboard", edging="abs1")["side"]
    assert (side.length_um - side.cut_length_um, side.width_um - side.cut_width_um) == (2000, 1000)


def test_the_bill_of_materials_follows_from_the_boards() -> None:
    found = cabinet(material="chipboard", edging="abs1", colour="sand")
    lines = {line.item: line for line in cabinets().manufacture.materials(found)}
    cut = cabinets().manufacture.boards(found)
    carcass = [board for board in cut if board.stock == "carcass"]
    area = -(-sum(board.quantity * board.cut_length_um * board.cut_width_um for board in carcass) // 10**8)
    assert (lines["sheet.chipboard.sand.t19"].quantity, lines["sheet.chipboard.sand.t19"].unit) == (area * 115 // 100, "cm2")
    side = next(board for board in cut if board.name == "side")
    assert side.edging_um == side.length_um + 2 * side.width_um
    banded = -(-sum(board.quantity * board.edging_um for board in carcass) // 1000)
    assert banded * 110 // 100 < lines["edge.abs1.sand"].quantity < banded * 3
    assert lines["shelf_pin"].quantity == 4 * sum(board.quantity for board in cut if board.name.startswith("shelf_"))


def test_grain_stands_upright_on_every_front_and_side() -> None:
    found = boards(material="oak", bays="b3", doors="single", drawer_bays="left")
    assert {found[name].grain for name in ("side", "door_left", "door_right", "drawer_front")} == {"length"}
    assert found["door_left"].length_um > found["door_left"].width_um


def test_the_cut_list_is_read_back_as_it_is() -> None:
    cut = cabinets().manufacture.boards(cabinet())
    rows = list(csv.DictReader(io.StringIO(cut_list_csv(cut).decode("utf-8-sig"))))
    assert [row["board"] for row in rows] == [board.name for board in cut]
    for row, board in zip(rows, cut, strict=True):
        assert round(float(row["length_mm"]) * 1000) == board.length_um
        assert round(float(row["cut_width_mm"]) * 1000) == board.cut_width_um
        assert int(row["quantity"]) == board.quantity
        assert row["file"] == dxf_name(board)
    assert rows[0]["label_zh"] == "侧板"


@pytest.mark.parametrize(
    "given", [{}, {"fronts": "inset", "handle": "bar"}, {"material": "chipboard", "edging": "abs2", "drawer_bays": "all"}]
)
def test_a_drilled_board_is_read_back_as_it_is(given: dict[str, str | int]) -> None:
    for board in boards(**given).values():
        written = board_dxf(board)
        assert written == board_dxf(board)
        document = ezdxf.read(io.StringIO(written.decode("ascii")))
        assert not document.audit().errors
        sheet = document.modelspace()
        (outline,) = sheet.query('POLYLINE[layer=="OUTLINE"]')
        corners = [(round(point.x * 1000), round(point.y * 1000)) for point in outline.points()]
        assert corners == [(0, 0), (board.length_um, 0), (board.length_um, board.width_um), (0, board.width_um)]
        circles = sorted(
            (round(each.dxf.center.x * 1000), round(each.dxf.center.y * 1000), round(each.dxf.radius * 2000), each.dxf.layer)
            for each in sheet.query("CIRCLE")
        )
        assert circles == sorted(
            (*hole.at, hole.diameter_um, f"DRILL_D{hole.diameter_um // 1000}_Z{hole.depth_um // 1000}")
            for hole in board.holes
            if hole.face == "face"
        )
        edge_lines = [each for each in sheet.query("LINE") if each.dxf.layer.startswith("EDGE_")]
        assert sorted(
            (round(each.dxf.start.x * 1000), round(each.dxf.start.y * 1000), round(each.dxf.start.z * 1000)) for each in edge_lines
        ) == sorted((0 if hole.face == "start" else board.length_um, *hole.at) for hole in board.holes if hole.face != "face")
        grooves = [each for each in sheet.query("POLYLINE") if each.dxf.layer.startswith("GROOVE_")]
        assert len(grooves) == len(board.grooves)
        for drawn, groove in zip(grooves, board.grooves, strict=True):
            across = [point.y for point in drawn.points()]
            assert round((max(across) - min(across)) * 1000) == groove.width_um
            assert round((max(across) + min(across)) * 500) == groove.start[1]
        bands = [each for each in sheet.query("LINE") if each.dxf.layer == "BAND"]
        assert len(bands) == sum(1 for thickness in board.edges_um.values() if thickness)
        grain = sheet.query('LINE[layer=="GRAIN"]')
        assert len(grain) == (board.grain != "none")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("depth: 13000, at: [row_start", "depth: 30000, at: [row_start"),  # through the face and out again
        ("at: [row_start, row_front]", "at: [row_start, 0 - row_front]"),  # beside the board
        (
            "from: [groove_end, groove_at], to: [side_length - groove_end, groove_at]",
            "from: [0, groove_at], to: [side_length, row_front]",
        ),  # askew
        ("length: clear_outer - 2000", "length: clear_outer - 2000000"),  # without length
    ],
)
def test_a_board_that_cannot_be_made_keeps_the_family_from_being_published(right: str, wrong: str) -> None:
    text = text_of("cabinet")
    assert right in text
    found = check_family(compile_family(parse_family(text.replace(right, wrong, 1))))
    assert "configurator.fault.board_impossible" in {each.message for each in found if each.severity == "error"}


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("quantity: drawers_outer + drawers_inner, at: fit", "quantity: drawers_everywhere, at: fit", "unknown_name"),
        ("stock: thin\n", "stock: thinner\n", "unknown_name"),
        ("    - board: divider\n", "    - board: side\n", "twice"),
        ("    row_holes: (side_length", "    width: (side_length", "twice"),
    ],
)
def test_faults_of_the_section_are_told_with_their_lines(right: str, wrong: str, message: str) -> None:
    text = text_of("cabinet")
    assert right in text
    with pytest.raises(SourceInvalid) as refused:
        parse_family(text.replace(right, wrong, 1))
    line = text[: text.index(right)].count("\n") + 1
    assert any(each["message"] == f"configurator.fault.{message}" and each["line"] >= line for each in refused.value.extra["lines"])
