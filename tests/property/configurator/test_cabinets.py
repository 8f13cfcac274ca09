"""Any cabinet that can be designed: its shelves hardly sag, it stands, its boards go together again, it can be drawn and made."""

import math
from itertools import combinations

from hypothesis import HealthCheck, given, settings

from configurator.engine.boards.cut_list import Board
from configurator.engine.picture import Portrait
from configurator.engine.product import Product
from lotone.seed import PLANT_FILE
from scheduler.engine.plant import parse_plant
from tests.assembly import Assembled, assembled
from tests.cabinets import any_cabinet, cabinets

G = 10.0
"""N/kg, as EN 14749 counts."""
E_N_MM2 = {"chipboard": 1500, "mdf": 2150, "plywood": 6000, "oak": 10_000}
DENSITY_KG_M3 = {"chipboard": 650, "mdf": 740, "plywood": 680, "oak": 700}
CREEP = 1.5
PLANT = parse_plant(PLANT_FILE.read_text("utf-8"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_cabinet())
def test_any_cabinet_holds(product: Product) -> None:
    chosen = {name: values[0] for name, values in product.chosen.items()}
    numbers = cabinets().manufacture.numbers(product)
    thickness = int(chosen["thickness"][1:])

    span = numbers["bay_width"]
    self_weight = DENSITY_KG_M3[chosen["material"]] * thickness / 1000
    load_n_mm2 = (int(chosen["load"][1:]) + self_weight) * G / 1e6
    inertia = thickness**3 / 12
    sag = CREEP * 5 * load_n_mm2 * span**4 / (384 * E_N_MM2[chosen["material"]] * inertia)
    assert sag <= span / 200

    assert numbers["height"] ** 2 + numbers["depth"] ** 2 <= numbers["room_height"] ** 2
    if chosen["anchor"] == "none" and numbers["height"] > 680:
        _stands(chosen, numbers, thickness)

    cut = cabinets().manufacture.boards(product)
    outer = Assembled(1000 * numbers["width"], 1000 * numbers["height"], 1000 * numbers["depth"])
    assert assembled(cut, chosen) == outer

    for board in cut:
        sheet = (2_800_000, 2_070_000) if board.stock == "thin" else (2_500_000, 1_250_000)
        assert board.cut_length_um <= sheet[0] or board.stock == "thin"
        assert sorted((board.cut_length_um, board.cut_width_um)) <= sorted(sheet)
        assert min(board.cut_length_um, board.cut_width_um) <= sheet[1]
        _holes_keep_apart(board)

    for view in ("front", "inside", "side"):
        assert Portrait(cabinets(), product).drawn("zh", view)
    assert all(operation.run_s > 0 for operation in cabinets().manufacture.routing(product))
    for line in cabinets().manufacture.materials(product):
        assert line.unit == PLANT.items[line.item].unit
    assert cabinets().manufacture.quality(product)


def _holes_keep_apart(board: Board) -> None:
    """At least 2 mm of wood between any two holes of the face, and between a hole and a groove."""
    drilled = [hole for hole in board.holes if hole.face == "face"]
    for one, other in combinations(drilled, 2):
        apart = math.dist(one.at, other.at)
        assert apart >= (one.diameter_um + other.diameter_um) / 2 + 2000
    for groove in board.grooves:
        for hole in drilled:
            assert abs(hole.at[1] - groove.start[1]) >= (groove.width_um + hole.diameter_um) / 2 + 2000


def _stands(chosen: dict[str, str], numbers: dict[str, int], thickness: int) -> None:
    """On carpet (tilted by 11 mm), about the front edge of the sides: sides, top and bottom alone outweigh the pull."""
    height, width, depth = numbers["height"], numbers["width"], numbers["carcass_depth"]
    area_mm2 = 2 * depth * (numbers["height"] + width - 2 * thickness)
    mass_kg = DENSITY_KG_M3[chosen["material"]] * thickness * area_mm2 / 1e9
    lever_mm = depth / 2 - 11 / depth * height / 2
    assert mass_kg * lever_mm * G >= 45 * height
