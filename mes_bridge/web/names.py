"""The administrator's page of the names that a connected system uses: mapped, unknown, and what waits for them."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request

from contracts.access import Permission
from contracts.problems import InvalidInput, NotFound
from contracts.texts import Message
from mes_bridge.engine.vocabulary import KINDS, NameKind
from mes_bridge.names import NamesOfConnection
from mes_bridge.service import Service
from presentation.api import answer, by_field, describe
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render

ADMINISTER = Permission.ADMINISTER


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("names", __name__, template_folder="templates")

    def page(identifier: str, errors: dict[str, Message] | None = None, typed: dict[str, str] | None = None) -> str:
        return render_template(
            "mes_bridge/names.html",
            connection=service.connections.one(identifier)[0],
            names=service.names.of(identifier),
            kinds=KINDS,
            errors=errors or {},
            typed=typed or {},
        )

    @pages.get("/api/v1/mes-connections/<identifier>/names")
    @describe("Names of a connected system: mapped, unknown so far", answers={200: NamesOfConnection}, problems=(NotFound,))
    @requires(ADMINISTER)
    def listed(identifier: str) -> Response:
        return answer(service.names.of(identifier))

    @pages.get("/connections/<identifier>/names")
    @requires(ADMINISTER)
    def names(identifier: str) -> str:
        return page(identifier)

    @pages.post("/connections/<identifier>/names")
    @requires(ADMINISTER)
    def map_name(identifier: str) -> Any:
        kind, theirs, ours = (request.form.get(name, "").strip() for name in ("kind", "theirs", "ours"))
        try:
            service.names.map(current_principal(), identifier, _kind(kind), theirs, ours)
        except InvalidInput as wrong:
            return page(identifier, by_field(wrong), {"kind": kind, "theirs": theirs, "ours": ours}), 422
        return _back(identifier, Message(id="names.mapped", params={"theirs": theirs, "ours": ours}))

    @pages.post("/connections/<identifier>/names/unmap")
    @requires(ADMINISTER)
    def unmap_name(identifier: str) -> Any:
        theirs = request.form.get("theirs", "")
        service.names.unmap(current_principal(), identifier, _kind(request.form.get("kind", "")), theirs)
        return _back(identifier, Message(id="names.unmapped", params={"theirs": theirs}))

    @pages.post("/connections/<identifier>/names/use")
    @requires(ADMINISTER)
    def use_names(identifier: str) -> Any:
        service.names.use(current_principal(), identifier)
        return _back(identifier, Message(id="names.used"))

    @pages.post("/connections/<identifier>/names/replay")
    @requires(ADMINISTER)
    def replay(identifier: str) -> Any:
        replayed = service.names.replay(current_principal(), identifier)
        told = {"taken": replayed.taken, "left": replayed.set_aside + sum(replayed.refused.values())}
        return _back(identifier, Message(id="names.replayed", params=told))

    return pages


def _kind(given: str) -> NameKind:
    """Raises NotFound."""
    if given not in KINDS:
        raise NotFound("kind", given)
    return given


def _back(identifier: str, told: Message) -> Any:
    flash(render(told, current_language()), "success")
    return redirect(f"/connections/{identifier}/names", 303)
