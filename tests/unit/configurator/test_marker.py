"""How pieces lie on the cloth: apart, within the width, along the grain, on the pattern's repeat; and the files for cutting."""

import io
import math
from itertools import combinations

import ezdxf
import pytest
from lxml import etree
from shapely import LineString, Polygon

from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE
from configurator.engine.drawing import curves
from configurator.engine.family.parse import parse_family
from configurator.engine.pattern.dxf import pieces_dxf
from configurator.engine.pattern.marker import GAP_MM, SELVEDGE_MM, Marker, PieceTooWide, markers
from configurator.engine.pattern.pieces import Chain, Cloth, Pattern
from configurator.engine.pattern.sheet import layout_svg
from configurator.engine.picture import Portrait
from configurator.engine.product import Product
from tests.families import changes, text_of

SMALL = {"neck": 300, "chest": 760, "waist": 640, "hip": 820, "sleeve": 700, "back_length": 370, "biceps": 240, "wrist": 135}
LARGE = {"neck": 500, "chest": 1460, "waist": 1390, "hip": 1340, "sleeve": 930, "back_length": 520, "biceps": 480, "wrist": 210}
CHOICES: list[dict[str, str | int]] = [
    {},
    {"fabric": "check_green", "pocket": "one"},
    {"fabric": "stripe_navy", "contrast": "white", "yoke": "split", "back": "plain", "cuff": "double"},
    {"fabric": "flannel_grey", "collar": "band"},
    {**SMALL, "fit": "slim"},
    {**LARGE, "fit": "loose", "placket": "hidden"},
]


@pytest.fixture(scope="module")
def shirts() -> CompiledFamily:
    return compile_family(parse_family(text_of("shirt")))


def pattern(shirts: CompiledFamily, given: dict[str, str | int]) -> tuple[Product, Pattern]:
    product = shirts.reference(shirts.decide(NONE, changes(given)))
    found = Portrait(shirts, product).cut_out()
    assert found is not None
    return product, found


def area(chain: Chain) -> Polygon:
    return Polygon([(each.real, each.imag) for each in chain])


def laid(marker: Marker) -> list[Polygon]:
    return [area(each.on_cloth(each.piece.cut)) for each in marker.laid]


@pytest.mark.parametrize("given", CHOICES, ids=str)
def test_pieces_lie_apart_within_the_cloth(shirts: CompiledFamily, given: dict[str, str | int]) -> None:
    _, cut = pattern(shirts, given)
    for marker in markers(cut).values():
        areas = laid(marker)
        assert all(one.distance(other) > GAP_MM / 2 for one, other in combinations(areas, 2))
        for each in areas:
            left, bottom, right, top = each.bounds
            assert left >= SELVEDGE_MM
            assert right <= marker.width_mm - SELVEDGE_MM
            assert bottom > 0
            assert top < marker.length_mm


@pytest.mark.parametrize("given", CHOICES, ids=str)
def test_every_piece_is_laid_as_often_as_it_is_needed_half_of_them_turned_over(shirts: CompiledFamily, given: dict[str, str | int]) -> None:
    _, cut = pattern(shirts, given)
    found = [each for marker in markers(cut).values() for each in marker.laid]
    for piece in cut.pieces:
        copies = [each for each in found if each.piece.name == piece.name]
        assert len(copies) == piece.quantity
        assert sum(each.over for each in copies) == (piece.quantity // 2 if piece.mirrored else 0)


@pytest.mark.parametrize("given", CHOICES, ids=str)
def test_the_grain_runs_along_the_cloth(shirts: CompiledFamily, given: dict[str, str | int]) -> None:
    _, cut = pattern(shirts, given)
    for marker in markers(cut).values():
        for each in marker.laid:
            foot, top = each.on_cloth(each.piece.grain)
            assert abs((top - foot).real) < 1e-6
            assert ((top - foot).imag < 0) is each.upside_down


def test_a_nap_lets_no_piece_stand_on_its_head(shirts: CompiledFamily) -> None:
    _, cut = pattern(shirts, {"fabric": "flannel_grey"})
    assert not any(each.upside_down for each in markers(cut)["shell"].laid)


def test_a_check_is_matched_both_ways(shirts: CompiledFamily) -> None:
    """The point that each piece is matched at lies on the same place of the pattern."""
    _, cut = pattern(shirts, {"fabric": "check_green", "pocket": "one"})
    places = [each.on_cloth((each.piece.match,))[0] for each in markers(cut)["shell"].laid]
    across = {round((place.real - SELVEDGE_MM) % 24, 3) % 24 for place in places}
    along = {round(place.imag % 24, 3) % 24 for place in places}
    assert across == {0}
    assert along == {0}


def test_matching_a_check_takes_more_cloth_and_a_plain_shirt_a_credible_length(shirts: CompiledFamily) -> None:
    plain, checked = (markers(pattern(shirts, {"fabric": fabric})[1])["shell"].length_mm for fabric in ("poplin_white", "check_green"))
    assert 1_300 < plain < 1_800
    assert plain < checked < plain + 300


def test_the_same_pieces_lie_the_same_way(shirts: CompiledFamily) -> None:
    one, other = (markers(pattern(shirts, {"pocket": "one"})[1]) for _ in range(2))
    assert layout_svg(one["shell"], "en") == layout_svg(other["shell"], "en")


def test_a_piece_wider_than_its_cloth_is_named(shirts: CompiledFamily) -> None:
    _, cut = pattern(shirts, {})
    narrow = Pattern(cut.pieces, {"shell": Cloth(500, 0, 0, False), "white": cut.cloths["white"]}, cut.scope)
    with pytest.raises(PieceTooWide) as wide:
        markers(narrow)
    assert wide.value.piece == "back"


@pytest.mark.parametrize("given", CHOICES, ids=str)
def test_an_order_takes_the_length_of_its_layout_and_the_promise_reckoned_with_no_less(
    shirts: CompiledFamily, given: dict[str, str | int]
) -> None:
    product, cut = pattern(shirts, given)
    lengths = {name: marker.length_mm for name, marker in markers(cut).items()}
    taken = [line.quantity for line in shirts.manufacture.materials(product, lengths) if line.item.startswith("cloth.")]
    reckoned = [line.quantity for line in shirts.manufacture.materials(product) if line.item.startswith("cloth.")]
    assert taken == list(lengths.values())
    assert all(one <= other for one, other in zip(taken, reckoned, strict=True))


def test_the_layout_is_drawn_with_the_pieces_names(shirts: CompiledFamily) -> None:
    svg = layout_svg(markers(pattern(shirts, {})[1])["shell"], "zh")
    texts = [each.text for each in etree.fromstring(svg.encode()).iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("右前片") == 1
    assert texts.count("袖克夫") == 4
    assert str(texts[-1]).startswith("用料 ")


def test_the_file_for_cutting_holds_the_pieces_on_the_trades_layers(shirts: CompiledFamily) -> None:
    """Read again by a library: each piece's block has its outline, seam, grain and notches, where they were."""
    _, cut = pattern(shirts, {"pocket": "one", "yoke": "split", "back": "plain"})
    content = pieces_dxf(cut)
    assert content == pieces_dxf(cut)
    document = ezdxf.read(io.StringIO(content.decode("ascii")))  # type: ignore[attr-defined]
    assert not document.audit().errors
    assert {insert.dxf.name for insert in document.modelspace().query("INSERT")} == {piece.name.upper() for piece in cut.pieces}
    for piece in cut.pieces:
        block = document.blocks.get(piece.name.upper())
        assert block is not None
        for layer, chain in (("1", piece.cut), ("14", piece.sewn)):
            (outline,) = block.query(f'POLYLINE[layer=="{layer}"]')
            assert outline.is_closed
            read = Polygon([(vertex.dxf.location.x, vertex.dxf.location.y) for vertex in outline.vertices])
            assert read.symmetric_difference(area(chain)).area < 1
            assert math.isclose(read.area, area(chain).area, abs_tol=1)
        (grain,) = block.query('LINE[layer=="7"]')
        assert complex(grain.dxf.start.x, grain.dxf.start.y) == pytest.approx(piece.grain[0], abs=0.001)
        assert len(block.query('POINT[layer=="4"]')) == len(piece.notches)
        assert len(block.query('POLYLINE[layer=="8"]')) == len(piece.inside)
        assert f"PIECE NAME: {piece.name}" in {text.dxf.text for text in block.query("TEXT")}


@pytest.mark.parametrize("given", CHOICES, ids=str)
def test_what_the_cutting_machine_reads_is_the_draft_to_a_tenth_of_a_millimetre(
    shirts: CompiledFamily, given: dict[str, str | int]
) -> None:
    """Of the pieces that are drafted upright and whole: the sew line as read against the draft's own curves, both ways, and its length."""
    _, cut = pattern(shirts, given)
    document = ezdxf.read(io.StringIO(pieces_dxf(cut).decode("ascii")))  # type: ignore[attr-defined]
    pieces = {piece.name: piece for piece in cut.pieces}
    for name in ("front_right", "front_left", "sleeve", "sleeve_placket"):
        drafted = LineString([(each.real, each.imag) for each in curves.flattened(curves.closed(pieces[name].edges.values()), 0.0005)])
        (outline,) = document.blocks.get(name.upper()).query('POLYLINE[layer=="14"]')
        corners = [(vertex.dxf.location.x, vertex.dxf.location.y) for vertex in outline.vertices]
        read = LineString([*corners, corners[0]])
        assert read.hausdorff_distance(drafted) < 0.1
        assert drafted.hausdorff_distance(read) < 0.1
        assert read.length == pytest.approx(drafted.length, abs=0.1)
