"""The drawn bicycle against its figures: contact points and standover, tyres clear of the frame, a rider who reaches bar and pedals."""

import random
from collections.abc import Iterator
from math import cos, radians, sin

import pytest

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Decisions, Select, SetNumber
from configurator.engine.drawing.functions import Value
from configurator.engine.drawing.lets import bind
from configurator.engine.family.parse import parse_family
from configurator.engine.picture import Portrait, drawable
from configurator.engine.product import Product
from contracts.problems import DecisionRefused
from tests.families import changes, text_of

OPTIONS = ("style", "form", "material", "bar", "fork", "wheels", "tyres", "posture", "seat_tube_bore", "rim_width", "brake", "mudguards")
INSEAMS = (690, 700, 720, 760, 800, 850, 900, 950, 975)
SEAT_ANGLES = {"road": 73.3, "gravel": 73, "city": 71.5, "trekking": 71.5}
AXLE_HEIGHTS = {"road": 268, "gravel": 270, "city": 280, "trekking": 280}


@pytest.fixture(scope="module")
def bicycles() -> CompiledFamily:
    return compile_family(parse_family(text_of("bicycle")))


@pytest.fixture(scope="module")
def samples(bicycles: CompiledFamily) -> list[Product]:
    """The smallest to the tallest rider, each with choices as they fall."""
    seed = random.Random(11)
    return [product for inseam in INSEAMS for product in _some(bicycles, inseam, seed)]


def _some(bicycles: CompiledFamily, inseam: int, seed: random.Random) -> Iterator[Product]:
    for _ in range(12):
        decisions = bicycles.decide(NONE, [SetNumber(set="inseam", value=inseam)])
        for option in seed.sample(OPTIONS, len(OPTIONS)):
            value = seed.choice(list(bicycles.family.options[option].values))
            decisions = _if_possible(bicycles, decisions, Select(select=f"{option}.{value}"))
        yield bicycles.reference(_if_possible(bicycles, decisions, SetNumber(set="body_reach", value=seed.randint(1020, 1480))))


def _if_possible(bicycles: CompiledFamily, decisions: Decisions, change: Select | SetNumber) -> Decisions:
    try:
        return bicycles.decide(decisions, [change])
    except DecisionRefused:
        return decisions


def geometry(bicycles: CompiledFamily, product: Product) -> dict[str, Value]:
    scope: dict[str, Value] = {
        name: float(value) if isinstance(value, int) else value for name, value in drawable(bicycles, product).items()
    }
    assert bicycles.family.drawing is not None
    bind(bicycles.family.drawing.lets, scope)
    return scope


def spot(value: Value) -> complex:
    assert isinstance(value, complex)
    return value


def number(value: Value) -> float:
    assert isinstance(value, float)
    return value


def apart(point: complex, one: complex, other: complex) -> float:
    """From a point to the line between two others."""
    way = other - one
    along = min(1.0, max(0.0, ((point - one) / way).real))
    return abs(point - (one + way * along))


def test_the_figures_are_those_of_the_plain_formulas(bicycles: CompiledFamily, samples: list[Product]) -> None:
    """Sines and cosines here, whole numbers there: the same to a few millimetres."""
    for product in samples:
        chosen = {name: values[0] for name, values in product.chosen.items() if values}
        found = bicycles.manufacture.numbers(product)
        inseam, angle = product.numbers["inseam"], radians(SEAT_ANGLES[chosen["style"]])
        seat_tube = inseam * 62 // 500 * 5 - (100 if chosen["form"] == "sloping" else 0)
        assert found["seat_tube"] == seat_tube
        low = chosen["form"] == "step_through"
        behind = (0.46 * seat_tube if low else seat_tube - 40) * sin(angle)
        before = found["stack"] - (min(60, max(30, found["stack"] / 3 - 136)) if low else 42)
        half = 19 if chosen["material"] == "aluminium" else 15
        assert found["standover"] == pytest.approx(AXLE_HEIGHTS[chosen["style"]] + (behind + before) / 2 + half, abs=1.6)
        assert 0 <= inseam - found["standover"] - found["standover_room"] < 5
        assert found["standover_room"] >= (50 if chosen["style"] == "gravel" else 25)
        assert found["saddle_setback"] == pytest.approx(found["saddle_height"] * cos(angle), abs=0.7)


def test_the_drawing_shows_the_figures_where_they_are(bicycles: CompiledFamily, samples: list[Product]) -> None:
    for product in samples:
        found, drawing = bicycles.manufacture.numbers(product), geometry(bicycles, product)
        saddle, grip = spot(drawing["saddle"]), spot(drawing["grip"])
        over = spot(drawing["over"]).imag + number(drawing["half_tube"]) - number(drawing["ground"])
        assert over == pytest.approx(found["standover"], abs=2)
        assert -saddle.real == pytest.approx(found["saddle_setback"], abs=1)
        assert grip.real - saddle.real == pytest.approx(found["bar_reach"], abs=3)
        assert saddle.imag - grip.imag == pytest.approx(found["bar_drop"], abs=3)


def test_tyres_turn_clear_of_the_frame(bicycles: CompiledFamily, samples: list[Product]) -> None:
    """At least 5 mm from seat tube, down tube and fork crown; and a head tube to hold the bearings."""
    for product in samples:
        drawing = geometry(bicycles, product)
        outer, front, rear = number(drawing["outer"]), spot(drawing["front"]), spot(drawing["rear"])
        seat_tube, down_tube = number(drawing["seat_outer"]) / 2, 19 * number(drawing["fat"])
        assert apart(rear, 0j, spot(drawing["seat_top"])) - seat_tube - outer >= 5
        assert apart(front, 14 + 6j, spot(drawing["down_front"])) - down_tube - outer >= 5
        under = {"carbon": 14, "suspension": 26, "steel": 0}[product.chosen["fork"][0]]
        crown = spot(drawing["crown"]) + spot(drawing["down"]) * under
        assert (abs(crown - front) ** 2 - number(drawing["rake"]) ** 2) ** 0.5 - outer >= 5
        assert number(drawing["head_tube"]) >= 58


def swept(drawing: dict[str, Value], radius: float, turned: float) -> Iterator[tuple[float, float, float]]:
    """Points of the front wheel's rear edge, turned about the steering axis (degrees): forward, aside, up."""
    front, head, axis = spot(drawing["front"]), spot(drawing["head"]), spot(drawing["down"])
    for degrees in range(150, 230):
        edge = front + radius * complex(cos(radians(degrees)), sin(radians(degrees))) - head
        along, off = (edge * axis.conjugate()).real, (edge * axis.conjugate()).imag
        in_plane = head + axis * complex(along, off * cos(radians(turned)))
        yield in_plane.real, abs(off) * sin(radians(turned)), in_plane.imag


def toe_clearance(drawing: dict[str, Value], radius: float) -> float:
    """ISO 4210-2: from the middle of the pedal (130 mm aside) forward to where the turned wheel passes, the least of all positions."""
    crank = number(drawing["crank"])
    edges = (each for turned in range(15, 46) for each in swept(drawing, radius, turned))
    return min(forward - (crank**2 - up**2) ** 0.5 for forward, aside, up in edges if abs(aside - 130) < 5 and abs(up) < crank)


def test_feet_stay_100_mm_clear_of_the_turned_front_wheel(bicycles: CompiledFamily, samples: list[Product]) -> None:
    """And the figure that the customer reads is never more than what is there; the head tube is not laid flatter than 66 degrees for it."""
    short = {"inseam": 690, "body_reach": 1020}
    small = [bicycles.reference(bicycles.decide(NONE, changes({**short, **more}))) for more in ({}, {"mudguards": "short"})]
    for product in (*samples, *small):
        drawing = geometry(bicycles, product)
        guard = 20 if product.chosen["mudguards"] == ("full",) else 0
        found = toe_clearance(drawing, number(drawing["outer"]) + guard)
        assert found >= 100
        assert -1 <= found - bicycles.manufacture.numbers(product)["toe_clearance"] < 15
        assert 66 <= number(drawing["head_angle"]) <= 73


def test_the_rider_reaches_pedals_and_bar_with_a_back_between_lying_and_upright(bicycles: CompiledFamily, samples: list[Product]) -> None:
    for product in samples:
        drawing = geometry(bicycles, product)
        reached = abs(spot(drawing["hand"]) - spot(drawing["hip"]))
        assert abs(number(drawing["trunk"]) - number(drawing["arm"])) < reached < number(drawing["trunk"]) + number(drawing["arm"])
        assert 20 < number(drawing["back_angle"]) < 90


def test_a_lower_posture_puts_the_bar_lower_and_the_back_flatter(bicycles: CompiledFamily) -> None:
    given = {"inseam": 850, "body_reach": 1300, "style": "gravel", "bar": "flare", "stem_length": 100}
    sporty, upright = (
        bicycles.reference(bicycles.decide(NONE, changes({**given, "posture": posture}))) for posture in ("sporty", "upright")
    )
    low, high = (bicycles.manufacture.numbers(each)["bar_drop"] for each in (sporty, upright))
    assert low == high + 50
    flat, steep = (number(geometry(bicycles, each)["back_angle"]) for each in (sporty, upright))
    assert flat < steep


def test_the_riders_picture_tells_figures_of_the_bicycle_and_no_measure_of_the_body(bicycles: CompiledFamily) -> None:
    product = bicycles.reference(bicycles.decide(NONE, changes({"inseam": 853, "body_reach": 1307})))
    found = bicycles.manufacture.numbers(product)
    english, chinese = (Portrait(bicycles, product).drawn(language, "fit") for language in ("en", "zh"))
    for name, said in (("standover", "Standover"), ("saddle_setback", "Setback"), ("bar_reach", "Saddle to bar"), ("stack", "Stack")):
        assert f">{said} {found[name]}<" in english
    assert f">{found['standover_room']} mm or more<" in english
    assert f">至少 {found['standover_room']} mm<" in chinese
    assert all(measure not in picture for measure in ("853", "1307") for picture in (english, chinese))
