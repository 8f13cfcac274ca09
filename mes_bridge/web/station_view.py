"""What a station's page shows: its queue and one operation large, with what may be done to it."""

import math
from collections.abc import Iterator
from typing import Any

from contracts.naming import is_meant
from contracts.problems import NotFound
from contracts.quality import Verdict
from contracts.texts import LANGUAGES
from contracts.units import Quantity
from contracts.work_order import WorkOrderFile, WorkOrderState
from ledger.identifiers import new_id
from mes_bridge.engine.judgement import zones_of
from mes_bridge.engine.reasons import PAUSES, SCRAPS
from mes_bridge.engine.work_order_document import picture_of
from mes_bridge.engine.work_orders import AT_WORK, FINISHED, IN_HAND, WAITING
from mes_bridge.service import Service
from mes_bridge.views import CheckpointView, NonConformanceView, QueueItem, WorkOrderView
from mes_bridge.web.tolerance import WIDTH, off_by, strip
from presentation.formats import in_reading_unit
from presentation.guard import current_principal
from presentation.language import current_language

S = WorkOrderState


def station_view(service: Service, machine: str, wanted: str | None, fault: dict[str, str] | None = None) -> dict[str, Any]:
    """The template's facts; ``fault`` is a refused value with its sentence. Raises NotFound."""
    station = next((one for one in service.stations() if one.machine == machine), None)
    if station is None:
        raise NotFound("machine", machine)
    queue = service.queue(machine)
    chosen = wanted or next(_in_order_of_need(queue), None)
    view = None if chosen is None else service.work_order(chosen)
    return {
        "station": station,
        "queue": queue,
        "chosen": view,
        "following": next((each for each in _in_order_of_need(queue) if each != chosen), None),
        "fault": fault or {},
        "token": new_id("report"),
        **({} if view is None else _operation(service, view, station.on_hold)),
    }


def next_for(service: Service, code: str) -> QueueItem | None:
    """The work order of this identifier, or what comes next of this piece or order (named by all of it or by its end)."""
    of_piece: list[QueueItem] = []
    for station in service.stations():
        for item in service.queue(station.machine):
            if item.work_order == code:
                return item
            if is_meant(item.key.piece, code) or is_meant(item.order, code):
                of_piece.append(item)
    of_piece.sort(key=lambda item: (item.planned_start_at, item.work_order))
    need = {work_order: rank for rank, work_order in enumerate(_in_order_of_need(of_piece))}
    return min(of_piece, key=lambda item: need.get(item.work_order, len(need)), default=None)


def _operation(service: Service, view: WorkOrderView, on_hold: bool) -> dict[str, Any]:
    specification = service.specification(view.specification_sha256)
    state = view.item.state
    own = drawings(view, specification.story_of(view.item.key.sequence).picture)
    bands = service.gauges.bands(one.characteristic for one in view.checkpoints)
    return {
        "step": next(one for one in specification.routing if one.sequence == view.item.key.sequence),
        "value_labels": {(choice.option, choice.value): choice.value_label for choice in specification.choices},
        "items": {line.item: line.label for line in specification.materials},
        "labels": {one.sequence: one.label for one in specification.routing},
        "drawings": [_drawn(service, view, file.name) for file in own],
        "other_drawings": [_drawn(service, view, file.name) for file in drawings(view) if file not in own],
        "checkpoints": [_checkpoint(one, view, bands[one.characteristic.checkpoint]) for one in view.checkpoints],
        "may_start": state in WAITING and view.item.ready and not on_hold,
        "may_work": state in AT_WORK,
        "may_measure": state in IN_HAND,
        "may_measure_later": state in WAITING,
        "may_correct": state not in FINISHED,
        "is_over": state in FINISHED,
        "nonconformance": _nonconformance(service, view),
        "PAUSES": PAUSES,
        "SCRAPS": SCRAPS,
        "WIDTH": WIDTH,
    }


def drawings(view: WorkOrderView, picture: str | None = None) -> list[WorkOrderFile]:
    """Pictures without words, and those in the reader's language; of an operation with its ``picture`` of its own that one alone."""
    others = tuple(f".{language}.svg" for language in LANGUAGES if language != current_language())
    found = [file for file in view.document.files if file.name.endswith(".svg") and not file.name.endswith(others)]
    return [file for file in found if picture_of(file.name) == picture] or found


def _drawn(service: Service, view: WorkOrderView, name: str) -> str:
    """The drawing as part of the page, so that its words are written in the page's fonts."""
    return service.file(view.item.work_order, name, current_principal())[1].decode()


def _checkpoint(checkpoint: CheckpointView, view: WorkOrderView, band: Quantity | None) -> dict[str, Any]:
    characteristic, current = checkpoint.characteristic, checkpoint.current
    zones = zones_of(characteristic, band)
    return {
        "characteristic": characteristic,
        "current": current,
        "history": checkpoint.history,
        "lower": in_reading_unit(math.ceil(zones.accept_from), characteristic.unit),
        "upper": in_reading_unit(math.floor(zones.accept_to), characteristic.unit),
        "reject_below": in_reading_unit(math.floor(zones.reject_below), characteristic.unit),
        "reject_above": in_reading_unit(math.ceil(zones.reject_above), characteristic.unit),
        "band": band,
        "strip": strip(characteristic, current.value if current else None),
        "off_by": off_by(characteristic, current.value) if current else None,
        "open": characteristic.checkpoint in view.open_checkpoints,
        "failed": current is not None and current.verdict is Verdict.OUT_OF_TOLERANCE,
        "passed": current is not None and current.verdict is Verdict.IN_TOLERANCE,
    }


def _nonconformance(service: Service, view: WorkOrderView) -> NonConformanceView | None:
    wanted = view.item.nonconformance
    if wanted is None:
        return None
    return next((one for one in service.nonconformances(limit=1000) if one.nonconformance.nonconformance == wanted), None)


def _in_order_of_need(queue: list[QueueItem]) -> Iterator[str]:
    """What is in hand first, then what may start, in the order of the plan."""
    yield from (item.work_order for item in queue if item.state in IN_HAND)
    yield from (item.work_order for item in queue if item.ready and item.state in WAITING)
