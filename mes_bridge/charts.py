"""Which control charts are there, and what does each show? Read from what was measured; nothing here writes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import exists
from sqlalchemy import select as select_columns
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session

from contracts.model import Contract, Instant
from contracts.problems import NotFound
from contracts.texts import Localised
from contracts.units import Quantity
from ledger.unit_of_work import Ledger
from mes_bridge.engine.holding import is_one_sided
from mes_bridge.engine.spc.capability import Capability, capability
from mes_bridge.engine.spc.normalising import q_statistics
from mes_bridge.engine.spc.rules import EWMA_RULE, ONE_SIDED, RULES, alarms, drifts, ewma
from mes_bridge.floor import SpecificationShelf
from mes_bridge.tables import MEASUREMENT, PIECE, REVISION, WORK_ORDER

LATEST = 2_000
"""Values that the overview looks at; a chart of its own shows all of these that are its."""
SHOWN = 60
"""Points of one chart's picture."""
RECENT = 20
"""Points whose alarms the overview counts."""


class ChartPoint(Contract):
    """``q``: standard normal while nothing changes; None for the first ones. ``smoothed`` (EWMA) has ``limit`` on both sides."""

    piece: str
    at: Instant
    value: Quantity
    nominal: Quantity
    lower: Quantity
    upper: Quantity
    q: float | None
    smoothed: float | None
    limit: float | None
    alarms: tuple[str, ...]


class Chart(Contract):
    """One characteristic on one machine; never put together with another."""

    machine: str
    checkpoint: str
    characteristic: Localised
    operation: Localised
    gauge: Localised
    capability: Capability | None
    """None for fewer than two values."""
    points: tuple[ChartPoint, ...]
    """In the order of time."""

    @property
    def recent_alarms(self) -> int:
        """Of the last points, those that make a rule true."""
        return sum(1 for point in self.points[-RECENT:] if point.alarms)


class Value:
    """A value with the limits of its own piece."""

    def __init__(self, row: Any) -> None:
        self.measurement: str = row.id
        self.piece: str = row.piece
        self.at: datetime = row.at
        self.value: int = row.value
        self.place: float = row.place
        self.machine: str = row.machine
        self.stream: tuple[str, ...] = (row.machine, row.checkpoint, row.stream)
        """Values with the same one are of one characteristic on one machine."""
        self.operation = Localised.model_validate(row.label)
        self.specification_sha256: str = row.specification_sha256
        self.gate: dict[str, Any] = next(each for each in row.document["checkpoints"] if each["checkpoint"] == row.checkpoint)

    @property
    def one_sided(self) -> bool:
        return is_one_sided(self.gate["lower"], self.gate.get("physical_minimum"))


class Charts:
    def __init__(self, ledger: Ledger, shelf: SpecificationShelf) -> None:
        self._ledger = ledger
        self._shelf = shelf

    def all(self) -> list[Chart]:
        """Those with values among the latest, the most alarms first, then the least capable."""
        return sorted((self._chart(values) for values in self._streams()), key=_urgency)

    def one(self, machine: str, checkpoint: str) -> Chart:
        """Raises NotFound for a machine on which the checkpoint was not measured lately."""
        found = [values for values in self._streams() if (values[-1].machine, values[-1].gate["checkpoint"]) == (machine, checkpoint)]
        if not found:
            raise NotFound("chart", f"{machine}/{checkpoint}")
        return self._chart(max(found, key=len))

    def _streams(self) -> list[list[Value]]:
        """The latest values, those of one characteristic on one machine together."""
        streams: dict[tuple[str, ...], list[Value]] = {}
        with self._ledger.reading() as session:
            for value in _values(session):
                streams.setdefault(value.stream, []).append(value)
        return list(streams.values())

    def _chart(self, values: list[Value]) -> Chart:
        last = values[-1]
        quality = self._shelf.take(last.specification_sha256).quality
        named = next(each for each in quality if each.checkpoint == last.gate["checkpoint"])
        places = [each.place for each in values]
        statistics = list(q_statistics(places))
        known = [q for q in statistics if q is not None]
        found = alarms(known, ONE_SIDED if last.one_sided else RULES)
        shown = iter(zip(ewma(known), map(_said_once, found), strict=True))
        points = []
        for value, q in zip(values, statistics, strict=True):
            quantity = {name: Quantity(value=value.gate[name], unit=value.gate["unit"]) for name in ("nominal", "lower", "upper")}
            (smoothed, limit), rules = ((None, None), ()) if q is None else next(shown)
            points.append(
                ChartPoint(
                    piece=value.piece,
                    at=value.at,
                    value=Quantity(value=value.value, unit=value.gate["unit"]),
                    q=q,
                    smoothed=smoothed,
                    limit=limit,
                    alarms=(*rules, *((EWMA_RULE,) if _drifts(smoothed, limit, last) else ())),
                    **quantity,
                )
            )
        return Chart(
            machine=last.machine,
            checkpoint=last.gate["checkpoint"],
            characteristic=named.label,
            operation=last.operation,
            gauge=named.gauge_label,
            capability=capability(places, one_sided=last.one_sided) if len(places) > 1 else None,
            points=tuple(points),
        )


def charted_since(session: Session, machine: str, checkpoint: str, after: datetime | None) -> list[tuple[str, str, float]]:
    """(measurement, stream, place) of the latest values of a checkpoint on a machine taken later than ``after``, oldest first.

    Those that ``_values`` has, without the papers that say it: this is asked while a value is taken.
    """
    measured = MEASUREMENT.c
    query = (
        select_columns(measured.id, measured.stream, measured.place)
        .join(WORK_ORDER, WORK_ORDER.c.id == measured.work_order)
        .where(
            WORK_ORDER.c.machine == machine,
            measured.checkpoint == checkpoint,
            *_counts(),
            *([measured.at > after] if after is not None else []),
        )
        .order_by(measured.at.desc(), measured.id.desc())
        .limit(LATEST)
    )
    return [(row.id, row.stream, row.place) for row in reversed(session.execute(query).all())]


def _values(session: Session) -> Iterator[Value]:
    """The latest values that count, oldest first: of a corrected one its last version; none without a tolerance."""
    measured, order, revision = MEASUREMENT.c, WORK_ORDER.c, REVISION.c
    rows = session.execute(
        select_columns(
            measured.id,
            measured.piece,
            measured.at,
            measured.value,
            measured.checkpoint,
            measured.stream,
            measured.place,
            order.machine,
            order.label,
            revision.document,
            PIECE.c.specification_sha256,
        )
        .join(WORK_ORDER, order.id == measured.work_order)
        .join(PIECE, PIECE.c.piece == measured.piece)
        .join(REVISION, (revision.work_order == order.id) & (revision.revision == order.revision))
        .where(*_counts())
        .order_by(measured.at.desc(), measured.id.desc())
        .limit(LATEST)
    ).all()
    return map(Value, reversed(rows))


def _counts() -> tuple[ColumnElement[bool], ...]:
    """A value that stands on a chart: its limits leave it a place, and it is not corrected."""
    correction = MEASUREMENT.alias()
    return MEASUREMENT.c.place.is_not(None), ~exists().where(correction.c.corrects == MEASUREMENT.c.id)


def _said_once(rules: tuple[str, ...]) -> tuple[str, ...]:
    """Nine on one side are eight on one side too."""
    return tuple(rule for rule in rules if rule != "nelson_2" or "western_electric_4" not in rules)


def _drifts(smoothed: float | None, limit: float | None, value: Value) -> bool:
    if smoothed is None or limit is None:
        return False
    return drifts(smoothed, limit, value.one_sided)


def _urgency(chart: Chart) -> tuple[int, float, str, str]:
    cpk = chart.capability.cpk if chart.capability is not None and chart.capability.cpk is not None else 99.0
    return -chart.recent_alarms, cpk, chart.machine, chart.checkpoint
