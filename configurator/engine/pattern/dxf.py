"""The pieces as a DXF that cutting machines read: one block a piece, on the layers that the trade's exchange files name.

Layers after AAMA-292 and ASTM D6673: 1 piece boundary, 4 notches, 7 grain line, 8 internal lines, 14 sew line.
"""

from collections.abc import Iterable

from configurator.engine.exchange import Entities, Sheet
from configurator.engine.pattern.pieces import Chain, Pattern, Piece

BOUNDARY, NOTCHES, GRAIN, INTERNAL, SEWN = "1", "4", "7", "8", "14"
_APART_MM = 60.0


def pieces_dxf(pattern: Pattern) -> bytes:
    """DXF R12 in millimetres, the grain upwards; the same pattern gives the same bytes."""
    sheet = Sheet(BOUNDARY, NOTCHES, GRAIN, INTERNAL, SEWN)
    right = 0.0
    for piece in pattern.pieces:
        left = min(each.real for each in piece.cut)
        _draw(sheet.block(piece.name.upper(), (right - left, 0)), piece)
        right += max(each.real for each in piece.cut) - left + _APART_MM
    return sheet.written()


def _draw(block: Entities, piece: Piece) -> None:
    block.polyline(_pairs(piece.cut), BOUNDARY, closed=True)
    block.polyline(_pairs(piece.sewn), SEWN, closed=True)
    for chain in piece.inside:
        block.polyline(_pairs(chain), INTERNAL)
    for _, tip in piece.notches:
        block.point((tip.real, tip.imag), NOTCHES)
    foot, top = piece.grain
    block.line((foot.real, foot.imag), (top.real, top.imag), GRAIN)
    turned = piece.quantity // 2 if piece.mirrored else 0
    notes = (f"PIECE NAME: {piece.name}", f"QUANTITY: {piece.quantity - turned},{turned}", f"MATERIAL: {piece.cloth}")
    for index, note in enumerate(notes):
        block.text(note, (foot.real, foot.imag - 14 * index), 8, BOUNDARY)


def _pairs(chain: Chain) -> Iterable[tuple[float, float]]:
    return ((each.real, each.imag) for each in chain)
