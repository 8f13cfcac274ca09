"""Where the code on a finished piece leads (GS1 Digital Link): its passport, as a page or as data."""

from flask import Blueprint, Response, make_response, render_template, request

from contracts.gs1 import piece_path
from mes_bridge.engine.tracing.passport import Passport
from mes_bridge.service import Service
from presentation.api import answer
from presentation.codes import qr_svg
from presentation.guard import public
from presentation.language import current_language

PAGE, DATA, LINKSET = "text/html", "application/json", "application/linkset+json"


def blueprint(service: Service, address: str) -> Blueprint:
    """``address``: of this installation."""
    pages = Blueprint("passport", __name__, template_folder="templates")

    @pages.get("/01/<gtin>/21/<serial>")
    @public
    def passport(gtin: str, serial: str) -> Response:
        shown = service.traces.passport(gtin, serial)
        link = address + piece_path(shown.gtin, shown.serial)
        match LINKSET if request.args.get("linkType") in {"all", "linkset"} else _wanted():
            case "application/linkset+json":
                response = answer(_links(shown, link, address))
                response.mimetype = LINKSET
            case "application/json":
                response = answer(shown)
            case _:
                drawings = service.inspection_svgs(shown.specification_sha256, current_language())
                page = render_template("mes_bridge/passport.html", passport=shown, drawings=drawings, code=qr_svg(link, link))
                response = make_response(page)
        response.vary.add("Accept")
        return response

    return pages


def _wanted() -> str:
    return request.accept_mimetypes.best_match((PAGE, DATA, LINKSET), PAGE) or PAGE


def _links(shown: Passport, here: str, address: str) -> dict[str, object]:
    """All that the identifier leads to (RFC 9264)."""
    events = f"{address}/api/v1/epcis/events?MATCH_anyEPC={shown.identifier}"
    page = [{"href": here, "title": shown.product.en, "type": PAGE}]
    return {
        "linkset": [
            {
                "anchor": here,
                "https://gs1.org/voc/defaultLink": page,
                "https://gs1.org/voc/pip": page,
                "https://gs1.org/voc/epcis": [{"href": events, "title": "EPCIS 2.0", "type": DATA}],
            }
        ]
    }
