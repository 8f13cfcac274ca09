"""The pages of an order: following it, waiting, giving it up."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from contracts.access import Permission
from presentation.guard import current_principal, requires
from presentation.language import current_language
from storefront.service import Service
from storefront.viewing import OrderView


def add_routes(pages: Blueprint, service: Service) -> None:
    def _key() -> str | None:
        return request.values.get("key")

    def _order(order: str) -> OrderView:
        return service.order(current_principal(), order, _key())

    def _back(order: str) -> Response:
        key = _key()
        return redirect(f"/orders/{order}?key={key}" if key else f"/orders/{order}", 303)

    @pages.get("/orders")
    @requires(Permission.VIEW_OWN_ORDER)
    def my_orders() -> str:
        return render_template("storefront/orders.html", orders=service.orders(current_principal()))

    @pages.get("/orders/<order>")
    @requires(Permission.VIEW_OWN_ORDER)
    def order_page(order: str) -> str:
        view = _order(order)
        mine = service.is_mine(current_principal(), order, _key())
        return render_template(
            "storefront/order.html",
            order=view,
            drawings=service.drawings(view, current_language()),
            specifications=service.specifications(view),
            care=service.care(view),
            key=_key(),
            mine=mine,
        )

    @pages.get("/orders/<order>/follow")
    @requires(Permission.VIEW_OWN_ORDER)
    def order_follow(order: str) -> str:
        view = _order(order)
        mine = service.is_mine(current_principal(), order, _key())
        return render_template("storefront/order_follow.html", order=view, care=service.care(view), key=_key(), mine=mine)

    @pages.post("/orders/<order>/wait")
    @requires(Permission.VIEW_OWN_ORDER)
    def wait(order: str) -> Response:
        service.wait_for_order(current_principal(), order, _key())
        return _back(order)

    @pages.post("/orders/<order>/cancel")
    @requires(Permission.VIEW_OWN_ORDER)
    def cancel(order: str) -> Response:
        service.cancel_order(current_principal(), order, _key())
        return _back(order)

    @pages.get("/orders/<order>/<deed>")
    @requires(Permission.VIEW_OWN_ORDER)
    def after_a_refusal(order: str, deed: str) -> Response:
        """The address that stands above a refused form: opened by itself it shows the order."""
        return _back(order)
