"""The basket's page."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from contracts.access import Permission
from presentation.guard import current_principal, requires
from storefront.service import Service


def add_routes(pages: Blueprint, service: Service) -> None:
    @pages.get("/basket")
    @requires(Permission.ORDER)
    def basket() -> str:
        return render_template("storefront/basket.html", basket=service.basket(current_principal()), home=service.home())

    @pages.post("/basket")
    @requires(Permission.ORDER)
    def put_in_basket() -> Response:
        service.put_in_basket(current_principal(), request.form.get("design", ""))
        return redirect("/basket", 303)

    @pages.post("/basket/remove")
    @requires(Permission.ORDER)
    def take_out_of_basket() -> Response:
        service.take_out_of_basket(current_principal(), request.form.get("design", ""))
        return redirect("/basket", 303)
