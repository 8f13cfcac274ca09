"""Control charts and indices of capability, as pages and over HTTP."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from pydantic import ValidationError

from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import InvalidInput, NotFound
from contracts.texts import Localised, Message
from mes_bridge.charts import SHOWN, Chart
from mes_bridge.engine.spc.capability import Capability
from mes_bridge.holds import MachineHold, ReleaseMachine
from mes_bridge.service import Service
from mes_bridge.web.chart_picture import picture_of
from mes_bridge.web.lists import LISTED
from presentation.api import answer, body, describe
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render

VIEW = Permission.VIEW_QUALITY


class ListedChart(Contract):
    machine: str
    checkpoint: str
    characteristic: Localised
    capability: Capability | None
    recent_alarms: int


class HoldList(Contract):
    items: tuple[MachineHold, ...]


class ChartList(Contract):
    items: tuple[ListedChart, ...]


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("charts", __name__, template_folder="templates")

    @pages.get("/quality/charts")
    @requires(VIEW)
    def overview() -> str:
        return _overview(None)

    def _overview(refused: Message | None) -> str:
        known = {"holds": service.holds.all(), "names": service.sender_names(), "refused": refused}
        return render_template("mes_bridge/charts.html", charts=service.charts.all(), lists=LISTED, **known)

    @pages.post("/quality/holds/<hold>")
    @requires(Permission.DECIDE_QUALITY)
    def release(hold: str) -> Any:
        try:
            wanted = ReleaseMachine(cause=request.form.get("cause", ""))
        except ValidationError:
            return _overview(Message(id="charts.cause_needed")), 422
        service.holds.release(hold, wanted, current_principal())
        flash(render(Message(id="charts.released"), current_language()), "success")
        return redirect("/quality/charts", 303)

    @pages.get("/api/v1/machine-holds")
    @describe("Machines that an alarm of a control chart holds, then those that were released", answers={200: HoldList})
    @requires(VIEW)
    def api_holds() -> Response:
        return answer(HoldList(items=tuple(service.holds.all())))

    @pages.post("/api/v1/machine-holds/<hold>/release")
    @describe(
        "Say what the alarm was: the machine's next pieces may begin",
        body=ReleaseMachine,
        answers={200: MachineHold},
        problems=(InvalidInput, NotFound),
        again=lambda _, hold: answer(service.holds.one(hold)),
    )
    @requires(Permission.DECIDE_QUALITY)
    def api_release(hold: str) -> Response:
        return answer(service.holds.release(hold, body(ReleaseMachine), current_principal()))

    @pages.get("/quality/charts/<machine>/<checkpoint>")
    @requires(VIEW)
    def page(machine: str, checkpoint: str) -> str:
        chart = service.charts.one(machine, checkpoint)
        points = chart.points[-SHOWN:]
        return render_template("mes_bridge/chart.html", chart=chart, points=points, picture=picture_of(points), lists=LISTED)

    @pages.get("/api/v1/charts")
    @describe("Capability and alarms of every characteristic on every machine, the most urgent first", answers={200: ChartList})
    @requires(VIEW)
    def charts() -> Response:
        found = service.charts.all()
        return answer(ChartList(items=tuple(_listed(each) for each in found)))

    @pages.get("/api/v1/charts/<machine>/<checkpoint>")
    @describe("One control chart with all of its points", answers={200: Chart}, problems=(NotFound,))
    @requires(VIEW)
    def chart(machine: str, checkpoint: str) -> Response:
        return answer(service.charts.one(machine, checkpoint))

    return pages


def _listed(chart: Chart) -> ListedChart:
    return ListedChart(
        machine=chart.machine,
        checkpoint=chart.checkpoint,
        characteristic=chart.characteristic,
        capability=chart.capability,
        recent_alarms=chart.recent_alarms,
    )
