"""Signing in and out, and what we keep about a visitor."""

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.wrappers import Response

from contracts.access import Permission, Role
from contracts.problems import NotSignedIn, TooManyRequests, TransitionRefused
from contracts.texts import Message
from presentation.api import answer
from presentation.guard import current_principal, public, requires
from storefront.service import Service

_HOME = {Role.PLANNER: "/planner", Role.OPERATOR: "/terminal", Role.QUALITY: "/quality"}


def _local(address: str | None) -> str | None:
    """An address of ours to go on to; anything else is dropped."""
    if address is None or not address.startswith("/") or address.startswith("//") or "\\" in address or not address.isprintable():
        return None
    return address


def add_routes(pages: Blueprint, service: Service) -> None:
    @pages.get("/sign-in")
    @public
    def sign_in() -> str:
        return render_template("storefront/sign_in.html", next=_local(request.args.get("next")), name="", error=None)

    @pages.post("/sign-in")
    @public
    def signed_in() -> Response | tuple[str, int]:
        name, onward = request.form.get("name", ""), _local(request.form.get("next"))
        try:
            principal, token = service.sign_in(name, request.form.get("password", ""))
        except NotSignedIn as refused:
            error, status = Message(id="storefront.sign_in.refused"), refused.status
        except TooManyRequests as slow:
            error, status = Message(id="storefront.sign_in.slow", params=slow.params), slow.status
        else:
            session["sign_in"] = token
            return redirect(onward or _HOME.get(principal.role, "/"), 303)
        return render_template("storefront/sign_in.html", next=onward, name=name, error=error), status

    @pages.post("/sign-out")
    @public
    def sign_out() -> Response:
        token = session.pop("sign_in", None)
        if token is not None:
            service.sign_out(token)
        return redirect("/", 303)

    @pages.get("/account")
    @requires(Permission.VIEW_OWN_ORDER)
    def account() -> str:
        return render_template("storefront/account.html", orders=service.orders(current_principal()), notice=None)

    @pages.get("/account/export.json")
    @requires(Permission.VIEW_OWN_ORDER)
    def export() -> Response:
        kept = service.export_personal(current_principal())
        return answer(kept, headers={"Content-Disposition": 'attachment; filename="lotone-personal.json"', "Cache-Control": "no-store"})

    @pages.post("/account/erase")
    @requires(Permission.VIEW_OWN_ORDER)
    def erase() -> tuple[str, int]:
        principal = current_principal()
        try:
            count = service.erase_personal(principal)
        except TransitionRefused as refused:
            notice, status = ("refusal", Message(id="storefront.account.not_yet")), refused.status
        else:
            notice, status = ("success", Message(id="storefront.account.erased", params={"count": count})), 200
        return render_template("storefront/account.html", orders=service.orders(principal), notice=notice), status
