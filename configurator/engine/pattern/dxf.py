"""The pieces as a DXF that cutting machines read: one block a piece, on the layers that the trade's exchange files name.

Layers after AAMA-292 and ASTM D6673: 1 piece boundary, 4 notches, 7 grain line, 8 internal lines, 14 sew line.
"""

from collections.abc import Iterable

from ezdxf.layouts.blocklayout import BlockLayout

from configurator.engine.exchange import new_drawing, written
from configurator.engine.pattern.pieces import Chain, Pattern, Piece

BOUNDARY, NOTCHES, GRAIN, INTERNAL, SEWN = "1", "4", "7", "8", "14"
_APART_MM = 60.0


def pieces_dxf(pattern: Pattern) -> bytes:
    """DXF R12 in millimetres, the grain upwards; the same pattern gives the same bytes."""
    document = new_drawing(BOUNDARY, NOTCHES, GRAIN, INTERNAL, SEWN)
    right = 0.0
    for piece in pattern.pieces:
        block = document.blocks.new(piece.name.upper())
        _draw(block, piece)
        left = min(each.real for each in piece.cut)
        document.modelspace().add_blockref(piece.name.upper(), (right - left, 0))
        right += max(each.real for each in piece.cut) - left + _APART_MM
    return written(document)


def _draw(block: BlockLayout, piece: Piece) -> None:
    block.add_polyline2d(_pairs(piece.cut), close=True, dxfattribs={"layer": BOUNDARY})
    block.add_polyline2d(_pairs(piece.sewn), close=True, dxfattribs={"layer": SEWN})
    for chain in piece.inside:
        block.add_polyline2d(_pairs(chain), dxfattribs={"layer": INTERNAL})
    for _, tip in piece.notches:
        block.add_point((tip.real, tip.imag), dxfattribs={"layer": NOTCHES})
    foot, top = piece.grain
    block.add_line((foot.real, foot.imag), (top.real, top.imag), dxfattribs={"layer": GRAIN})
    turned = piece.quantity // 2 if piece.mirrored else 0
    notes = (f"PIECE NAME: {piece.name}", f"QUANTITY: {piece.quantity - turned},{turned}", f"MATERIAL: {piece.cloth}")
    for index, note in enumerate(notes):
        block.add_text(note, height=8, dxfattribs={"layer": BOUNDARY, "insert": (foot.real, foot.imag - 14 * index)})


def _pairs(chain: Chain) -> Iterable[tuple[float, float]]:
    return [(round(each.real, 3), round(each.imag, 3)) for each in chain]
