"""Where a piece came from and where a lot went, for staff: a page, and the recall list as a spreadsheet."""

from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import NotFound
from mes_bridge.engine.tracing.genealogy import LotUse, Origin
from mes_bridge.service import Service
from mes_bridge.web.lists import LISTED, RECALL
from presentation.api import answer, describe
from presentation.guard import requires
from presentation.language import current_language
from presentation.lists.sheet import sheet

VIEW = Permission.VIEW_QUALITY
LONGEST_CODE = 80
MOST_PIECES = 20
"""Of an order that somebody asks for."""


class LotUses(Contract):
    lot: str
    items: tuple[LotUse, ...]


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("trace", __name__, template_folder="templates")

    def _code() -> str:
        return request.args.get("code", "").strip()[:LONGEST_CODE]

    @pages.get("/quality/trace")
    @requires(VIEW)
    def trace() -> ResponseReturnValue:
        code = _code()
        origins = [service.traces.origin(piece) for piece in service.pieces_meant(code)[:MOST_PIECES]] if code else []
        uses = service.traces.uses(code) if code and not origins else []
        found = render_template("mes_bridge/trace.html", lists=LISTED, code=code, origins=origins, uses=uses)
        return found, 200 if origins or uses or not code else 404

    @pages.get("/quality/trace.csv")
    @requires(VIEW)
    def recall() -> Response:
        lines = sheet(RECALL, service.traces.uses(_code()), current_language())
        headers = {"Content-Disposition": 'attachment; filename="recall.csv"', "Cache-Control": "no-store"}
        return Response("".join(lines), content_type="text/csv; charset=utf-8", headers=headers)

    @pages.get("/trace/<kind>/<path:name>")
    @requires(VIEW)
    def named(kind: str, name: str) -> ResponseReturnValue:
        """What is called by its address at this installation."""
        return redirect(f"/quality/trace?code={quote(name.rpartition('/')[2], safe='')}", 303)

    @pages.get("/api/v1/traces/pieces/<piece>")
    @describe("Every lot, machine, gauge and operator (pseudonym) of a piece", answers={200: Origin}, problems=(NotFound,))
    @requires(VIEW)
    def origin(piece: str) -> Response:
        return answer(service.traces.origin(piece))

    @pages.get("/api/v1/traces/lots/<lot>")
    @describe("Every piece that a lot went into or is meant for", answers={200: LotUses})
    @requires(VIEW)
    def uses(lot: str) -> Response:
        return answer(LotUses(lot=lot, items=tuple(service.traces.uses(lot))))

    return pages
