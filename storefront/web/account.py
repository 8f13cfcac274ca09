"""What we keep about a visitor."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from contracts.access import Permission
from contracts.problems import TransitionRefused
from contracts.texts import Message
from presentation.api import answer
from presentation.guard import current_principal, requires
from storefront.service import Service


def add_routes(pages: Blueprint, service: Service) -> None:
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
