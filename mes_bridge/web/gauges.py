"""The gauge registry: what is due, and recording a calibration; page and API."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from pydantic import ValidationError

from contracts.access import Permission
from contracts.gauges import DecisionRule
from contracts.model import Contract
from contracts.problems import InvalidInput, NotFound
from contracts.texts import Message
from mes_bridge.gauges import RecordCalibration, RegisteredGauge
from mes_bridge.service import Service
from mes_bridge.web.lists import LISTED
from presentation.api import answer, body, by_field, describe, invalid
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render


class GaugeList(Contract):
    """``decision_rule``: simple or guarded; ``overdue_gauges``: what becomes of their values, mark or refuse."""

    decision_rule: DecisionRule
    overdue_gauges: str
    items: tuple[RegisteredGauge, ...]


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("gauges", __name__, template_folder="templates")

    @pages.get("/api/v1/gauges")
    @describe("The plant's gauges, first those that are due first", answers={200: GaugeList})
    @requires(Permission.VIEW_QUALITY)
    def api_gauges() -> Response:
        rules = service.gauges.rules()
        found = tuple(service.gauges.registered())
        return answer(GaugeList(decision_rule=rules.decision_rule, overdue_gauges=rules.overdue_gauges, items=found))

    @pages.post("/api/v1/gauges/<gauge>/calibrations")
    @describe(
        "Record a calibration; the same certificate again changes nothing",
        body=RecordCalibration,
        answers={201: RegisteredGauge},
        problems=(InvalidInput, NotFound),
        again=lambda outcome, gauge: answer(service.gauges.one(gauge), 201),
    )
    @requires(Permission.DECIDE_QUALITY)
    def api_record(gauge: str) -> Response:
        return answer(service.gauges.record(gauge, body(RecordCalibration), current_principal()), 201)

    def detail(gauge: str, typed: dict[str, str], errors: dict[str, Message]) -> str:
        found = service.gauges.one(gauge)
        return render_template("mes_bridge/gauge.html", gauge=found, names=service.sender_names(), typed=typed, errors=errors)

    @pages.get("/quality/gauges")
    @requires(Permission.VIEW_QUALITY)
    def gauges() -> str:
        return render_template("mes_bridge/gauges.html", gauges=service.gauges.registered(), rules=service.gauges.rules(), lists=LISTED)

    @pages.get("/quality/gauges/<gauge>")
    @requires(Permission.VIEW_QUALITY)
    def gauge(gauge: str) -> str:
        return detail(gauge, {}, {})

    @pages.post("/quality/gauges/<gauge>")
    @requires(Permission.DECIDE_QUALITY)
    def record(gauge: str) -> Any:
        typed = {name: request.form.get(name, "") for name in RecordCalibration.model_fields}
        try:
            service.gauges.record(gauge, RecordCalibration.model_validate(typed), current_principal())
        except ValidationError as fault:
            return detail(gauge, typed, by_field(invalid(fault))), 422
        except InvalidInput as wrong:
            return detail(gauge, typed, by_field(wrong)), 422
        flash(render(Message(id="gauges.recorded"), current_language()), "success")
        return redirect(f"/quality/gauges/{gauge}", 303)

    return pages
