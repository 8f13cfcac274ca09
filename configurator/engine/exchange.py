"""DXF as machines read it: release 12, in millimetres; the same content gives the same bytes."""

import io
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any


class Entities:
    """What is drawn one after another, on the sheet or in one of its blocks; millimetres, written to a thousandth."""

    def __init__(self, layout: Any) -> None:
        self._layout = layout

    def line(self, start: Sequence[float], end: Sequence[float], layer: str) -> None:
        self._layout.add_line(_spot(start), _spot(end), dxfattribs={"layer": layer})

    def polyline(self, points: Iterable[tuple[float, float]], layer: str, *, closed: bool = False) -> None:
        self._layout.add_polyline2d([_spot(point) for point in points], close=closed, dxfattribs={"layer": layer})

    def circle(self, centre: tuple[float, float], radius: float, layer: str) -> None:
        self._layout.add_circle(_spot(centre), _number(radius), dxfattribs={"layer": layer})

    def point(self, at: tuple[float, float], layer: str) -> None:
        self._layout.add_point(_spot(at), dxfattribs={"layer": layer})

    def text(self, said: str, at: tuple[float, float], height: float, layer: str) -> None:
        self._layout.add_text(said, height=_number(height), dxfattribs={"layer": layer, "insert": _spot(at)})


class Sheet(Entities):
    """A drawing with these layers and the blocks that are set into it."""

    def __init__(self, *layers: str) -> None:
        self._drawing = _new_drawing()("R12")
        for layer in dict.fromkeys(layers):
            self._drawing.layers.add(layer)
        super().__init__(self._drawing.modelspace())

    def block(self, name: str, at: tuple[float, float]) -> Entities:
        """A new block, set into the sheet with its origin there."""
        block = self._drawing.blocks.new(name)
        self._layout.add_blockref(name, _spot(at))
        return Entities(block)

    def written(self) -> bytes:
        """Raises UnicodeEncodeError for what is no ASCII."""
        text = io.StringIO()
        self._drawing.write(text, fmt="asc")
        return text.getvalue().encode("ascii")


@cache
def _new_drawing() -> Any:
    """The only entrance to ezdxf, taken when something is cut: it takes long to import, and its modules import each other in a circle.

    Its files hold no time of writing: a file is known by its hash.
    """
    import ezdxf
    from ezdxf.document import Drawing

    ezdxf.options.write_fixed_meta_data_for_testing = True  # type: ignore[attr-defined]
    return Drawing.new


def _spot(at: Sequence[float]) -> tuple[float, ...]:
    return tuple(_number(each) for each in at)


def _number(value: float) -> float:
    """To a thousandth; never a minus before zero."""
    return round(float(value), 3) + 0.0
