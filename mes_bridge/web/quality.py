"""The quality pages: what failed, what was measured, what happened to a piece, what could not be placed."""

from collections.abc import Iterator

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from contracts.access import Permission
from contracts.model import sha256_of
from mes_bridge.service import Service
from presentation.guard import requires
from presentation.live import HEARTBEAT_S, LiveEvent, stream

SHOWN = 100


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("quality", __name__, template_folder="templates")

    @pages.get("/quality")
    @requires(Permission.VIEW_QUALITY)
    def overview() -> str:
        return render_template("mes_bridge/quality.html", **_overview(service), not_found=None)

    @pages.get("/quality/now")
    @requires(Permission.VIEW_QUALITY)
    def now() -> str:
        return render_template("mes_bridge/quality_now.html", **_overview(service))

    @pages.get("/quality/live")
    @requires(Permission.VIEW_QUALITY)
    def live() -> Response:
        return stream(_changes(service))

    @pages.get("/quality/find")
    @requires(Permission.VIEW_QUALITY)
    def find() -> ResponseReturnValue:
        code = request.args.get("code", "").strip()
        pieces = service.pieces_meant(code)
        if pieces:
            return redirect(f"/quality/pieces/{pieces[0]}", 303)
        return render_template("mes_bridge/quality.html", **_overview(service), not_found=code), 404

    @pages.get("/quality/pieces/<piece>")
    @requires(Permission.VIEW_QUALITY)
    def story(piece: str) -> str:
        told = service.piece_story(piece)
        return render_template(
            "mes_bridge/piece.html",
            story=told,
            siblings=service.pieces(told.order),
            ordered=reversed(told.entries),
            senders=service.sender_names(),
        )

    return pages


def _overview(service: Service) -> dict[str, object]:
    return {
        "nonconformances": service.nonconformances(limit=SHOWN),
        "measurements": service.measurements(limit=SHOWN),
        "quarantined": service.quarantined(limit=SHOWN),
        "senders": service.sender_names(),
    }


def _changes(service: Service) -> Iterator[LiveEvent | None]:
    """An event whenever the overview reads differently than before."""
    shown = _fingerprint(service)
    while True:
        heard = service.heard(HEARTBEAT_S)
        current = _fingerprint(service) if heard else shown
        yield None if current == shown else LiveEvent("changed")
        shown = current


def _fingerprint(service: Service) -> str:
    read = [*service.nonconformances(limit=SHOWN), *service.measurements(limit=1), *service.quarantined(limit=1)]
    return sha256_of([one.model_dump(mode="json") for one in read])
