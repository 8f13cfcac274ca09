"""The bicycle's picture: to scale, in both languages, for every bicycle that could be chosen."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from lxml import etree

import configurator
from configurator.engine.drawing import Drawing, Names, parse_drawing
from configurator.engine.family.family import Family
from configurator.engine.family.parse import parse_family
from tests.drawings import draw

SVG = "{http://www.w3.org/2000/svg}"
TEXT = (Path(configurator.__file__).parent / "families" / "bicycle.yaml").read_text("utf-8")
Bicycle = Callable[..., dict[str, int | str | frozenset[str]]]


@pytest.fixture(scope="module")
def family() -> Family:
    return parse_family(TEXT)


@pytest.fixture(scope="module")
def drawing(family: Family) -> Drawing:
    sections = {key.value: node for key, node in yaml.compose(TEXT, Loader=yaml.BaseLoader).value}
    options = {name: {value: each.label for value, each in option.values.items()} for name, option in family.options.items()}
    measured = frozenset(checkpoint.id for checkpoint in family.quality)
    return parse_drawing(
        sections["drawing"], Names(options, frozenset(family.dimensions) | frozenset(family.derived), checkpoints=measured)
    )


@pytest.fixture(scope="module")
def bicycle(family: Family) -> Bicycle:
    """The default bicycle for the example's measures, with other values where wanted."""
    fit = {
        "saddle_height": 732, "seat_tube": 510, "stack": 570, "reach": 380, "standover": 773, "standover_room": 55,
        "saddle_setback": 214, "bar_reach": 679, "bar_drop": 71, "toe_clearance": 110,
    }  # fmt: skip

    def values(**wanted: int | str) -> dict[str, int | str | frozenset[str]]:
        chosen: dict[str, int | str | frozenset[str]] = {name: option.default[0] for name, option in family.options.items()}
        return {**chosen, **{name: each.default for name, each in family.dimensions.items()}, **fit, **wanted}

    return values


def texts(svg: str) -> list[str]:
    return [str(each.text) for each in etree.fromstring(svg.encode()).iter(f"{SVG}text")]


def test_the_dimension_lines_tell_the_riders_own_figures(drawing: Drawing, bicycle: Bicycle) -> None:
    assert texts(draw(drawing, bicycle(), "en")) == ["Saddle height 732", "Wheelbase 1027", "Reach 380", "Stack 570"]
    assert texts(draw(drawing, bicycle(saddle_height=801), "zh"))[0] == "座高 801"


def test_a_longer_reach_moves_the_front_wheel_by_as_much(drawing: Drawing, bicycle: Bicycle) -> None:
    before, after = (texts(draw(drawing, bicycle(reach=reach), "en"))[1] for reach in (380, 400))
    assert int(after.split()[1]) - int(before.split()[1]) == 20


def test_the_tyres_stand_on_the_ground_to_a_millimetre(drawing: Drawing, bicycle: Bicycle) -> None:
    """Wheel radius = bead seat (622 / 2) + tyre; the axle lies as much above the ground line."""
    root = etree.fromstring(draw(drawing, bicycle(tread="slick"), "en").encode())
    tyre = next(each for each in root.iter(f"{SVG}circle") if each.get("stroke") == "#3a3b3f")
    ground = float(next(each for each in root.iter(f"{SVG}path") if each.get("stroke") == "#cbd5e1").get("d").split()[-1])
    radius = float(tyre.get("r")) + float(tyre.get("stroke-width")) / 2
    assert float(tyre.get("cy")) + radius == pytest.approx(ground - 3, abs=2)


def test_seen_from_the_front_bar_and_tyre_are_as_wide_as_chosen(drawing: Drawing, bicycle: Bicycle) -> None:
    """The tyre stands on the ground line, in the same height as from the side; the bar is measured from end to end."""
    chosen = bicycle(bar="flat", bar_width=620, tyres="t50", tread="knob")
    root = etree.fromstring(draw(drawing, chosen, "en", "front").encode())
    assert [str(each.text) for each in root.iter(f"{SVG}text")][:1] == ["Bar 620"]
    tyre = next(each for each in root.iter(f"{SVG}path") if each.get("stroke-width") == "50" and each.get("stroke") == "#2a2b2e")
    ground = next(each for each in root.iter(f"{SVG}path") if each.get("stroke") == "#cbd5e1").get("d").split()[-1]
    top, bottom = sorted(float(end.split()[1]) for end in re.findall(r"[-\d.]+ [-\d.]+", str(tyre.get("d"))))
    assert bottom + 25 == pytest.approx(float(ground) - 3, abs=3)
    assert (bottom - top + 50) / 2 == pytest.approx(311 + 50 * 0.95, abs=0.1)


def test_what_is_chosen_is_seen(drawing: Drawing, bicycle: Bicycle) -> None:
    plain = draw(drawing, bicycle(bell="none"), "en")
    for option, value in (
        ("colour", "coral"),
        ("mudguards", "full"),
        ("rack", "rear"),
        ("lights", "battery"),
        ("lock", "ring"),
        ("bar", "swept"),
        ("fork", "suspension"),
        ("form", "step_through"),
        ("drive", "hub_gear"),
        ("brake", "rim_caliper"),
        ("tyres", "t28"),
        ("wheels", "w650b"),
        ("rim", "carbon_disc"),
        ("spokes", "n36"),
        ("seat", "comfort"),
        ("post", "dropper"),
        ("bell", "brass"),
        ("pedals", "clip"),
        ("accent", "honey"),
        ("rotor", "r180"),
        ("material", "aluminium"),
    ):
        assert draw(drawing, bicycle(**{"bell": "none", option: value}), "en") != plain, option


def test_the_title_names_the_bicycle_in_the_readers_language(drawing: Drawing, bicycle: Bicycle) -> None:
    assert (
        etree.fromstring(draw(drawing, bicycle(), "en").encode()).find(f"{SVG}title").text
        == "Gravel bicycle in Racing green, 700c (622) wheels"
    )
    assert etree.fromstring(draw(drawing, bicycle(), "zh").encode()).find(f"{SVG}title").text == "赛车绿砾石路自行车，700c（622）车轮"


def test_every_bicycle_can_be_drawn(drawing: Drawing, family: Family, bicycle: Bicycle) -> None:
    """Any choice with any fit: no formula is without a value, nothing lies outside of the picture by more than a line's width."""
    seed = random.Random(7)
    for _ in range(150):
        chosen = {name: seed.choice(sorted(option.values)) for name, option in family.options.items()}
        inseam, arms = seed.randint(690, 975), seed.randint(1020, 1480)
        fit = {
            "saddle_height": inseam * 883 // 1000,
            "seat_tube": inseam * 62 // 500 * 5,
            "stack": inseam // 2 + 155,
            "reach": arms // 4 + 65,
        }
        lengths = {"stem_length": seed.randrange(60, 131, 10), "crank_length": seed.randrange(155, 176, 5)}
        for view in drawing.views:
            svg = draw(drawing, bicycle(**chosen, **fit, **lengths), seed.choice(["en", "zh"]), view)
            root = etree.fromstring(svg.encode())
            left, top, width, height = (float(number) for number in root.get("viewBox").split())
            assert len(svg) < 30_000
            for circle in root.iter(f"{SVG}circle"):
                x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
                assert left < x - r
                assert x + r < left + width
                assert top < y - r
                assert y + r < top + height
