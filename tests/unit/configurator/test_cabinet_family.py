"""What the cabinet family promises: hardware by size, times and groups by the choices, nominals of the customer's own, plausible prices."""

import pytest

from configurator.engine.decisions import NONE
from contracts.problems import DecisionRefused
from tests.cabinets import cabinet, cabinets
from tests.families import changes


def quantities(**given: str | int) -> dict[str, int]:
    return {line.item: line.quantity for line in cabinets().manufacture.materials(cabinet(**given))}


def test_it_offers_choice_enough() -> None:
    family = cabinets().family
    assert len(family.options) >= 17
    assert [name for name, each in family.dimensions.items() if each.measure] == ["wall_width", "room_height"]
    assert len(family.rules) >= 35


@pytest.mark.parametrize(("height", "hinges"), [(800, 2), (1200, 3), (1900, 4), (2400, 5)])
def test_a_taller_door_hangs_on_more_hinges(height: int, hinges: int) -> None:
    found = quantities(height=height, room_height=2700, drawer_bays="none", doors="single", bays="b3", base="plinth")
    assert (found["hinge.overlay.soft"], found["hinge.half.soft"]) == (2 * hinges, hinges)


@pytest.mark.parametrize(
    ("bays", "doors", "drawer_bays", "on_sides", "on_dividers"),
    [
        ("b1", "single", "none", 1, 0),
        ("b1", "pair", "none", 2, 0),
        ("b2", "single", "left", 1, 0),
        ("b3", "pair", "none", 2, 4),
        ("b4", "single", "left", 1, 2),
    ],
)
def test_doors_on_dividers_get_half_overlay_hinges(bays: str, doors: str, drawer_bays: str, on_sides: int, on_dividers: int) -> None:
    width = {"b1": 580, "b2": 1100, "b3": 1500, "b4": 1800}[bays]
    found = quantities(bays=bays, width=width, doors=doors, drawer_bays=drawer_bays, base="plinth", fronts="overlay")
    assert (found["hinge.overlay.soft"], found.get("hinge.half.soft", 0)) == (2 * on_sides, 2 * on_dividers)


@pytest.mark.parametrize(("depth", "runner"), [(320, 250), (420, 350), (460, 400), (650, 550)])
def test_drawers_run_on_the_longest_runner_that_fits(depth: int, runner: int) -> None:
    assert quantities(depth=depth, drawer_bays="left", drawers="d3")[f"runner.{runner}.soft"] == 3


def test_a_cabinet_without_doors_or_drawers_has_no_door_width_and_no_runners() -> None:
    shown = {
        names: {each.name for each in cabinets().manufacture.specification(product, NONE, cabinets().pricing.price(product)).dimensions}
        for names, product in {
            "doors": cabinet(doors="single", drawer_bays="none", drawers="d0"),
            "open": cabinet(fronts="open", doors="none", drawer_bays="none", drawers="d0", opening="none", handle="none"),
        }.items()
    }
    assert shown["doors"] - shown["open"] == {"door_width"}
    assert not {"drawer_front", "runner_length"} & shown["doors"]
    assert cabinets().family.headline == ("width", "height", "depth")


def test_a_longer_span_asks_for_a_stiffer_board() -> None:
    """The widest single bay for books: oak of 25 mm carries almost 1.4 m, chipboard of 25 mm hardly 0.8 m."""
    widest = {}
    for material in ("chipboard", "mdf", "plywood", "oak"):
        decided = cabinets().decide(NONE, changes({"material": material, "bays": "b1", "load": "l75", "fronts": "open"}))
        found = cabinets().possibilities(decided)
        assert found is not None
        widest[material] = max(high for _, high, _ in found.numbers["width"])
    assert list(widest) == sorted(widest, key=lambda material: widest[material])
    assert widest["chipboard"] < 900 < 1300 < widest["oak"] < 1600


def test_a_deep_heavy_cabinet_may_stand_freely_and_a_light_one_may_not() -> None:
    heavy = {"anchor": "none", "height": 860, "drawer_bays": "none", "doors": "pair", "bays": "b4", "width": 1800, "depth": 650}
    assert cabinets().decide(NONE, changes({**heavy, "material": "oak", "thickness": "t25"}))
    with pytest.raises(DecisionRefused):
        cabinets().decide(NONE, changes({**heavy, "depth": 350}))


def test_what_is_not_made_takes_no_time() -> None:
    lacquered = {each.name: each for each in cabinets().manufacture.routing(cabinet())}
    decor = {each.name: each for each in cabinets().manufacture.routing(cabinet(material="chipboard", edging="abs1", drawer_bays="none"))}
    assert {"sand", "coat", "dry", "boxes"} <= lacquered.keys()
    assert "band" not in lacquered
    assert {"sand", "coat", "dry", "boxes"}.isdisjoint(decor)
    assert decor["band"].setup_family == "abs1.white"
    assert decor["assemble"].after == (decor["drill"].sequence,)
    assert 3 * 3600 < sum(each.run_s for each in lacquered.values() if each.name != "dry") < 7 * 3600


def test_checkpoints_carry_the_customers_own_nominals() -> None:
    quality = {each.checkpoint: each for each in cabinets().manufacture.quality(cabinet(width=1340, height=900, depth=470))}
    assert (quality["carcass_width"].lower, quality["carcass_width"].nominal, quality["carcass_width"].unit) == (1_339_000, 1_340_000, "um")
    assert quality["side_length"].nominal == 1000 * (900 - 150)
    assert (quality["height_as_built"].nominal, quality["depth_as_built"].nominal) == (900_000, 470_000)
    assert quality["carcass_square"].critical


def test_a_side_cut_too_short_is_cut_anew_before_anything_is_drilled() -> None:
    found = cabinet()
    names = {operation.sequence: operation.name for operation in cabinets().manufacture.routing(found)}
    checks = {each.checkpoint: each for each in cabinets().manufacture.quality(found)}
    assert {names[sequence] for sequence in checks["side_length"].restart} == {"saw"}
    assert {names[sequence] for sequence in checks["row_distance"].restart} == {"saw", "drill"}


def test_prices_span_from_a_small_decor_cabinet_to_an_oak_sideboard() -> None:
    small = cabinet(width=400, height=500, depth=300, bays="b1", material="chipboard", drawer_bays="none", doors="single")
    large = cabinet(width=2400, height=900, bays="b4", material="oak", thickness="t25", drawer_bays="left", drawers="d4", fronts="overlay")
    assert 150_000 < cabinets().pricing.price(small).total.amount < 350_000
    assert 1_400_000 < cabinets().pricing.price(large).total.amount < 2_400_000


def test_the_room_is_not_in_the_specification() -> None:
    found = cabinet(wall_width=2780, room_height=2480)
    text = cabinets().manufacture.specification(found, NONE, cabinets().pricing.price(found)).model_dump_json()
    assert "2780" not in text
    assert "2480" not in text
