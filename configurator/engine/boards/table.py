"""The cut list as a table for the panel saw: one row a board, sizes in millimetres as cut and as finished."""

import csv
import io
from collections.abc import Sequence

from configurator.engine.boards.cut_list import Board

HEADS = ("board", "label_en", "label_zh", "quantity", "stock", "item")
SIZES = ("thickness_mm", "cut_length_mm", "cut_width_mm", "length_mm", "width_mm")
BANDS = ("band_start_mm", "band_end_mm", "band_front_mm", "band_back_mm")
COLUMNS = (*HEADS, *SIZES, "grain", *BANDS, "holes", "file")


def cut_list_csv(boards: Sequence[Board]) -> bytes:
    """UTF-8 with a mark for spreadsheets, a header, decimal points."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for board in boards:
        heads = (board.name, board.label.en, board.label.zh, board.quantity, board.stock, board.item)
        sizes = (board.thickness_um, board.cut_length_um, board.cut_width_um, board.length_um, board.width_um)
        bands = (board.edges_um["start"], board.edges_um["end"], board.edges_um["front"], board.edges_um["back"])
        table.writerow([*heads, *map(_mm, sizes), board.grain, *map(_mm, bands), len(board.holes), dxf_name(board)])
    return ("\ufeff" + written.getvalue()).encode("utf-8")


def dxf_name(board: Board) -> str:
    return f"board.{board.name}.dxf"


def _mm(um: int) -> str:
    return f"{um // 1000}.{um % 1000:03}"
