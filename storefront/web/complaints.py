"""After-sales: the customer's form on the order's page, the staff's list and answers, both over HTTP too."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import InvalidInput, NotFound, TransitionRefused
from contracts.texts import Message
from presentation.api import answer, body, by_field, describe
from presentation.guard import current_principal, requires
from presentation.lists import Column, Filter, ListDescription, add_list, list_page
from storefront.complaints import STATES, Complaint, ListedComplaint
from storefront.engine.complaints import KINDS, REMEDIES
from storefront.service import Service

ANSWER = Permission.ANSWER_COMPLAINTS
COMPLAINTS = ListDescription(
    name="complaints",
    title="storefront.complaint.title",
    path="/complaints",
    api="/api/v1/complaints",
    summary="What customers said was wrong",
    permission=ANSWER,
    row=ListedComplaint,
    columns=(
        Column("complaint", "storefront.complaint.one", "name", href="/complaints/{complaint}"),
        Column("order", "storefront.book.order", "name", href="/orders/{order}"),
        Column("product", "storefront.book.product", "words", sortable=False),
        Column("kind", "storefront.complaint.kind_of", "choice", "storefront.complaint.kind.", sortable=False),
        Column("state", "storefront.complaint.state", "choice", "storefront.complaint.state."),
        Column("opened_at", "storefront.complaint.opened", "time"),
        Column("answered_at", "storefront.complaint.answered", "time"),
    ),
    sort="opened_at",
    descending=True,
    empty="storefront.complaint.none",
    search="storefront.complaint.search",
    filters=(
        Filter("state", "storefront.complaint.state", "storefront.complaint.state.", STATES),
        Filter("kind", "storefront.complaint.kind_of", "storefront.complaint.kind.", KINDS),
    ),
)


class NewComplaint(Contract):
    """``kind``: damaged, fit, finish, function, wrong or other; ``key`` opens a guest's order."""

    piece: str
    kind: str
    words: str
    key: str | None = None


class Opened(Contract):
    complaint: str


class Answered(Contract):
    """``remedy``: advice, repair, remake, refund or none."""

    remedy: str
    answer: str


def add_routes(pages: Blueprint, service: Service) -> None:
    _customer(pages, service)
    _staff(pages, service)

    @pages.post("/api/v1/orders/<order>/complaints")
    @describe(
        "Say what is wrong with a delivered piece",
        body=NewComplaint,
        answers={201: Opened},
        problems=(InvalidInput, NotFound, TransitionRefused),
    )
    @requires(Permission.VIEW_OWN_ORDER)
    def api_complain(order: str) -> Response:
        told = body(NewComplaint)
        opened = service.complain(current_principal(), order, told.key, told.piece, told.kind, told.words)
        return answer(Opened(complaint=opened), 201)

    @pages.get("/api/v1/complaints/<complaint>")
    @describe("One complaint with the customer's words", answers={200: Complaint}, problems=(NotFound,))
    @requires(ANSWER)
    def api_complaint(complaint: str) -> Response:
        return answer(service.complaint(complaint))

    @pages.post("/api/v1/complaints/<complaint>/answer")
    @describe(
        "Answer a complaint; the customer is told",
        body=Answered,
        answers={200: Complaint},
        problems=(InvalidInput, NotFound, TransitionRefused),
    )
    @requires(ANSWER)
    def api_answer(complaint: str) -> Response:
        told = body(Answered)
        service.answer_complaint(current_principal(), complaint, told.remedy, told.answer)
        return answer(service.complaint(complaint))


def _customer(pages: Blueprint, service: Service) -> None:
    def page(order: str, key: str | None, typed: dict[str, str], errors: dict[str, Message]) -> str:
        view = service.order(current_principal(), order, key)
        if not service.is_mine(current_principal(), order, key) or view.shipped_at is None:
            raise NotFound("order", order)
        return render_template(
            "storefront/complain.html",
            order=view,
            key=key,
            typed=typed,
            errors=errors,
            kinds=KINDS,
            known=service.complaints_about(order),
        )

    @pages.get("/orders/<order>/complain")
    @requires(Permission.VIEW_OWN_ORDER)
    def complaint_form(order: str) -> str:
        return page(order, request.args.get("key"), {}, {})

    @pages.post("/orders/<order>/complain")
    @requires(Permission.VIEW_OWN_ORDER)
    def complain(order: str) -> Any:
        key = request.form.get("key")
        typed = {name: request.form.get(name, "") for name in ("piece", "kind", "words")}
        try:
            service.complain(current_principal(), order, key, **typed)
        except InvalidInput as wrong:
            return page(order, key, typed, by_field(wrong)), 422
        return redirect(f"/orders/{order}/complain{f'?key={key}' if key else ''}", 303)


def _staff(pages: Blueprint, service: Service) -> None:
    @pages.get(COMPLAINTS.path)
    @requires(ANSWER)
    def complaint_list() -> str:
        return render_template("list.html", view=list_page(COMPLAINTS, service.listed_complaints))

    add_list(pages, COMPLAINTS, service.listed_complaints)

    def detail(complaint: str, typed: dict[str, str], errors: dict[str, Message]) -> str:
        found = service.complaint(complaint)
        return render_template("storefront/complaint.html", complaint=found, remedies=REMEDIES, typed=typed, errors=errors)

    @pages.get("/complaints/<complaint>")
    @requires(ANSWER)
    def complaint_page(complaint: str) -> str:
        return detail(complaint, {}, {})

    @pages.post("/complaints/<complaint>/answer")
    @requires(ANSWER)
    def answered(complaint: str) -> Any:
        typed = {name: request.form.get(name, "") for name in ("remedy", "answer")}
        try:
            service.answer_complaint(current_principal(), complaint, typed["remedy"], typed["answer"])
        except InvalidInput as wrong:
            return detail(complaint, typed, by_field(wrong)), 422
        except TransitionRefused:
            return detail(complaint, typed, {"overtaken": Message(id="storefront.complaint.overtaken")}), 409
        return redirect(f"/complaints/{complaint}", 303)
