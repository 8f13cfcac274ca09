"""DXF as machines read it: release 12, millimetres, and the same content gives the same bytes."""

import io

from ezdxf import options  # type: ignore[attr-defined]
from ezdxf.document import Drawing

options.write_fixed_meta_data_for_testing = True
"""No time of writing within: a file is known by its hash, and the same drawing must give the same one."""


def new_drawing(*layers: str) -> Drawing:
    """An empty drawing with these layers; release 12 has no units in its header."""
    drawing = Drawing.new("R12")
    for layer in dict.fromkeys(layers):
        drawing.layers.add(layer)
    return drawing


def written(drawing: Drawing) -> bytes:
    text = io.StringIO()
    drawing.write(text, fmt="asc")
    return text.getvalue().encode("ascii")
