"""Where the code on a finished piece leads (GS1 Digital Link): its passport, as a page or as data; and where a lot went, for staff."""

import csv
import io

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MIMEAccept

from contracts.access import Permission
from contracts.gs1 import is_gtin, piece_path
from contracts.problems import NotFound
from contracts.quality import Certificate
from mes_bridge.engine.tracing.passport import Passport, passport_of
from mes_bridge.service import Service
from mes_bridge.web.lists import LISTED
from presentation.api import answer
from presentation.codes import qr_svg
from presentation.guard import public, requires
from presentation.language import current_language

LINKSET = "application/linkset+json"
_FORMS = ("text/html", "application/json", "application/ld+json", LINKSET)
_USE_COLUMNS = ("lot", "item", "quantity", "unit", "piece", "order", "operation", "attempt", "standing")


def blueprint(service: Service, address: str) -> Blueprint:
    """``address``: of this installation."""
    pages = Blueprint("passport", __name__, template_folder="templates")

    @pages.get("/01/<gtin>/21/<serial>")
    @public
    def passport(gtin: str, serial: str) -> Response | str:
        shown = _passport(gtin, serial)
        form = LINKSET if request.args.get("linkType") in {"all", "linkset"} else _wanted(request.accept_mimetypes)
        if form == LINKSET:
            return Response(answer(_links(shown)).get_data(), mimetype=LINKSET)
        if form != "text/html":
            return answer(shown)
        link = address + piece_path(shown.gtin, shown.serial)
        drawings = service.inspection_svgs(shown.specification_sha256, current_language())
        return render_template("mes_bridge/passport.html", passport=shown, drawings=drawings, code=qr_svg(link, link))

    @pages.get("/quality/trace")
    @requires(Permission.VIEW_QUALITY)
    def trace() -> ResponseReturnValue:
        code = request.args.get("code", "").strip()[:80]
        if pieces := service.pieces_meant(code):
            return render_template(
                "mes_bridge/trace.html", lists=LISTED, code=code, origins=[service.traces.origin(piece) for piece in pieces[:20]], uses=()
            )
        uses = service.traces.uses(code) if code else []
        found = render_template("mes_bridge/trace.html", lists=LISTED, code=code, origins=(), uses=uses)
        return found, 200 if uses or not code else 404

    @pages.get("/quality/trace.csv")
    @requires(Permission.VIEW_QUALITY)
    def recall() -> Response:
        lot = request.args.get("code", "").strip()[:80]
        written = io.StringIO()
        rows = csv.DictWriter(written, _USE_COLUMNS, extrasaction="ignore")
        rows.writeheader()
        rows.writerows(use.model_dump(mode="json") for use in service.traces.uses(lot))
        return Response(written.getvalue(), mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=recall.csv"})

    @pages.get("/trace/<kind>/<path:name>")
    @requires(Permission.VIEW_QUALITY)
    def named(kind: str, name: str) -> ResponseReturnValue:
        """What is called by its address at this installation."""
        return redirect(f"/quality/trace?code={name.rpartition('/')[2]}", 303)

    def _passport(gtin: str, serial: str) -> Passport:
        if not is_gtin(gtin):
            raise NotFound("piece", serial[:40])
        piece = service.traces.piece(gtin, serial)
        specification = service.specification(piece.specification_sha256)
        return passport_of(piece.gtin, piece.serial, piece.plant, Certificate.model_validate(piece.certificate), specification)

    def _links(shown: Passport) -> dict[str, object]:
        """All that this identifier leads to (RFC 9264)."""
        here = address + piece_path(shown.gtin, shown.serial)
        events = f"{address}/api/v1/epcis/events?MATCH_anyEPC={shown.identifier}"
        return {
            "linkset": [
                {
                    "anchor": here,
                    "https://gs1.org/voc/defaultLink": [{"href": here, "title": shown.product.en, "type": "text/html"}],
                    "https://gs1.org/voc/pip": [{"href": here, "title": shown.product.en, "type": "text/html"}],
                    "https://gs1.org/voc/epcis": [{"href": events, "title": "EPCIS 2.0", "type": "application/json"}],
                }
            ]
        }

    return pages


def _wanted(accepted: MIMEAccept) -> str:
    return accepted.best_match(_FORMS, "text/html") or "text/html"
