"""How large are a drawing's letters where the whole drawing is only as large as a phone's stage for it?"""

SMALLEST_SHEET_PX = (375.0, 204.0)
"""Width and height of the smallest place where a drawing is shown with its labels: the studio's stage on a phone."""
LEGIBLE_PX = 10.0
LABEL = "label"
"""The class of the writings that a small sheet sets in the drawing's own letter size instead of theirs."""


def legible(width: float, height: float) -> float:
    """The letter size, in the drawing's millimetres, of a drawing with this box that is legible on the smallest sheet."""
    across, up = SMALLEST_SHEET_PX
    return LEGIBLE_PX * max(width / across, height / up)
