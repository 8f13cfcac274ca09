"""Control charts and indices of capability, as pages and over HTTP."""

from flask import Blueprint, Response, render_template

from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import NotFound
from contracts.texts import Localised
from mes_bridge.charts import SHOWN, Chart
from mes_bridge.engine.spc.capability import Capability
from mes_bridge.service import Service
from mes_bridge.web.chart_picture import picture_of
from mes_bridge.web.lists import LISTED
from presentation.api import answer, describe
from presentation.guard import requires

VIEW = Permission.VIEW_QUALITY


class ListedChart(Contract):
    machine: str
    checkpoint: str
    characteristic: Localised
    capability: Capability | None
    recent_alarms: int


class ChartList(Contract):
    items: tuple[ListedChart, ...]


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("charts", __name__, template_folder="templates")

    @pages.get("/quality/charts")
    @requires(VIEW)
    def overview() -> str:
        return render_template("mes_bridge/charts.html", charts=service.charts.all(), lists=LISTED)

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
