"""The pages of an order: following it, waiting, giving it up."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field
from werkzeug.wrappers import Response as AnyResponse

from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import FieldProblem, InvalidInput
from presentation.api import query
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.pictures import unlettered
from storefront.addresses import address_lines
from storefront.now import now_of
from storefront.service import Service
from storefront.viewing import OrderView
from storefront.web.story import by_day

LISTED = 12


class PageQuery(Contract):
    page: int = Field(default=1, ge=1, le=1_000_000)


def add_routes(pages: Blueprint, service: Service) -> None:
    def _key() -> str | None:
        return request.values.get("key")

    def _order(order: str) -> OrderView:
        return service.order(current_principal(), order, _key())

    def _address(view: OrderView) -> list[str]:
        return [] if view.customer is None else address_lines(view.customer, current_language())

    def _back(order: str) -> AnyResponse:
        key = _key()
        return redirect(f"/orders/{order}?key={key}" if key else f"/orders/{order}", 303)

    @pages.get("/orders")
    @requires(Permission.VIEW_OWN_ORDER)
    def my_orders() -> str:
        page = query(PageQuery).page
        orders, more = service.own_orders(current_principal(), page, LISTED)
        return render_template(
            "storefront/orders.html",
            orders=[(order, now_of(order, service.specifications(order))) for order in orders],
            previous=f"/orders?page={page - 1}" if page > 1 else None,
            following=f"/orders?page={page + 1}" if more else None,
        )

    @pages.get("/orders/<order>/drawing.svg")
    @requires(Permission.VIEW_OWN_ORDER)
    def order_drawing(order: str) -> Response:
        drawing = service.drawings(_order(order), current_language())[0]
        return Response(unlettered(drawing), mimetype="image/svg+xml", headers={"Cache-Control": "private, max-age=3600"})

    @pages.get("/orders/<order>")
    @requires(Permission.VIEW_OWN_ORDER)
    def order_page(order: str) -> str:
        view = _order(order)
        return render_template(
            "storefront/order.html", **_followed(view), drawings=service.drawings(view, current_language()), address=_address(view)
        )

    @pages.get("/orders/<order>/follow")
    @requires(Permission.VIEW_OWN_ORDER)
    def order_follow(order: str) -> str:
        return render_template("storefront/order_follow.html", **_followed(_order(order)))

    def _followed(view: OrderView) -> dict[str, Any]:
        """What the live part of the page is drawn from."""
        specifications = service.specifications(view)
        now = now_of(view, specifications)
        return {
            "order": view,
            "specifications": specifications,
            "now": now,
            "picture": service.picture(now, current_language()),
            "care": service.care(view),
            "passports": service.passports(view),
            "days": by_day(view.story, service.shop.time_zone),
            "key": _key(),
            "mine": service.is_mine(current_principal(), view.order, _key()),
        }

    @pages.post("/orders/<order>/wait")
    @requires(Permission.VIEW_OWN_ORDER)
    def wait(order: str) -> AnyResponse:
        service.wait_for_order(current_principal(), order, _key())
        return _back(order)

    @pages.post("/orders/<order>/cancel")
    @requires(Permission.VIEW_OWN_ORDER)
    def cancel(order: str) -> AnyResponse:
        service.cancel_order(current_principal(), order, _key())
        return _back(order)

    @pages.post("/orders/<order>/concessions/<concession>")
    @requires(Permission.VIEW_OWN_ORDER)
    def answer_concession(order: str, concession: str) -> AnyResponse:
        given = request.form.get("answer")
        if given not in ("accept", "decline"):
            raise InvalidInput(errors=(FieldProblem("/answer", "storefront.concession.answer_needed"),))
        service.answer_concession(current_principal(), order, _key(), concession, given == "accept")
        return _back(order)

    @pages.get("/orders/<order>/concessions/<concession>")
    @requires(Permission.VIEW_OWN_ORDER)
    def after_a_refused_answer(order: str, concession: str) -> AnyResponse:
        return _back(order)

    @pages.get("/orders/<order>/<deed>")
    @requires(Permission.VIEW_OWN_ORDER)
    def after_a_refusal(order: str, deed: str) -> AnyResponse:
        """The address that stands above a refused form: opened by itself it shows the order."""
        return _back(order)
