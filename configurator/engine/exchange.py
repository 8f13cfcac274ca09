"""DXF as machines read it: release 12, in millimetres; the same content gives the same bytes.

Release 12 is tagged text: a group code and a value, each on a line of its own (AutoCAD Release 12 *Customization Manual*, chapter 11).
It has no units in its header and holds no time of writing.
"""

from collections.abc import Iterable, Sequence

Tags = list[str]
_OPEN, _CLOSED = "0", "1"


class Entities:
    """What is drawn one after another, on the sheet or in one of its blocks; millimetres, written to a thousandth."""

    def __init__(self) -> None:
        self.tags: Tags = []

    def line(self, start: Sequence[float], end: Sequence[float], layer: str) -> None:
        self.tags += ("0", "LINE", "8", layer, *_spot(start, 10), *_spot(end, 11))

    def polyline(self, points: Iterable[tuple[float, float]], layer: str, *, closed: bool = False) -> None:
        self.tags += ("0", "POLYLINE", "8", layer, "66", "1", *_spot((0, 0), 10), "70", _CLOSED if closed else _OPEN)
        for point in points:
            self.tags += ("0", "VERTEX", "8", layer, *_spot(point, 10))
        self.tags += ("0", "SEQEND", "8", layer)

    def circle(self, centre: tuple[float, float], radius: float, layer: str) -> None:
        self.tags += ("0", "CIRCLE", "8", layer, *_spot(centre, 10), "40", _number(radius))

    def point(self, at: tuple[float, float], layer: str) -> None:
        self.tags += ("0", "POINT", "8", layer, *_spot(at, 10))

    def text(self, said: str, at: tuple[float, float], height: float, layer: str) -> None:
        self.tags += ("0", "TEXT", "8", layer, *_spot(at, 10), "40", _number(height), "1", said)


class Sheet(Entities):
    """A drawing with these layers and the blocks that are set into it."""

    def __init__(self, *layers: str) -> None:
        super().__init__()
        self._layers = tuple(dict.fromkeys(("0", *layers)))
        self._blocks: dict[str, Entities] = {}

    def block(self, name: str, at: tuple[float, float]) -> Entities:
        """A new block, set into the sheet with its origin there."""
        self._blocks[name] = Entities()
        self.tags += ("0", "INSERT", "8", "0", "2", name, *_spot(at, 10))
        return self._blocks[name]

    def written(self) -> bytes:
        tags = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", "AC1009", "0", "ENDSEC", "0", "SECTION", "2", "TABLES"]
        tags += _table("LTYPE", [("2", "CONTINUOUS", "70", "0", "3", "", "72", "65", "73", "0", "40", "0.0")])
        tags += _table("LAYER", [("2", layer, "70", "0", "62", "7", "6", "CONTINUOUS") for layer in self._layers])
        tags += ("0", "ENDSEC", "0", "SECTION", "2", "BLOCKS")
        for name, block in self._blocks.items():
            tags += ("0", "BLOCK", "8", "0", "2", name, "70", "0", *_spot((0, 0), 10), "3", name, *block.tags, "0", "ENDBLK", "8", "0")
        tags += ("0", "ENDSEC", "0", "SECTION", "2", "ENTITIES", *self.tags, "0", "ENDSEC", "0", "EOF", "")
        return "\n".join(tags).encode("ascii")


def _table(kind: str, rows: Sequence[tuple[str, ...]]) -> Tags:
    tags = ["0", "TABLE", "2", kind, "70", str(len(rows))]
    for row in rows:
        tags += ("0", kind, *row)
    return [*tags, "0", "ENDTAB"]


def _spot(at: Sequence[float], code: int) -> tuple[str, ...]:
    """x, y and z of a point: its group code, and those 10 and 20 above."""
    height = at[2] if len(at) > 2 else 0
    return str(code), _number(at[0]), str(code + 10), _number(at[1]), str(code + 20), _number(height)


def _number(value: float) -> str:
    """To a thousandth; never a minus before zero."""
    return repr(round(float(value), 3) + 0.0)
