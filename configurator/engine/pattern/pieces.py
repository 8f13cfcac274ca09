"""The pieces of one product: sewn line, cut line, notches and grain, in millimetres, the warp upwards."""

import cmath
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from shapely import LineString, Point, Polygon, unary_union

from configurator.engine.drawing import Bound, curves
from configurator.engine.drawing.curves import Curve
from configurator.engine.drawing.functions import Value
from configurator.engine.drawing.lets import bind, valued
from configurator.engine.pattern.sections import PieceRule, PiecesSection
from contracts.texts import Localised

NOTCH_MM = 5.0
"""How deep a notch goes into the allowance."""

_SIMPLER_MM = 0.02
"""Outlines lose the points that their straight neighbours come this close to; with the curves' own chords (0.05) they stay within 0.07."""

Chain = tuple[complex, ...]


@dataclass(frozen=True)
class Piece:
    """One piece as it is cut ``quantity`` times; every second one turned over when ``mirrored``."""

    name: str
    label: Localised
    cloth: str
    quantity: int
    mirrored: bool
    edges: Mapping[str, Curve]
    """The sewn lines as drafted: of a folded piece one half."""
    sewn: Chain
    cut: Chain
    """Outlines, closed, unfolded, without their first point again."""
    notches: tuple[tuple[complex, complex], ...]
    """From the sewn line outwards."""
    grain: tuple[complex, complex]
    match: complex
    inside: tuple[Chain, ...]


@dataclass(frozen=True)
class Cloth:
    width_mm: float
    repeat_across_mm: float
    repeat_along_mm: float
    one_way: bool


@dataclass(frozen=True)
class Pattern:
    """The pieces of one product, the cloths they are cut from, and what every name of draft and pieces is worth."""

    pieces: tuple[Piece, ...]
    cloths: Mapping[str, Cloth]
    scope: Mapping[str, Value]


@dataclass(frozen=True)
class _Side:
    edge: Curve
    allowance: float


def pattern_of(section: PiecesSection, product: Bound) -> Pattern:
    """Draft and cut out. Raises DrawingUndefined."""
    scope = dict(product.scope)
    bind(section.lets, scope)
    rules = [rule for rule in section.pieces.values() if rule.when is None or rule.when.holds(scope)]
    pieces = tuple(valued(rule.line, partial(_piece, rule), scope) for rule in rules)
    cloths = {
        name: Cloth(
            rule.width.number(scope),
            rule.repeat_across.number(scope) if rule.repeat_across is not None else 0.0,
            rule.repeat_along.number(scope) if rule.repeat_along is not None else 0.0,
            rule.one_way is not None and rule.one_way.holds(scope),
        )
        for name, rule in section.cloths.items()
    }
    return Pattern(pieces, cloths, scope)


def _piece(rule: PieceRule, scope: Mapping[str, Value]) -> Piece:
    edges = {edge.name: edge.along.curve(scope) for edge in rule.edges}
    allowances = {edge.name: edge.allowance.number(scope) for edge in rule.edges}
    curves.closed(edges.values())
    foot, top = (each.at(scope) for each in rule.grain)
    fold = None if rule.fold is None else (rule.fold[0].at(scope), rule.fold[1].at(scope))
    turn = 1j / cmath.rect(1, cmath.phase(top - foot))

    def upright(way: Chain) -> Chain:
        return tuple(each * turn for each in way)

    sides = [_Side(edges[name], allowances[name]) for name in edges]
    if fold is not None:
        sides = _unfolded(sides, fold)
    sewn = _area(tuple(curves.flattened(curves.closed(side.edge for side in sides))))
    cut = _with_allowance(sewn, sides)
    lines = [tuple(curves.flattened(way.curve(scope))) for way, when in rule.inside if when is None or when.holds(scope)]
    marks = [_notch(edges[each.edge], each.at.number(scope), allowances[each.edge], sewn) for each in rule.notches]
    if fold is not None:
        lines += [_mirrored(each, fold) for each in lines]
        marks += [cast(tuple[complex, complex], _mirrored(each, fold)) for each in marks]
    match = rule.match.at(scope) if rule.match is not None else foot
    return Piece(
        name=rule.name,
        label=rule.label,
        cloth=next((name for name, when in rule.cloths if when is None or when.holds(scope)), rule.cloths[0][0]),
        quantity=round(rule.quantity.number(scope)),
        mirrored=rule.mirrored,
        edges=edges,
        sewn=upright(_chain(sewn)),
        cut=upright(_chain(cut)),
        notches=tuple(cast(tuple[complex, complex], upright(each)) for each in marks),
        grain=(foot * turn, top * turn),
        match=match * turn,
        inside=tuple(upright(each) for each in lines),
    )


def _area(outline: Chain) -> Polygon:
    area = Polygon([(each.real, each.imag) for each in outline])
    if not area.is_valid:
        raise ValueError("the outline crosses itself")
    return area


def _unfolded(sides: Sequence[_Side], fold: tuple[complex, complex]) -> list[_Side]:
    """All sides of a folded piece: those of the drafted half without the fold, then their mirror images. Raises ValueError."""
    on_fold = [index for index, side in enumerate(sides) if _lies_on(side.edge, fold)]
    if len(on_fold) != 1:
        raise ValueError("one edge of a folded piece lies on its fold")
    half = [*sides[on_fold[0] + 1 :], *sides[: on_fold[0]]]
    return [*half, *(_Side(curves.reverse(curves.mirror(side.edge, *fold)), side.allowance) for side in reversed(half))]


def _lies_on(edge: Curve, fold: tuple[complex, complex]) -> bool:
    return all(abs(each - curves.mirror_point(each, *fold)) < curves.GAP_MM for each in (edge.start, edge.end))


def _with_allowance(sewn: Polygon, sides: Sequence[_Side]) -> Polygon:
    """The sewn area with each side's allowance. A side that is not widened (a turned edge, a selvedge) stays the limit there."""
    strips = []
    for before, side, after in zip([sides[-1], *sides], sides, [*sides[1:], sides[0]], strict=False):
        if side.allowance > 0:
            way = _lengthened(tuple(curves.flattened(side.edge)), before.allowance, after.allowance)
            strips.append(
                LineString([(each.real, each.imag) for each in way]).buffer(
                    side.allowance, cap_style="flat", join_style="mitre", mitre_limit=2.0
                )
            )
    cut = unary_union([sewn, *strips])
    for side in sides:
        if side.allowance == 0:
            cut = _behind(cut, side.edge, sewn)
    if cut.geom_type == "MultiPolygon":
        cut = max(cut.geoms, key=lambda each: each.area)
    return Polygon(cut.exterior)


def _lengthened(way: Chain, at_start: float, at_end: float) -> Chain:
    """The chain going on straight at both ends, so that the allowances of two edges close their corner."""
    first = way[0] - (way[1] - way[0]) / abs(way[1] - way[0]) * at_start
    last = way[-1] + (way[-1] - way[-2]) / abs(way[-1] - way[-2]) * at_end
    return (first, *way[1:-1], last) if len(way) > 2 else (first, last)


def _behind(cut: Polygon, edge: Curve, sewn: Polygon) -> Polygon:
    """The part of the cut area that lies on the sewn side of an edge's straight line."""
    way = edge.end - edge.start
    if way == 0:
        return cut
    along = way / abs(way)
    centre = complex(sewn.centroid.x, sewn.centroid.y)
    side = 1j * along if ((centre - edge.start) / along).imag > 0 else -1j * along
    far = 5_000.0
    corners = [
        edge.start - along * far,
        edge.end + along * far,
        edge.end + along * far + side * far,
        edge.start - along * far + side * far,
    ]
    return cast(Polygon, cut.intersection(Polygon([(each.real, each.imag) for each in corners])))


def _mirrored(way: Chain, fold: tuple[complex, complex]) -> Chain:
    return tuple(curves.mirror_point(each, *fold) for each in way)


def _chain(area: Polygon) -> Chain:
    return tuple(complex(x, y) for x, y in area.simplify(_SIMPLER_MM).exterior.coords[:-1])


def _notch(edge: Curve, distance: float, allowance: float, sewn: Polygon) -> tuple[complex, complex]:
    """From the sewn line outwards, into the allowance."""
    spot = curves.at(edge, distance)
    out = cmath.rect(1, math.radians(curves.heading(edge, distance) + 90))
    inner = spot + out * 0.5
    if sewn.contains(Point(inner.real, inner.imag)):
        out = -out
    return spot, spot + out * min(NOTCH_MM, allowance)
