"""Whatever the pieces are, they lie apart, within the cloth, along its grain and on its repeat."""

import cmath
import math
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from configurator.engine.pattern.marker import GAP_MM, SELVEDGE_MM, markers
from configurator.engine.pattern.pieces import Chain, Cloth, Pattern, Piece
from contracts.texts import Localised


@st.composite
def outlines(draw: st.DrawFn) -> Chain:
    """A star-shaped outline around its origin: hollows and points, never crossing itself."""
    corners = draw(st.integers(3, 12))
    reaches = draw(st.lists(st.floats(20, 220), min_size=corners, max_size=corners))
    return tuple(cmath.rect(reach, 2 * math.pi * index / corners) for index, reach in enumerate(reaches))


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    pieces = []
    for number in range(draw(st.integers(1, 6))):
        outline = draw(outlines())
        pieces.append(
            Piece(
                name=f"piece_{number}",
                label=Localised(en="piece", zh="片"),
                cloth="cloth",
                quantity=draw(st.integers(1, 3)),
                mirrored=draw(st.booleans()),
                edges={},
                sewn=outline,
                cut=outline,
                notches=(),
                grain=(0j, 10j),
                match=complex(draw(st.integers(-15, 15)), draw(st.integers(-15, 15))),
                inside=(),
            )
        )
    across, along = draw(st.sampled_from([(0, 0), (12, 0), (24, 24), (35, 50)]))
    return Pattern(tuple(pieces), {"cloth": Cloth(draw(st.integers(500, 1600)), across, along, draw(st.booleans()))}, {})


@settings(deadline=None, max_examples=60)
@given(patterns())
def test_pieces_lie_apart_within_the_cloth_on_its_repeat(pattern: Pattern) -> None:
    cloth, marker = pattern.cloths["cloth"], markers(pattern)["cloth"]
    areas = []
    for each in marker.laid:
        area = Polygon([(spot.real, spot.imag) for spot in each.on_cloth(each.piece.cut)])
        left, bottom, right, top = area.bounds
        assert left >= SELVEDGE_MM
        assert right <= cloth.width_mm - SELVEDGE_MM
        assert bottom > 0
        assert top < marker.length_mm
        areas.append(area)
        (match,) = each.on_cloth((each.piece.match,))
        for place, repeat in ((match.real - SELVEDGE_MM, cloth.repeat_across_mm), (match.imag, cloth.repeat_along_mm)):
            if repeat:
                assert min(place % repeat, -place % repeat) < 1e-6
        if cloth.one_way:
            assert not each.upside_down
    assert all(one.distance(other) > GAP_MM / 2 for one, other in combinations(areas, 2))
    assert len(areas) == sum(piece.quantity for piece in pattern.pieces)
    assert markers(pattern)["cloth"] == marker
