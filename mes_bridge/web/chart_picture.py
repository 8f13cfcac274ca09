"""Where the marks of a control chart stand on its drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from mes_bridge.charts import ChartPoint

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT = 34, 10
HIGHEST = 4.0
"""Deviations at the upper edge; what lies beyond is drawn on it."""


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    alarm: bool
    title: str


@dataclass(frozen=True)
class Picture:
    """In units of the drawing's view box; ``lines``: (deviations, height)."""

    marks: tuple[Mark, ...]
    line: str
    smoothed: str
    limits: tuple[str, str]
    lines: tuple[tuple[int, float], ...]


def picture_of(points: Sequence[ChartPoint]) -> Picture:
    known = [point for point in points if point.q is not None]
    step = (WIDTH - LEFT - RIGHT) / max(len(known) - 1, 1)
    across = [LEFT + number * step for number in range(len(known))]
    heights = [_height(point.q or 0.0) for point in known]
    marks = tuple(
        Mark(x, y, bool(point.alarms), f"{point.q:+.2f}") for x, y, point in zip(across, heights, known, strict=True) if point.q is not None
    )
    return Picture(
        marks=marks,
        line=_path(across, heights),
        smoothed=_path(across, [_height(point.smoothed or 0.0) for point in known]),
        limits=(
            _path(across, [_height(point.limit or 0.0) for point in known]),
            _path(across, [_height(-(point.limit or 0.0)) for point in known]),
        ),
        lines=tuple((deviations, _height(deviations)) for deviations in range(-3, 4)),
    )


def _height(deviations: float) -> float:
    bounded = max(-HIGHEST, min(HIGHEST, deviations))
    return round(HEIGHT / 2 - bounded * HEIGHT / 2 / HIGHEST, 1)


def _path(across: Sequence[float], heights: Sequence[float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, heights, strict=True))
