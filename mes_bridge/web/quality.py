"""The quality pages: what failed, what was measured, what happened to a piece, what could not be placed."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from contracts.access import Permission
from contracts.listing import Question, Rows
from contracts.model import sha256_of
from mes_bridge.service import Service
from mes_bridge.web.lists import LISTED, LIVE, MEASUREMENTS, NONCONFORMANCES, SET_ASIDE
from presentation.guard import requires
from presentation.lists import ListDescription, ListView, add_list, list_page
from presentation.live import HEARTBEAT_S, LiveEvent, stream

NEWEST = 100


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("quality", __name__, template_folder="templates")

    def listed(description: ListDescription, rows: Rows[Any]) -> None:
        @requires(description.permission)
        def page() -> str:
            return render_template("mes_bridge/quality.html", view=list_page(description, rows), lists=LISTED, not_found=None)

        pages.add_url_rule(description.path, description.name.replace("-", "_"), page)
        add_list(pages, description, rows)

    listed(NONCONFORMANCES, service.listed_nonconformances)
    listed(MEASUREMENTS, service.listed_measurements)
    listed(SET_ASIDE, service.listed_messages)

    @pages.get(LIVE)
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
        question = Question(NONCONFORMANCES.sort, NONCONFORMANCES.descending, size=NONCONFORMANCES.size)
        view = ListView(NONCONFORMANCES, question, service.listed_nonconformances(question), {})
        return render_template("mes_bridge/quality.html", view=view, lists=LISTED, not_found=code), 404

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


def _changes(service: Service) -> Iterator[LiveEvent | None]:
    """An event whenever the overview reads differently than before."""
    shown = _fingerprint(service)
    while True:
        heard = service.heard(HEARTBEAT_S)
        current = _fingerprint(service) if heard else shown
        yield None if current == shown else LiveEvent("changed")
        shown = current


def _fingerprint(service: Service) -> str:
    read = [*service.nonconformances(limit=NEWEST), *service.measurements(limit=1), *service.quarantined(limit=1)]
    return sha256_of([one.model_dump(mode="json") for one in read])
