"""One board as a DXF for the drilling machine: the inner face upwards, in millimetres, one layer for each tool and depth.

``DRILL_D5_Z13``: holes of 5 mm, 13 mm deep, into the face (circles). ``EDGE_D8_Z30``: holes into an edge (lines along their middle).
``GROOVE_Z8``: grooves (closed outlines). ``OUTLINE``: the finished board. ``BAND``: edges with edging. ``GRAIN``, ``NOTE``.
"""

from configurator.engine.boards.cut_list import Board, Groove, Hole
from configurator.engine.boards.sections import Edge
from configurator.engine.exchange import Sheet

OUTLINE, BAND, GRAIN, NOTE = "OUTLINE", "BAND", "GRAIN", "NOTE"
Ends = tuple[tuple[float, float], tuple[float, float]]


def board_dxf(board: Board) -> bytes:
    """DXF R12; the start lies at x = 0, the front edge at y = 0. The same board gives the same bytes."""
    layers = [OUTLINE, BAND, GRAIN, NOTE, *(drill_layer(hole) for hole in board.holes), *(groove_layer(each) for each in board.grooves)]
    sheet = Sheet(*layers)
    length, width = board.length_um / 1000, board.width_um / 1000
    sheet.polyline([(0, 0), (length, 0), (length, width), (0, width)], OUTLINE, closed=True)
    for edge, thickness_um in board.edges_um.items():
        if thickness_um:
            sheet.line(*_edge(edge, length, width), BAND)
    for hole in board.holes:
        _drill(sheet, hole, length, width)
    for groove in board.grooves:
        sheet.polyline(_around(groove), groove_layer(groove), closed=True)
    if board.grain != "none":
        along = board.grain == "length"
        ends = ((length * 0.3, width / 2), (length * 0.7, width / 2)) if along else ((length / 2, width * 0.3), (length / 2, width * 0.7))
        sheet.line(*ends, GRAIN)
    note = f"{board.name} x{board.quantity} {_mm(board.length_um)}x{_mm(board.width_um)}x{_mm(board.thickness_um)} {board.item}"
    sheet.text(note, (10, -30), 12, NOTE)
    return sheet.written()


def drill_layer(hole: Hole) -> str:
    kind = "DRILL" if hole.face == "face" else "EDGE"
    return f"{kind}_D{_mm(hole.diameter_um)}_Z{_mm(hole.depth_um)}".replace(".", "_")


def groove_layer(groove: Groove) -> str:
    return f"GROOVE_Z{_mm(groove.depth_um)}".replace(".", "_")


def _drill(sheet: Sheet, hole: Hole, length: float, width: float) -> None:
    layer = drill_layer(hole)
    along, across, depth = hole.at[0] / 1000, hole.at[1] / 1000, hole.depth_um / 1000
    match hole.face:
        case "face":
            sheet.circle((along, across), hole.diameter_um / 2000, layer)
        case "start":
            sheet.line((0, along, across), (depth, along, across), layer)
        case "end":
            sheet.line((length, along, across), (length - depth, along, across), layer)
        case "front":
            sheet.line((along, 0, across), (along, depth, across), layer)
        case "back":
            sheet.line((along, width, across), (along, width - depth, across), layer)


def _edge(edge: Edge, length: float, width: float) -> Ends:
    ends: dict[Edge, Ends] = {
        "start": ((0, 0), (0, width)),
        "end": ((length, 0), (length, width)),
        "front": ((0, 0), (length, 0)),
        "back": ((0, width), (length, width)),
    }
    return ends[edge]


def _around(groove: Groove) -> list[tuple[float, float]]:
    """The outline of a groove that runs along one of the board's sides."""
    half = groove.width_um / 2000
    x0, x1, y0, y1 = groove.start[0] / 1000, groove.end[0] / 1000, groove.start[1] / 1000, groove.end[1] / 1000
    if groove.start[1] == groove.end[1]:
        return [(x0, y0 - half), (x1, y0 - half), (x1, y0 + half), (x0, y0 + half)]
    return [(x0 - half, y0), (x0 + half, y0), (x1 + half, y1), (x1 - half, y1)]


def _mm(um: int) -> str:
    return f"{um / 1000:.3f}".rstrip("0").rstrip(".")
