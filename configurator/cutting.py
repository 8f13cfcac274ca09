"""What a product is cut from: files for the machines and lengths of cloth, each product worked out once a process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from configurator.catalogue import PublishedFamily
from configurator.engine.boards.cut_list import Board
from configurator.engine.boards.dxf import board_dxf
from configurator.engine.boards.table import cut_list_csv, dxf_name
from configurator.engine.pattern.dxf import pieces_dxf
from configurator.engine.pattern.marker import markers
from configurator.engine.pattern.pieces import Pattern
from configurator.engine.pattern.sheet import layout_svg
from configurator.engine.product import Product
from configurator.engine.recent import Recent
from contracts.texts import LANGUAGES

REMEMBERED = 64
SVG = "image/svg+xml"
DXF = "image/vnd.dxf"
CSV = "text/csv"


@dataclass(frozen=True)
class CutFile:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Cut:
    """``lengths_mm`` by cloth; both empty for a family without pieces and boards."""

    files: tuple[CutFile, ...] = ()
    lengths_mm: Mapping[str, int] | None = None


class Cutting:
    """Drafting, laying out and writing takes tens of milliseconds: it is done before the order's transaction, which finds it here."""

    def __init__(self) -> None:
        self._known: Recent[Cut] = Recent(REMEMBERED)

    def of(self, published: PublishedFamily, product: Product) -> Cut:
        return self._known.get((published.family.sha256, product.key), lambda: _cut(published, product))


def _cut(published: PublishedFamily, product: Product) -> Cut:
    """A further kind of machine file is one more term here."""
    boards = _of_boards(published.compiled.manufacture.boards(product))
    pieces = _of_pieces(published.portrait(product).cut_out())
    return Cut((*boards, *pieces.files), pieces.lengths_mm)


def _of_boards(boards: Sequence[Board]) -> tuple[CutFile, ...]:
    """A cut list, and a drawing for the drilling machine for each board."""
    if not boards:
        return ()
    return (CutFile("cut-list.csv", CSV, cut_list_csv(boards)), *(CutFile(dxf_name(board), DXF, board_dxf(board)) for board in boards))


def _of_pieces(pattern: Pattern | None) -> Cut:
    """The pieces, and a picture of their layout for each cloth."""
    if pattern is None:
        return Cut()
    laid = markers(pattern)
    layouts = [
        CutFile(f"marker.{name}.{language}.svg", SVG, layout_svg(marker, language).encode())
        for name, marker in laid.items()
        for language in LANGUAGES
    ]
    return Cut((CutFile("pieces.dxf", DXF, pieces_dxf(pattern)), *layouts), {name: marker.length_mm for name, marker in laid.items()})
