"""What the shirt family promises: ease as stated, times and materials by the choices, nominals of the customer's own."""

import pytest

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE
from configurator.engine.family.parse import parse_family
from configurator.engine.product import Product
from tests.families import changes, text_of

FAMILY = parse_family(text_of("shirt"))


@pytest.fixture(scope="module")
def shirts() -> CompiledFamily:
    return compile_family(FAMILY)


def product(shirts: CompiledFamily, **given: str | int) -> Product:
    return shirts.reference(shirts.decide(NONE, changes(given)))


def test_it_asks_for_eight_measures_and_offers_choice_enough() -> None:
    assert [name for name, each in FAMILY.dimensions.items() if each.measure] == [
        "neck", "chest", "waist", "hip", "sleeve", "back_length", "biceps", "wrist",
    ]  # fmt: skip
    assert len(FAMILY.options) >= 15
    assert len(FAMILY.rules) >= 30


@pytest.mark.parametrize(("fit", "ease"), [("slim", 80), ("regular", 110), ("loose", 160)])
def test_the_finished_shirt_has_the_ease_of_its_cut(shirts: CompiledFamily, fit: str, ease: int) -> None:
    for chest in range(900, 1100, 7):
        numbers = shirts.manufacture.numbers(product(shirts, fit=fit, chest=chest, waist=chest - 90, neck=385))
        assert ease <= numbers["chest_girth"] - chest <= ease + 9
        assert ease + 10 <= numbers["waist_girth"] - (chest - 90) <= ease + 100
        assert 11 <= numbers["collar_girth"] - 385 <= 15
        assert numbers["hip_girth"] >= 990 + {"slim": 60, "regular": 80, "loose": 120}[fit]


def test_no_measure_of_the_body_is_in_the_specification(shirts: CompiledFamily) -> None:
    found = product(shirts, neck=397, chest=1003, waist=871, hip=1013, sleeve=873, biceps=347, wrist=173)
    specification = shirts.manufacture.specification(found, NONE, shirts.pricing.price(found))
    text = specification.model_dump_json(exclude={"family_sha256", "gtin"})
    for measure in ("397", "1003", "871", "1013", "873", "347", "173", "back_length", '"neck"'):
        assert measure not in text


def test_prices_span_what_made_to_measure_shirts_cost(shirts: CompiledFamily) -> None:
    simple = product(shirts, back="plain", collar="band")
    dear = product(
        shirts, fabric="stripe_navy", contrast="white", cuff="double", collar="cutaway", placket="hidden", yoke="split",
        buttons="corozo", monogram="cuff", initial="k", pocket="one", chest=1400, waist=1300, hip=1350, biceps=440, neck=450,
    )  # fmt: skip
    assert 45_000 < shirts.pricing.price(simple).total.amount < 55_000
    assert 80_000 < shirts.pricing.price(dear).total.amount < 110_000


def test_collar_and_body_meet_when_the_collar_is_set(shirts: CompiledFamily) -> None:
    routing = shirts.manufacture.routing(product(shirts, monogram="cuff", initial="k"))
    names = {operation.sequence: operation.name for operation in routing}
    after = {operation.name: {names[sequence] for sequence in operation.after} for operation in routing}
    assert after["finish"] == {"close", "collar"}
    assert after["fronts"] == {"cut", "embroider"}
    assert "embroider" not in {operation.name for operation in shirts.manufacture.routing(product(shirts))}


def test_a_second_letter_takes_time_thread_and_its_price(shirts: CompiledFamily) -> None:
    one, two = (product(shirts, monogram="cuff", initial="k", second_initial=letter) for letter in ("none", "r"))
    assert shirts.pricing.price(two).net.amount - shirts.pricing.price(one).net.amount == 1_000
    threads = [[line.quantity for line in shirts.manufacture.materials(each) if line.item == "embroidery_thread"] for each in (one, two)]
    assert threads == [[2], [3]]
    works = [next(each for each in shirts.manufacture.routing(found) if each.name == "embroider") for found in (one, two)]
    assert works[1].run_s - works[0].run_s == 120
    assert {"monogram", "initial", "second_initial"} <= {parameter.name for parameter in works[1].parameters}


def test_times_and_setups_depend_on_the_choices(shirts: CompiledFamily) -> None:
    plain, checked = (
        {operation.name: operation for operation in shirts.manufacture.routing(product(shirts, fabric=fabric, cuff=cuff))}
        for fabric, cuff in (("poplin_white", "one_button"), ("check_green", "double"))
    )
    assert plain["cut"].run_s < checked["cut"].run_s
    assert plain["collar"].run_s < checked["collar"].run_s
    assert checked["cut"].setup_family == "check_green"
    assert 2 * 3600 < sum(operation.run_s for operation in plain.values()) < 4 * 3600


def test_buttons_are_counted(shirts: CompiledFamily) -> None:
    def buttons(**given: str | int) -> int:
        return sum(line.quantity for line in shirts.manufacture.materials(product(shirts, **given)) if line.item.startswith("button."))

    assert buttons() + 4 - 2 == buttons(cuff="two_buttons")
    assert buttons() + 2 == buttons(collar="button_down")
    assert buttons() + 1 == buttons(back_length=520)


def test_checkpoints_carry_the_customers_own_nominals(shirts: CompiledFamily) -> None:
    quality = {each.checkpoint: each for each in shirts.manufacture.quality(product(shirts, chest=1003, neck=397, sleeve=873))}
    assert (quality["finished_chest"].nominal, quality["finished_chest"].unit) == (1120, "mm")
    assert (quality["finished_collar"].lower, quality["finished_collar"].nominal, quality["finished_collar"].upper) == (407, 410, 415)
    assert quality["finished_sleeve"].nominal == 895
    assert quality["finished_chest"].disposition == "remake"
    assert "band_ends" not in quality


def test_a_crooked_collar_is_made_anew_without_the_body(shirts: CompiledFamily) -> None:
    found = product(shirts)
    names = {operation.sequence: operation.name for operation in shirts.manufacture.routing(found)}
    points = next(each for each in shirts.manufacture.quality(found) if each.checkpoint == "collar_points")
    assert {names[sequence] for sequence in points.restart} == {"fuse", "collar"}
