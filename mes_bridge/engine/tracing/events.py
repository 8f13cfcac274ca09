"""What a finished piece went through, as EPCIS 2.0 events: commissioned, made of these lots, inspected, packed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts.quality import Certificate, JudgedMeasurement, TracedMaterial
from mes_bridge.engine.tracing.names import Names
from mes_bridge.engine.tracing.vocabulary import UNIT_CODES

Event = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One run of one operation that counts for the piece."""

    work_order: str
    sequence: int
    attempt: int
    machine: str
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True)
class Made:
    """A finished piece; ``runs`` in the order of their start, ``zone``: of its plant."""

    piece: str
    gtin: str | None
    plant: str
    runs: Sequence[Run]
    certificate: Certificate
    zone: tzinfo


def events_of(made: Made, names: Names) -> list[Event]:
    """Every event of the piece in the order of time; the same piece gives the same events with the same identifiers."""
    found = [*_commissioned(made, names), *_transformed(made, names), *_inspected(made, names), *_packed(made, names)]
    return sorted(found, key=lambda event: event["eventTime"])


def _commissioned(made: Made, names: Names) -> Iterator[Event]:
    for first in made.runs[:1]:
        yield _event(made, names, "ObjectEvent", "commissioning", first.started_at, first) | {
            "action": "ADD",
            "epcList": [names.piece(made.piece, made.gtin)],
            "disposition": "active",
        }


def _transformed(made: Made, names: Names) -> Iterator[Event]:
    for run in made.runs:
        used = [each for each in made.certificate.materials if (each.key.sequence, each.key.attempt) == (run.sequence, run.attempt)]
        if used:
            yield _event(made, names, "TransformationEvent", "assembling", run.finished_at, run) | {
                "inputQuantityList": [_quantity(each, names) for each in used],
                "outputEPCList": [names.piece(made.piece, made.gtin)],
                "disposition": "in_progress",
            }


def _inspected(made: Made, names: Names) -> Iterator[Event]:
    for run in made.runs:
        values = [each for each in made.certificate.measurements if (each.key.sequence, each.key.attempt) == (run.sequence, run.attempt)]
        if values:
            yield _event(made, names, "ObjectEvent", "inspecting", max(each.at for each in values), run) | {
                "action": "OBSERVE",
                "epcList": [names.piece(made.piece, made.gtin)],
                "disposition": "conformant",
                "sensorElementList": [{"sensorReport": [_report(each, names) for each in values]}],
            }


def _packed(made: Made, names: Names) -> Iterator[Event]:
    """What is certified goes to the carrier."""
    for last in made.runs[-1:]:
        yield _event(made, names, "ObjectEvent", "packing", made.certificate.issued_at, last) | {
            "action": "OBSERVE",
            "epcList": [names.piece(made.piece, made.gtin)],
            "disposition": "conformant",
        }


def _event(made: Made, names: Names, kind: str, step: str, at: datetime, run: Run) -> Event:
    local = at.astimezone(made.zone)
    identity = f"{names.piece(made.piece, made.gtin)} {kind} {step} {run.sequence}.{run.attempt}"
    return {
        "eventID": f"urn:uuid:{uuid5(NAMESPACE_URL, identity)}",
        "type": kind,
        "eventTime": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventTimeZoneOffset": local.isoformat()[-6:],
        "bizStep": step,
        "readPoint": {"id": names.machine(run.machine)},
        "bizLocation": {"id": names.plant(made.plant)},
        "bizTransactionList": [{"type": "prodorder", "bizTransaction": names.work_order(run.work_order)}],
    }


def _quantity(used: TracedMaterial, names: Names) -> dict[str, Any]:
    quantity, code = _coded(used.quantity, used.unit)
    counted = {"epcClass": names.material(used.item, used.lot), "quantity": quantity}
    return counted if code == UNIT_CODES["piece"][0] else counted | {"uom": code}


def _report(value: JudgedMeasurement, names: Names) -> dict[str, Any]:
    measured, code = _coded(value.value, value.unit)
    return {
        "type": UNIT_CODES[value.unit][2],
        "value": measured,
        "uom": code,
        "time": value.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "deviceID": names.gauge(value.gauge),
    }


def _coded(value: int, unit: str) -> tuple[int | float, str]:
    code, many, _ = UNIT_CODES[unit]
    return (value if many == 1 else value / many), code


def mentions(event: Event) -> Iterable[tuple[str, str]]:
    """(role, identifier) of all that an event is about, each once; a role is the event's own field."""
    found: dict[tuple[str, str], None] = {}
    for role in ("epcList", "childEPCs", "inputEPCList", "outputEPCList"):
        found.update({(role, each): None for each in event.get(role, ())})
    for role in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
        found.update({(role, each["epcClass"]): None for each in event.get(role, ())})
    if event.get("parentID"):
        found["parentID", event["parentID"]] = None
    for role in ("readPoint", "bizLocation"):
        if role in event:
            found[role, event[role]["id"]] = None
    found.update({("bizTransaction", each["bizTransaction"]): None for each in event.get("bizTransactionList", ())})
    return found
