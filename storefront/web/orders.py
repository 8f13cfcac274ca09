"""The pages of an order: following it, waiting, changing, giving it up."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from pydantic import ValidationError
from werkzeug.wrappers import Response

from contracts.access import Permission
from contracts.problems import DesignIncomplete, NoPromise, PaymentRefused, PromiseMoved, StaleRevision
from contracts.texts import Message
from presentation.api import invalid
from presentation.guard import current_principal, requires
from presentation.language import current_language
from storefront.requests import ChangeOrder
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
            key=_key(),
            mine=mine,
        )

    @pages.get("/orders/<order>/follow")
    @requires(Permission.VIEW_OWN_ORDER)
    def order_follow(order: str) -> str:
        mine = service.is_mine(current_principal(), order, _key())
        return render_template("storefront/order_follow.html", order=_order(order), key=_key(), mine=mine)

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

    @pages.get("/orders/<order>/change")
    @requires(Permission.VIEW_OWN_ORDER)
    def change(order: str) -> str:
        return _change_page(_order(order))

    @pages.post("/orders/<order>/change")
    @requires(Permission.VIEW_OWN_ORDER)
    def change_it(order: str) -> Any:
        preview = request.form.get("do") != "change"
        wanted = _change_wanted(request.form.getlist("design"), preview)
        try:
            effect = service.change_order(current_principal(), order, _key(), wanted)
        except PromiseMoved:
            return _change_page(_order(order), notice=Message(id="storefront.change.moved")), 409
        except PaymentRefused:
            return _change_page(_order(order), notice=Message(id="storefront.change.payment_refused")), 402
        except (DesignIncomplete, NoPromise, StaleRevision) as refused:
            return _change_page(_order(order), notice=Message(id=f"problem.{refused.type}")), refused.status
        return _change_page(_order(order), effect=effect) if preview else _back(order)

    @pages.get("/orders/<order>/<deed>")
    @requires(Permission.VIEW_OWN_ORDER)
    def after_a_refusal(order: str, deed: str) -> Response:
        """The address that stands above a refused form: opened by itself it shows the order."""
        return _back(order)

    def _change_page(order: OrderView, **more: Any) -> str:
        principal = current_principal()
        rows = [(piece, service.offer_or_none(principal, piece.design)) for piece in order.pieces]
        changed = any(offer is not None and offer.revision != piece.revision and piece.completed_at is None for piece, offer in rows)
        facts = {"effect": None, "notice": None, **more}
        return render_template("storefront/change.html", order=order, rows=rows, changed=changed, key=_key(), **facts)


def _change_wanted(rows: list[str], preview: bool) -> ChangeOrder:
    """Each row is ``piece design revision``. Raises InvalidInput when the hidden fields were tampered with."""
    named = [dict(zip(("piece", "design", "revision"), row.split(" "), strict=False)) for row in rows]
    try:
        return ChangeOrder.model_validate({"designs": named, "preview": preview})
    except ValidationError as fault:
        raise invalid(fault) from None
