"""Which boards one product is cut from: exact sizes in micrometres, edges, holes and grooves."""

from collections.abc import Mapping
from dataclasses import dataclass

from configurator.engine.boards.sections import BoardRule, Boards, Edge, Face, Grain, GrooveRule, HoleRule, totals_of
from configurator.engine.product import Product, Valued, tested, valued
from contracts.problems import SourceInvalid
from contracts.texts import Localised

Spot = tuple[int, int]
"""Micrometres from the start along the length, and from the front along the width; on an edge: along it, and up from the lower face."""


@dataclass(frozen=True)
class Hole:
    face: Face
    at: Spot
    diameter_um: int
    depth_um: int


@dataclass(frozen=True)
class Groove:
    """Along its middle line."""

    start: Spot
    end: Spot
    width_um: int
    depth_um: int


@dataclass(frozen=True)
class Board:
    """``quantity`` equal boards; sizes are finished ones, edging included."""

    name: str
    label: Localised
    stock: str
    item: str
    quantity: int
    length_um: int
    width_um: int
    thickness_um: int
    grain: Grain
    edges_um: Mapping[Edge, int]
    """Thickness of the edging; 0 where there is none."""
    holes: tuple[Hole, ...]
    grooves: tuple[Groove, ...]

    @property
    def cut_length_um(self) -> int:
        """As it leaves the saw."""
        return self.length_um - self.edges_um["start"] - self.edges_um["end"]

    @property
    def cut_width_um(self) -> int:
        return self.width_um - self.edges_um["front"] - self.edges_um["back"]

    @property
    def edging_um(self) -> int:
        """How long the edging of one board is."""
        lengths: dict[Edge, int] = {"start": self.width_um, "end": self.width_um, "front": self.length_um, "back": self.length_um}
        return sum(length for edge, length in lengths.items() if self.edges_um[edge])


class CuttingList:
    """A family's boards section, ready to be asked for any product; immutable."""

    def __init__(self, boards: Boards) -> None:
        self._section = boards
        self._lets = {name: valued(value) for name, value in boards.lets.items()}
        self._thickness = {name: valued(stock.thickness_um) for name, stock in boards.stocks.items()}
        self._boards = [_Compiled(rule) for rule in boards.cut]

    def named(self, product: Product) -> Product:
        """The product with the section's named numbers beside its dimensions."""
        numbers = dict(product.numbers)
        known = Product(product.chosen, numbers)
        for name, value in self._lets.items():
            numbers[name] = value(known)
        return known

    def boards(self, product: Product, choices: Mapping[str, str], numbers: Mapping[str, int]) -> tuple[Board, ...]:
        """In the order of the file; what is not needed is left out. Raises SourceInvalid for a board that cannot be made."""
        known = self.named(product)
        thickness = {name: value(known) for name, value in self._thickness.items()}
        items = {name: stock.item.filled(choices, numbers) for name, stock in self._section.stocks.items()}
        found = []
        for compiled in self._boards:
            stock = compiled.rule.stock
            board = compiled.board(known, items[stock], thickness[stock])
            if board.quantity:
                _possible(board, compiled.rule.line)
                found.append(board)
        return tuple(found)

    def with_totals(self, product: Product) -> Product:
        """The product with named numbers and, for each stock, its area as cut (cm², rounded up) and its edging (mm, rounded up)."""
        if not self._boards:
            return product
        known = self.named(product)
        numbers = dict(known.numbers)
        boards = [compiled.sized(known) for compiled in self._boards]
        for stock in self._section.stocks:
            area, edging = totals_of(stock)
            own = [board for board in boards if board.stock == stock]
            numbers[area] = -(-sum(board.quantity * board.cut_length_um * board.cut_width_um for board in own) // 10**8)
            numbers[edging] = -(-sum(board.quantity * board.edging_um for board in own) // 1000)
        return Product(known.chosen, numbers)


class _Compiled:
    def __init__(self, rule: BoardRule) -> None:
        self.rule = rule
        self._quantity, self._length, self._width = valued(rule.quantity), valued(rule.length_um), valued(rule.width_um)
        self._edges = {edge: valued(value) for edge, value in rule.edges_um.items()}
        self._holes = [(hole, tested(hole.when), _hole_values(hole)) for hole in rule.holes]
        self._grooves = [(groove, tested(groove.when), _groove_values(groove)) for groove in rule.grooves]

    def sized(self, known: Product) -> Board:
        """Without holes and grooves, its stock's item and thickness."""
        return self._board(known, "", 0, (), ())

    def board(self, known: Product, item: str, thickness_um: int) -> Board:
        holes = [hole for each, when, values in self._holes if when(known) for hole in _holes(each, [value(known) for value in values])]
        grooves = [_made_groove([value(known) for value in values]) for _, when, values in self._grooves if when(known)]
        return self._board(known, item, thickness_um, tuple(holes), tuple(grooves))

    def _board(self, known: Product, item: str, thickness_um: int, holes: tuple[Hole, ...], grooves: tuple[Groove, ...]) -> Board:
        rule = self.rule
        return Board(
            name=rule.name,
            label=rule.label,
            stock=rule.stock,
            item=item,
            quantity=max(0, self._quantity(known)),
            length_um=self._length(known),
            width_um=self._width(known),
            thickness_um=thickness_um,
            grain=rule.grain,
            edges_um={edge: value(known) for edge, value in self._edges.items()},
            holes=holes,
            grooves=grooves,
        )


def _hole_values(rule: HoleRule) -> list[Valued]:
    return [valued(value) for value in (*rule.at, *rule.times, *rule.by, rule.diameter_um, rule.depth_um)]


def _holes(rule: HoleRule, values: list[int]) -> list[Hole]:
    x, y, along, across, dx, dy, diameter, depth = values
    return [Hole(rule.face, (x + i * dx, y + j * dy), diameter, depth) for i in range(along) for j in range(across)]


def _groove_values(rule: GrooveRule) -> list[Valued]:
    return [valued(value) for value in (*rule.start, *rule.end, rule.width_um, rule.depth_um)]


def _made_groove(values: list[int]) -> Groove:
    return Groove((values[0], values[1]), (values[2], values[3]), values[4], values[5])


def _possible(board: Board, line: int) -> None:
    """Raises SourceInvalid when the board has no size, a hole does not lie within it, or a groove runs askew or through."""
    sound = min(board.cut_length_um, board.cut_width_um, board.thickness_um) > 0
    for hole in board.holes:
        along, across, deep = _room(board, hole.face)
        radius = hole.diameter_um // 2
        sound = sound and radius <= hole.at[0] <= along - radius and radius <= hole.at[1] <= across - radius and 0 < hole.depth_um <= deep
    for groove in board.grooves:
        straight = groove.start[0] == groove.end[0] or groove.start[1] == groove.end[1]
        sound = sound and straight and 0 < groove.depth_um < board.thickness_um
    if not sound:
        fault = {"line": line, "column": 1, "message": "configurator.fault.board_impossible", "params": {"name": board.name}}
        raise SourceInvalid(extra={"lines": [fault]})


def _room(board: Board, face: Face) -> tuple[int, int, int]:
    """Length, width and depth of what is drilled into."""
    if face == "face":
        return board.length_um, board.width_um, board.thickness_um
    if face in ("start", "end"):
        return board.width_um, board.thickness_um, board.length_um
    return board.length_um, board.thickness_um, board.width_um
