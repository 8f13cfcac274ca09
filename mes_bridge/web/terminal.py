"""The operator's terminal: choose a station, work one operation at a time, measure it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import BadRequest

from contracts.access import Permission
from contracts.model import sha256_of
from contracts.problems import FieldProblem, GaugeOverdue, InvalidInput, NotFound, Problem, UnitMismatch
from contracts.product import CharacteristicSpec
from contracts.texts import Message
from contracts.units import convert
from contracts.work_order import Name, Receipt
from ledger.identifiers import new_id
from mes_bridge.engine.judgement import judge
from mes_bridge.engine.reasons import PAUSES, SCRAPS
from mes_bridge.reporting import STANDS, WITHDRAWN
from mes_bridge.service import Service
from mes_bridge.web.station_view import next_for, station_view
from mes_bridge.web.tolerance import far_off, typed_value
from presentation.by_script import refused_in
from presentation.explaining import explained, field_sentence
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.live import HEARTBEAT_S, LiveEvent, stream
from presentation.texts import render

_NAME: TypeAdapter[str | None] = TypeAdapter(Name | None)


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("terminal", __name__, template_folder="templates")
    _add_views(pages, service)
    _add_reports(pages, service)
    _add_measuring(pages, service)
    return pages


def _add_views(pages: Blueprint, service: Service) -> None:
    @pages.get("/terminal")
    @requires(Permission.OPERATE)
    def stations() -> str:
        return render_template("mes_bridge/stations.html", stations=service.stations(), not_found=None)

    @pages.get("/terminal/find")
    @requires(Permission.OPERATE)
    def find() -> ResponseReturnValue:
        code = request.args.get("code", "").strip().rpartition("/")[2]
        found = next_for(service, code)
        if found is None:
            return render_template("mes_bridge/stations.html", stations=service.stations(), not_found=code), 404
        return redirect(_address(found.machine, found.work_order), 303)

    @pages.get("/terminal/<machine>")
    @requires(Permission.OPERATE)
    def station(machine: str) -> str:
        return render_template("mes_bridge/station.html", **station_view(service, machine, request.args.get("work_order")))

    @pages.post("/terminal/<machine>/attend")
    @requires(Permission.OPERATE)
    def attend(machine: str) -> ResponseReturnValue:
        service.attend(machine, current_principal())
        return redirect(_station(machine), 303)

    @pages.post("/terminal/<machine>/leave")
    @requires(Permission.OPERATE)
    def leave(machine: str) -> ResponseReturnValue:
        service.leave(machine, current_principal())
        return redirect(_station(machine), 303)

    @pages.get("/terminal/<machine>/now")
    @requires(Permission.OPERATE)
    def now(machine: str) -> str:
        return render_template("mes_bridge/station_now.html", **station_view(service, machine, request.args.get("work_order")))

    @pages.get("/terminal/<machine>/live")
    @requires(Permission.OPERATE)
    def live(machine: str) -> Response:
        return stream(_changes(service, machine))

    @pages.get("/terminal/work-orders/<work_order>/files/<name>")
    @requires(Permission.OPERATE)
    def file(work_order: str, name: str) -> Response:
        media_type, content = service.file(work_order, name, current_principal())
        return Response(content, mimetype=media_type)


def _add_reports(pages: Blueprint, service: Service) -> None:
    def report(work_order: str, act: Callable[[str], Receipt]) -> ResponseReturnValue:
        """Report under the form's own identifier, so that a form sent twice has one effect; then show the operation."""
        try:
            receipt = act(_named("token") or new_id("report"))
        except NotFound:
            raise
        except Problem as refusal:
            title, detail = explained(refusal, current_language())
            flash(
                " ".join([f"{title}.", *([field_sentence(fault, current_language()) for fault in refusal.errors] or [detail])]), "refusal"
            )
        else:
            _flash_remark(receipt)
        return redirect(_address(service.work_order(work_order).item.machine, work_order), 303)

    @pages.post("/terminal/work-orders/<work_order>/start")
    @requires(Permission.OPERATE)
    def start(work_order: str) -> ResponseReturnValue:
        return report(work_order, lambda token: service.start(work_order, current_principal(), report=token))

    @pages.post("/terminal/work-orders/<work_order>/pause")
    @requires(Permission.OPERATE)
    def pause(work_order: str) -> ResponseReturnValue:
        return report(work_order, lambda token: service.pause(work_order, current_principal(), _reason(PAUSES), report=token))

    @pages.post("/terminal/work-orders/<work_order>/complete")
    @requires(Permission.OPERATE)
    def complete(work_order: str) -> ResponseReturnValue:
        return report(work_order, lambda token: service.complete(work_order, current_principal(), report=token))

    @pages.post("/terminal/work-orders/<work_order>/scrap")
    @requires(Permission.OPERATE)
    def scrap(work_order: str) -> ResponseReturnValue:
        return report(work_order, lambda token: service.scrap(work_order, current_principal(), _reason(SCRAPS), report=token))


def _add_measuring(pages: Blueprint, service: Service) -> None:
    @pages.post("/terminal/work-orders/<work_order>/measure")
    @requires(Permission.OPERATE)
    def measure(work_order: str) -> ResponseReturnValue:
        view = service.work_order(work_order)
        checkpoint, typed = request.form.get("checkpoint", ""), request.form.get("value", "")
        gate = next((one.characteristic for one in view.checkpoints if one.characteristic.checkpoint == checkpoint), None)
        if gate is None:
            raise NotFound("checkpoint", checkpoint)
        try:
            value, unit = typed_value(typed, gate.unit)
            if request.form.get("sure") != typed:
                _ask_about(gate, value, unit)
            receipt = service.measure(
                work_order,
                checkpoint,
                value,
                unit,
                current_principal(),
                corrects=_named("corrects"),
                measurement=_named("token"),
            )
        except (InvalidInput, UnitMismatch, GaugeOverdue) as refusal:
            fault = {
                "checkpoint": checkpoint,
                "value": typed,
                "sentence": field_sentence(refusal.errors[0], current_language()),
                "corrects": _named("corrects") or "",
                "sure": typed if refusal.errors[0].message == "terminal.far_off" else "",
            }
            page = render_template("mes_bridge/station.html", **station_view(service, view.item.machine, work_order, fault))
            return page, 422, refused_in("#now") | {"HX-Reselect": "#now", "HX-Reswap": "outerMorph"}
        _flash_remark(receipt)
        return redirect(_address(view.item.machine, work_order) + "#checkpoints", 303)

    @pages.get("/terminal/work-orders/<work_order>/<deed>")
    @requires(Permission.OPERATE)
    def after_a_refusal(work_order: str, deed: str) -> ResponseReturnValue:
        """The address that stands above a refused form: opened by itself it shows the operation."""
        return redirect(_address(service.work_order(work_order).item.machine, work_order), 303)


def _changes(service: Service, machine: str) -> Iterator[LiveEvent | None]:
    """An event whenever the station reads differently than before."""
    shown = _fingerprint(service, machine)
    while True:
        heard = service.heard(HEARTBEAT_S)
        current = _fingerprint(service, machine) if heard else shown
        yield None if current == shown else LiveEvent("changed")
        shown = current


def _fingerprint(service: Service, machine: str) -> str:
    read = [*service.queue(machine), *(one for one in service.stations() if one.machine == machine)]
    return sha256_of([one.model_dump(mode="json") for one in read])


def _named(field: str) -> str | None:
    """The identifier that a form of ours carries. Raises BadRequest for one that none of them has."""
    try:
        return _NAME.validate_python(request.form.get(field) or None)
    except ValidationError as wrong:
        raise BadRequest from wrong


def _reason(known: tuple[str, ...]) -> str:
    given = request.form.get("reason", "")
    if given not in known:
        raise InvalidInput(errors=(FieldProblem("/reason", "terminal.reason_needed"),))
    return given


def _ask_about(gate: CharacteristicSpec, value: Decimal, unit: str) -> None:
    """Raises InvalidInput for a value that cannot be, or is hard to believe. One of another kind is refused when it is judged."""
    with suppress(UnitMismatch):
        judge(gate, value, unit)
        if (doubt := far_off(gate, convert(value, unit, gate.unit))) is not None:
            raise InvalidInput(errors=(doubt,))


def _flash_remark(receipt: Receipt) -> None:
    if receipt.result == "quarantined":
        flash(render(Message(id=f"mes_bridge.quarantine.{receipt.reason}"), current_language()), "warning")
    elif receipt.reason in {WITHDRAWN, STANDS}:
        tone = "success" if receipt.reason == WITHDRAWN else "warning"
        flash(render(Message(id=f"terminal.{receipt.reason}"), current_language()), tone)


def _station(machine: str) -> str:
    return f"/terminal/{quote(machine, safe='')}"


def _address(machine: str, work_order: str) -> str:
    return f"{_station(machine)}?{urlencode({'work_order': work_order})}"
