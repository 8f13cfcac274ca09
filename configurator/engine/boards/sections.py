"""How a family's boards section is checked: what boards a product is cut from, their edges, holes and grooves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from configurator.engine.expression_text import RESERVED, Scope
from configurator.engine.expressions import Condition, Numeric
from configurator.engine.family.format import BoardSection, GrooveSection, HoleSection
from configurator.engine.family.patterns import Pattern
from configurator.engine.family.reader import NOTHING, Reader
from configurator.engine.family.source import Path
from contracts.texts import Localised

Grain = Literal["length", "width", "none"]
Face = Literal["face", "start", "end", "front", "back"]
Edge = Literal["start", "end", "front", "back"]
EDGES: tuple[Edge, ...] = ("start", "end", "front", "back")
"""Start and end close the length, front and back the width."""


@dataclass(frozen=True)
class Stock:
    """What boards are cut from."""

    name: str
    label: Localised
    item: Pattern
    thickness_um: Numeric


@dataclass(frozen=True)
class HoleRule:
    """``times[0] × times[1]`` equal holes, ``by`` apart; micrometres from the board's start and front."""

    face: Face
    diameter_um: Numeric
    depth_um: Numeric
    at: tuple[Numeric, Numeric]
    times: tuple[Numeric, Numeric]
    by: tuple[Numeric, Numeric]
    when: Condition
    line: int


@dataclass(frozen=True)
class GrooveRule:
    start: tuple[Numeric, Numeric]
    end: tuple[Numeric, Numeric]
    width_um: Numeric
    depth_um: Numeric
    when: Condition
    line: int


@dataclass(frozen=True)
class BoardRule:
    name: str
    label: Localised
    stock: str
    quantity: Numeric
    length_um: Numeric
    width_um: Numeric
    grain: Grain
    edges_um: Mapping[Edge, Numeric]
    holes: tuple[HoleRule, ...]
    grooves: tuple[GrooveRule, ...]
    line: int


@dataclass(frozen=True)
class Boards:
    """``lets``: numbers with a name, each after those it speaks of."""

    lets: Mapping[str, Numeric]
    stocks: Mapping[str, Stock]
    cut: tuple[BoardRule, ...]

    @property
    def names(self) -> frozenset[str]:
        """What a bill of materials may speak of beside dimensions."""
        return frozenset(self.lets) | {total for stock in self.stocks for total in totals_of(stock)}


NO_BOARDS = Boards({}, {}, ())


def totals_of(stock: str) -> tuple[str, str]:
    """The names of a stock's whole area and of the edging on its boards."""
    return f"{stock}_cm2", f"{stock}_edging_mm"


def read_boards(reader: Reader) -> Boards:
    section = reader.file.boards
    if section is None:
        return NO_BOARDS
    whole = reader.scope
    lets: dict[str, Numeric] = {}
    for name, text in section.let.items():
        path: Path = ("boards", "let", name)
        if name in RESERVED or name in whole.options or name in whole.dimensions:
            reader.fault(path, "twice", name=name)
        lets[name] = reader.number(text, path)
        reader.scope = Scope(whole.options, whole.dimensions | lets.keys())
    stocks = {
        name: Stock(
            name,
            stock.label,
            reader.pattern(stock.item, ("boards", "stocks", name, "item")),
            reader.number(stock.thickness, ("boards", "stocks", name, "thickness")),
        )
        for name, stock in section.stocks.items()
    }
    boards: dict[str, BoardRule] = {}
    for index, board in enumerate(section.cut):
        if board.board in boards:
            reader.fault(("boards", "cut", index, "board"), "twice", name=board.board)
        boards[board.board] = _board(reader, board, ("boards", "cut", index))
    reader.scope = whole
    return Boards(lets, stocks, tuple(boards.values()))


def _board(reader: Reader, section: BoardSection, path: Path) -> BoardRule:
    assert reader.file.boards is not None
    if section.stock not in reader.file.boards.stocks:
        reader.fault((*path, "stock"), "unknown_name", name=section.stock)
    return BoardRule(
        name=section.board,
        label=section.label,
        stock=section.stock,
        quantity=reader.number(section.quantity, (*path, "quantity")),
        length_um=reader.number(section.length, (*path, "length")),
        width_um=reader.number(section.width, (*path, "width")),
        grain=section.grain,
        edges_um={edge: reader.number(section.edges[edge], (*path, "edges", edge)) if edge in section.edges else NOTHING for edge in EDGES},
        holes=tuple(_hole(reader, hole, (*path, "holes", place)) for place, hole in enumerate(section.holes)),
        grooves=tuple(_groove(reader, groove, (*path, "grooves", place)) for place, groove in enumerate(section.grooves)),
        line=reader.line(path),
    )


def _hole(reader: Reader, section: HoleSection, path: Path) -> HoleRule:
    return HoleRule(
        face=section.face,
        diameter_um=reader.number(section.diameter, (*path, "diameter")),
        depth_um=reader.number(section.depth, (*path, "depth")),
        at=_pair(reader, section.at, (*path, "at")),
        times=_pair(reader, section.times, (*path, "times")),
        by=_pair(reader, section.by, (*path, "by")),
        when=reader.condition(section.when, (*path, "when")),
        line=reader.line(path),
    )


def _groove(reader: Reader, section: GrooveSection, path: Path) -> GrooveRule:
    return GrooveRule(
        start=_pair(reader, section.start, (*path, "from")),
        end=_pair(reader, section.end, (*path, "to")),
        width_um=reader.number(section.width, (*path, "width")),
        depth_um=reader.number(section.depth, (*path, "depth")),
        when=reader.condition(section.when, (*path, "when")),
        line=reader.line(path),
    )


def _pair(reader: Reader, pair: tuple[str, str], path: Path) -> tuple[Numeric, Numeric]:
    return reader.number(pair[0], (*path, 0)), reader.number(pair[1], (*path, 1))
