"""DXF as machines read it: release 12, in millimetres; the same content gives the same bytes."""

import io
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

Spot = tuple[float, ...]
_SKELETONS = 128
"""So many are remembered: boards drilled for the same tools share theirs."""


class Entities:
    """What is drawn one after another, on the sheet or in one of its blocks; millimetres, written to a thousandth."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._stream = _library()[1](self._text)
        self._begins = self._text.tell()

    def line(self, start: Sequence[float], end: Sequence[float], layer: str) -> None:
        self._stream.add_line(_spot(start), _spot(end), layer=layer)

    def polyline(self, points: Iterable[tuple[float, float]], layer: str, *, closed: bool = False) -> None:
        self._stream.add_polyline_2d([_spot(point) for point in points], closed=closed, layer=layer)

    def circle(self, centre: tuple[float, float], radius: float, layer: str) -> None:
        self._stream.add_circle(_spot(centre), _number(radius), layer=layer)

    def point(self, at: tuple[float, float], layer: str) -> None:
        self._stream.add_point(_spot(at), layer=layer)

    def text(self, said: str, at: tuple[float, float], height: float, layer: str) -> None:
        self._stream.add_text(said, _spot(at), _number(height), layer=layer)

    def drawn(self) -> str:
        return self._text.getvalue()[self._begins :]


class Sheet(Entities):
    """A drawing with these layers and the blocks that are set into it."""

    def __init__(self, *layers: str) -> None:
        super().__init__()
        self._layers = tuple(dict.fromkeys(layers))
        self._blocks: dict[str, tuple[Spot, Entities]] = {}

    def block(self, name: str, at: tuple[float, float]) -> Entities:
        """A new block, set into the sheet with its origin there."""
        entities = Entities()
        self._blocks[name] = (_spot(at), entities)
        return entities

    def written(self) -> bytes:
        """Raises UnicodeEncodeError for what is no ASCII."""
        parts = _skeleton(self._layers, tuple((name, at) for name, (at, _) in self._blocks.items()))
        inside = (*(entities.drawn() for _, entities in self._blocks.values()), self.drawn(), "")
        return "".join(text for pair in zip(parts, inside, strict=True) for text in pair).encode("ascii")


@lru_cache(_SKELETONS)
def _skeleton(layers: tuple[str, ...], blocks: tuple[tuple[str, Spot], ...]) -> tuple[str, ...]:
    """A drawing with nothing in it, cut where the content of each block and of the sheet goes."""
    drawing = _library()[0].new("R12")
    # What the fast writer adds has no handles: none are written then.
    drawing.header["$HANDLING"] = 0
    for layer in layers:
        drawing.layers.add(layer)
    for name, at in blocks:
        drawing.blocks.new(name)
        drawing.modelspace().add_blockref(name, at)
    text = io.StringIO()
    drawing.write(text, fmt="asc")
    parts, rest = [], text.getvalue()
    for name, _ in blocks:
        head = f"  3\n{name}\n  1\n\n"
        inside = rest.index(head) + len(head)
        parts.append(rest[:inside])
        rest = rest[inside:]
    end = rest.rindex("  0\nENDSEC\n  0\nEOF\n")
    return (*parts, rest[:end], rest[end:])


@cache
def _library() -> tuple[Any, Any]:
    """ezdxf's whole drawing, and its fast writer of entities, which is fifteen times as fast and knows no blocks.

    The only entrance to the library, taken when something is cut: it takes long to import, and its modules import each other in a circle.
    Its files hold no time of writing: a file is known by its hash.
    """
    import ezdxf
    from ezdxf.addons.r12writer import R12FastStreamWriter
    from ezdxf.document import Drawing

    ezdxf.options.write_fixed_meta_data_for_testing = True  # type: ignore[attr-defined]
    return Drawing, R12FastStreamWriter


def _spot(at: Sequence[float]) -> Spot:
    """With its height, which is 0 where none is said."""
    return tuple(_number(each) for each in (*at, 0.0)[:3])


def _number(value: float) -> float:
    """To a thousandth; never a minus before zero."""
    return round(float(value), 3) + 0.0
