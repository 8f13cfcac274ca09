"""What the bicycle family promises: each clash by its rule, a bicycle for nearly everybody, price, operations, checkpoints."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

import configurator
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Decision, Decisions
from configurator.engine.family.parse import parse_family
from configurator.engine.product import Product
from contracts.problems import DecisionRefused
from tests.families import changes

FAMILIES = Path(configurator.__file__).parent / "families"
FAMILY = parse_family((FAMILIES / "bicycle.yaml").read_text("utf-8"))
RIDERS = list(csv.DictReader((FAMILIES / "people.csv").read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def bicycles() -> CompiledFamily:
    return compile_family(FAMILY)


def measures(rider: Mapping[str, str]) -> dict[str, int]:
    """A person's two lengths from the survey's columns, as docs/bicycle.md says."""
    stature, inseam, arm = (int(rider[column]) for column in ("stature", "crotchheight", "sleeveoutseam"))
    return {"inseam": inseam, "body_reach": stature * 82 // 100 - inseam + arm + 75}


def changes_made(given: Mapping[str, str | int]) -> Decisions:
    return frozenset(
        Decision(name, value) if isinstance(value, int) else Decision(f"{name}.{value}", True) for name, value in given.items()
    )


def product(bicycles: CompiledFamily, **given: str | int) -> Product:
    return bicycles.reference(bicycles.decide(NONE, changes(given)))


def test_it_offers_choice_enough() -> None:
    assert len(FAMILY.options) + len(FAMILY.dimensions) + len(FAMILY.derived) >= 25
    assert len(FAMILY.rules) >= 30


def test_the_very_first_question_may_be_about_a_choice() -> None:
    assert compile_family(FAMILY).state(changes_made({"style": "city"})).statuses["bar.drop"] == "excluded"


def test_nearly_everybody_gets_a_bicycle_and_the_others_a_reason(bicycles: CompiledFamily) -> None:
    assert len(RIDERS) == 200
    refused = []
    for rider in RIDERS:
        try:
            bicycles.decide(NONE, changes(measures(rider)))
        except DecisionRefused as refusal:
            refused.append(refusal.extra["reasons"])
    assert len(refused) <= 6
    assert all(refused)


def test_short_middling_and_tall_riders_get_every_use(bicycles: CompiledFamily) -> None:
    for inseam, arms in ((705, 1060), (830, 1260), (960, 1400)):
        for style in FAMILY.options["style"].values:
            assert product(bicycles, inseam=inseam, body_reach=arms, style=style).chosen["style"] == (style,)


def test_saddle_and_frame_follow_the_body(bicycles: CompiledFamily) -> None:
    found = product(bicycles, inseam=850, body_reach=1300)
    numbers = bicycles.manufacture.numbers(found)
    assert {name: numbers[name] for name in ("saddle_height", "seat_tube", "stack", "reach")} == {
        "saddle_height": 750,
        "seat_tube": 525,
        "stack": 580,
        "reach": 390,
    }


def test_no_measure_of_the_body_is_in_the_specification(bicycles: CompiledFamily) -> None:
    found = product(bicycles, inseam=853, body_reach=1307)
    text = bicycles.manufacture.specification(found, NONE, bicycles.pricing.price(found)).model_dump_json(exclude={"family_sha256"})
    assert "inseam" not in text
    assert "853" not in text
    assert "1307" not in text


def test_prices_span_what_bicycles_cost(bicycles: CompiledFamily) -> None:
    simple = product(
        bicycles, style="city", material="aluminium", brake="v_brake", drive="hub_gear", speeds="s7", fork="steel",
        pedals="none", bell="none", tyres="t28", spindle="square", bar="flat",
    )  # fmt: skip
    dear = product(
        bicycles, style="road", material="titanium", rim="carbon_disc", speeds="s12", drive="two_by", seat="leather",
        post="carbon", lights="dynamo", sealing="tubeless", pedals="clip", spindle="s30",
    )  # fmt: skip
    assert 400_000 < bicycles.pricing.price(simple).total.amount < 560_000
    assert 2_800_000 < bicycles.pricing.price(dear).total.amount < 3_500_000


def test_the_three_branches_meet_at_assembly(bicycles: CompiledFamily) -> None:
    found = product(bicycles)
    routing = bicycles.manufacture.routing(found)
    sequences = {operation.name: operation.sequence for operation in routing}
    pictures = {each.operation: each.picture for each in bicycles.manufacture.story(found)}
    assert {pictures[sequences[name]] for name in ("lace", "true_wheels")} == {"drawing.wheels"}
    after = {operation.name: {name for name, sequence in sequences.items() if sequence in operation.after} for operation in routing}
    assert [operation.machine_group for operation in routing] == [
        "CUT", "WELD", "ALIGN", "PREP", "PAINT", "CURE", "LACE", "TRUE", "FORK", "ASSY", "BRAKE", "INSP", "PACK",
    ]  # fmt: skip
    assert after["assemble"] == {"cure", "true_wheels", "fork"}
    assert [name for name, waits in after.items() if not waits] == ["cut", "lace", "fork"]


def test_times_and_setups_depend_on_the_choices(bicycles: CompiledFamily) -> None:
    steel, titanium = (product(bicycles, material=material, colour="coral") for material in ("steel", "titanium"))
    one, other = ({operation.name: operation for operation in bicycles.manufacture.routing(each)} for each in (steel, titanium))
    assert one["weld"].run_s < other["weld"].run_s
    assert (one["weld"].setup_family, other["weld"].setup_family) == ("steel", "titanium")
    assert one["paint"].setup_family == "coral"
    assert one["lace"].setup_family == "alloy_disc"


def test_every_part_is_consumed_by_an_operation_that_is_made(bicycles: CompiledFamily) -> None:
    found = product(bicycles, drive="hub_gear", transmission="belt", lights="dynamo", rack="rear", style="city")
    materials = {line.item: line for line in bicycles.manufacture.materials(found)}
    sequences = {operation.sequence for operation in bicycles.manufacture.routing(found)}
    assert {line.operation for line in materials.values()} <= sequences
    assert sum(line.quantity for line in bicycles.manufacture.materials(found) if line.item.startswith("spoke.")) == 64
    assert "gear_hub.s11.thru.n32" in materials
    assert {"belt.122", "sprocket.belt24", "dropouts.sliding.thru_142"} <= set(materials)
    assert "chain_tensioner" not in materials
    assert not any(item.startswith("cassette") for item in materials)


def test_a_material_named_by_a_choice_says_what_it_is(bicycles: CompiledFamily) -> None:
    materials = {line.item.partition(".")[0]: line.label for line in bicycles.manufacture.materials(product(bicycles))}
    assert materials["head_tube"].en.startswith("Head tube: ")
    assert materials["head_tube"].zh.startswith("头管：")
    assert not [label.en for label in materials.values() if label.en[0].isdigit()]
    assert materials["stem"].en == "Stem: 100 mm"
    assert materials["tyre"].zh == "外胎（轮径、宽度、胎纹、密封）：700c（622）、40 毫米、细纹胎、有内胎"
    assert materials["crankset"].en == "Crankset 1×46 teeth (spindle, length): 24 mm, 170 mm"
    assert materials["rim_tape"].en == "Cloth rim tape (inner rim width): 21 mm"


HUBS = {"front": (45, 22, 34), "dynamo": (54, 26, 32), "rear": (49, 34, 20), "gear": (93, 30, 28)}
"""Hole circle, flange left and right of the middle, in millimetres: docs/bicycle.md."""


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"spokes": "n24", "rated_load": "u90"},
        {"rim": "carbon_disc", "spokes": "n32"},
        {"drive": "hub_gear", "bar": "flat", "front_hub": "dynamo", "spokes": "n32"},
        {"drive": "hub_gear", "bar": "swept", "spokes": "n36", "wheels": "w650b"},
        {"wheels": "w650b", "spokes": "n32"},
    ],
)
def test_a_spoke_is_as_long_as_hub_and_rim_say(bicycles: CompiledFamily, given: dict[str, str | int]) -> None:
    found = product(bicycles, **given)
    chosen = {name: values[0] for name, values in found.chosen.items()}
    numbers = bicycles.manufacture.numbers(found)
    effective = {"alloy_track": 598, "alloy_disc": 596, "carbon_disc": 560}[chosen["rim"]] - (38 if chosen["wheels"] == "w650b" else 0)
    count = int(chosen["spokes"][1:])
    gear = chosen["drive"] == "hub_gear"
    wheels = {"front": "dynamo" if chosen["front_hub"] == "dynamo" else "front", "rear": "gear" if gear else "rear"}
    for wheel, hub in wheels.items():
        circle, *sides = HUBS[hub]
        crossings = 2 if hub == "gear" or count == 24 else 3
        turn = math.radians(720 * crossings / count)
        for side, off in zip(("left", "right"), sides, strict=True):
            squared = (effective / 2) ** 2 + (circle / 2) ** 2 + off**2 - effective * circle / 2 * math.cos(turn)
            assert abs(math.sqrt(squared) - 1.3 - numbers[f"spoke_{wheel}_{side}"]) <= 1.5


def test_a_hub_gear_with_a_chain_has_its_tensioner(bicycles: CompiledFamily) -> None:
    found = {line.item for line in bicycles.manufacture.materials(product(bicycles, drive="hub_gear", transmission="chain"))}
    assert {"chain_tensioner", "chain.single", "sprocket.chain22"} <= found


def test_checkpoints_carry_the_riders_own_nominals(bicycles: CompiledFamily) -> None:
    found = product(bicycles, inseam=850, body_reach=1300)
    quality = {each.checkpoint: each for each in bicycles.manufacture.quality(found)}
    assert (quality["saddle_as_built"].nominal, quality["saddle_as_built"].unit) == (750_000, "um")
    assert quality["frame_seat_tube"].nominal == 525_000
    assert (quality["wheel_runout"].lower, quality["wheel_runout"].upper) == (0, 500)


def test_a_bent_frame_is_made_anew_and_an_untrue_wheel_trued_again(bicycles: CompiledFamily) -> None:
    found = product(bicycles)
    sequences = {operation.name: operation.sequence for operation in bicycles.manufacture.routing(found)}
    quality = {each.checkpoint: each for each in bicycles.manufacture.quality(found)}
    assert quality["frame_centre"].disposition == "remake"
    assert quality["frame_centre"].restart == (sequences["cut"], sequences["weld"], sequences["align"])
    assert quality["wheel_runout"].disposition == "rework"
    assert quality["wheel_runout"].restart == (sequences["true_wheels"],)
    assert quality["brake_torque"].rework_s == 600


@pytest.mark.parametrize("inseam", [700, 860, 950])
@pytest.mark.parametrize("wanted", [500, 1000, 3000])
def test_the_nearest_number_to_one_that_cannot_be_had_goes_with_the_rest(bicycles: CompiledFamily, inseam: int, wanted: int) -> None:
    decisions = bicycles.decide(NONE, changes({"inseam": inseam}))
    with pytest.raises(DecisionRefused) as refused:
        bicycles.decide(decisions, changes({"body_reach": wanted}))
    (nearest,) = refused.value.extra["nearest"]
    assert bicycles.decide(decisions, changes({"body_reach": nearest["value"]})) != decisions
    beyond = nearest["value"] + (1 if wanted > nearest["value"] else -1)
    with pytest.raises(DecisionRefused):
        bicycles.decide(decisions, changes({"body_reach": beyond}))
