"""The order API: the same use cases as the pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request

from contracts.access import Permission
from contracts.model import canonical_json
from contracts.order import OpenedBy, OrderState
from contracts.problems import (
    ConcessionRefused,
    DesignIncomplete,
    IdempotencyMismatch,
    InvalidInput,
    NoPromise,
    NotFound,
    PaymentRefused,
    PromiseMoved,
    StaleRevision,
    TooLate,
    TransitionRefused,
)
from presentation.api import IDEMPOTENCY_KEY, answer, body, describe, query
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.live import HEARTBEAT_S, LiveEvent, stream
from storefront.requests import AskDelivery, ChangeOrder, PlaceOrder
from storefront.service import Service
from storefront.web.answers import ConcessionAnswer, DeliveredDesign, DeliveryAnswer, DraftAnswer, EffectAnswer, OrderAnswer, order_answer
from storefront.web.checkout_form import shown_now
from storefront.web.request_keys import scoped

_PLACING = (
    NotFound,
    PromiseMoved,
    PaymentRefused,
    StaleRevision,
    DesignIncomplete,
    NoPromise,
    IdempotencyMismatch,
    InvalidInput,
    TransitionRefused,
)


def add_routes(pages: Blueprint, service: Service) -> None:
    def _key() -> str | None:
        return query(OpenedBy).key

    def _answer(order: str, status: int = 200, key: str | None = None) -> Response:
        principal, opened_by = current_principal(), key or _key()
        mine = service.is_mine(principal, order, opened_by)
        view = service.order(principal, order, opened_by)
        content = order_answer(view, service.order_key(order) if mine else None)
        return answer(content, status, {"Location": f"/api/v1/orders/{order}"} if status == 201 else None)

    def _placed(outcome: Mapping[str, Any]) -> Response:
        return _answer(outcome["order"], 201, service.order_key(outcome["order"]))

    @pages.post("/api/v1/orders")
    @requires(Permission.ORDER)
    @describe(
        "Place an order on the terms that were seen; designs show the date for the plant's home, 409 tells a later one for another country",
        body=PlaceOrder,
        answers={201: OrderAnswer},
        problems=_PLACING,
        idempotent=True,
        again=_placed,
    )
    def api_place_order() -> Response:
        wanted = body(PlaceOrder)
        order = service.place_order(current_principal(), wanted, scoped(request.headers[IDEMPOTENCY_KEY]))
        return _placed({"order": order})

    @pages.get("/api/v1/delivery")
    @requires(Permission.ORDER)
    @describe(
        "Price and date of designs (``design``, several times) delivered to a ``country``",
        query=AskDelivery,
        answers={200: DeliveryAnswer},
        problems=(NotFound, InvalidInput),
    )
    def api_delivery() -> Response:
        asked = query(AskDelivery)
        shown = shown_now(service, current_principal(), asked.designs, asked.country)
        terms = shown.model_dump(include={"delivery", "total", "promised_at"})
        designs = [each.model_dump(include=set(DeliveredDesign.model_fields)) for each in shown.designs]
        return answer(DeliveryAnswer.model_validate({**terms, "country": asked.country, "designs": designs}))

    @pages.get("/api/v1/orders/<order>")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe(
        "An order with its story; ``?key=`` or the buyer's session opens it",
        query=OpenedBy,
        answers={200: OrderAnswer},
        problems=(NotFound,),
    )
    def api_order(order: str) -> Response:
        return _answer(order)

    @pages.get("/api/v1/orders/<order>/events")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe(
        "Server-sent event ``changed`` whenever the order changes", query=OpenedBy, answers={200: "text/event-stream"}, problems=(NotFound,)
    )
    def api_order_events(order: str) -> Response:
        view = service.order(current_principal(), order, _key())
        return stream(_changes(service, order, view.version))

    @pages.get("/api/v1/orders/<order>/confirmation.pdf")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe(
        "The confirmation; 202 while it is being pressed", query=OpenedBy, answers={200: "application/pdf", 202: None}, problems=(NotFound,)
    )
    def api_confirmation(order: str) -> Response:
        service.order(current_principal(), order, _key())
        paper = service.confirmation(order, current_language())
        if isinstance(paper, bytes):
            disposition = f'inline; filename="{order}.pdf"'
            return Response(
                paper, mimetype="application/pdf", headers={"Content-Disposition": disposition, "Cache-Control": "private, no-cache"}
            )
        headers = {"Location": f"/api/v1/jobs/{paper}", "Retry-After": "2"}
        if request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json") == "text/html":
            page = render_template("storefront/pressing.html", order=order, key=_key())
            return Response(page, 202, {**headers, "Refresh": "2"}, mimetype="text/html")
        return answer({"job": paper, "href": f"/api/v1/jobs/{paper}"}, 202, headers)

    @pages.post("/api/v1/orders/<order>/cancel")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe("Give the order up; 409 says why it is too late", query=OpenedBy, answers={200: EffectAnswer}, problems=(NotFound, TooLate))
    def api_cancel_order(order: str) -> Response:
        effect = service.cancel_order(current_principal(), order, _key())
        return answer(EffectAnswer(order=order, state=OrderState.CANCELLED, effect=effect))

    @pages.post("/api/v1/orders/<order>/change")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe(
        "Make other revisions of the designs instead; ``preview`` changes nothing",
        body=ChangeOrder,
        query=OpenedBy,
        answers={200: EffectAnswer},
        problems=(NotFound, TooLate, PromiseMoved, PaymentRefused, StaleRevision, DesignIncomplete, NoPromise, InvalidInput),
    )
    def api_change_order(order: str) -> Response:
        effect = service.change_order(current_principal(), order, _key(), body(ChangeOrder))
        view = service.order(current_principal(), order, _key())
        return answer(EffectAnswer(order=order, state=view.state, effect=effect))

    @pages.post("/api/v1/orders/<order>/pieces/<piece>/design")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe(
        "A design of the caller's in which to change a piece: the ordered one, or a copy of it",
        query=OpenedBy,
        answers={200: DraftAnswer},
        problems=(NotFound,),
        again=lambda outcome, order, piece: answer(DraftAnswer(piece=piece, design=outcome["design"])),
    )
    def api_open_draft(order: str, piece: str) -> Response:
        return answer(DraftAnswer(piece=piece, design=service.open_draft(current_principal(), order, _key(), piece)))

    @pages.post("/api/v1/orders/<order>/concessions/<concession>")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe(
        "Say whether a piece that is not quite as ordered may stay as it is; 409 says why nobody asks any more",
        body=ConcessionAnswer,
        answers={200: OrderAnswer},
        problems=(NotFound, ConcessionRefused),
        again=lambda _, order, concession: _answer(order),
    )
    def api_answer_concession(order: str, concession: str) -> Response:
        service.answer_concession(current_principal(), order, _key(), concession, body(ConcessionAnswer).accepted)
        return _answer(order)

    @pages.post("/api/v1/orders/<order>/wait")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe(
        "Take the new date after a moved promise",
        query=OpenedBy,
        answers={200: OrderAnswer},
        problems=(NotFound, TransitionRefused),
        again=lambda _, order: _answer(order),
    )
    def api_wait_for_order(order: str) -> Response:
        service.wait_for_order(current_principal(), order, _key())
        return _answer(order)


def _changes(service: Service, order: str, seen: int) -> Iterator[LiveEvent | None]:
    while True:
        rings = service.rings()
        version = service.order_version(order)
        if version != seen:
            seen = version
            yield LiveEvent("changed", canonical_json({"order": order, "version": version}), id=str(version))
        elif not service.wait_for_ring(HEARTBEAT_S, rings):
            yield None
