"""A non-conformance with what was asked about it: propose, approve, refuse its use as it is; pages and API."""

import re
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from pydantic import ValidationError

from contracts.access import Permission
from contracts.problems import ConcessionRefused, FieldProblem, InvalidInput, NotFound
from contracts.quality import Concession
from contracts.texts import Message
from mes_bridge.concessions import ProposeConcession
from mes_bridge.service import Service
from mes_bridge.views import NonConformanceStory
from presentation.api import answer, body, by_field, describe, invalid
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render

DECIDE = Permission.DECIDE_QUALITY
_MONEY = re.compile(r"\d{1,8}(?:[.,]\d{1,2})?")


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("concessions", __name__, template_folder="templates")
    _api(pages, service)
    _pages(pages, service)
    return pages


def _api(pages: Blueprint, service: Service) -> None:
    @pages.get("/api/v1/nonconformances/<nonconformance>")
    @describe("One non-conformance with what was asked about it", answers={200: NonConformanceStory}, problems=(NotFound,))
    @requires(Permission.VIEW_QUALITY)
    def api_nonconformance(nonconformance: str) -> Response:
        return answer(service.nonconformance(nonconformance))

    @pages.post("/api/v1/nonconformances/<nonconformance>/concessions")
    @describe(
        "Propose to use the piece as it is; a second person of quality has to approve before its customer is asked",
        body=ProposeConcession,
        answers={201: Concession},
        problems=(InvalidInput, NotFound, ConcessionRefused),
        again=lambda outcome, nonconformance: answer(Concession.model_validate(outcome), 201),
    )
    @requires(DECIDE)
    def api_propose(nonconformance: str) -> Response:
        return answer(service.propose_concession(nonconformance, body(ProposeConcession), current_principal()), 201)

    @pages.get("/api/v1/concessions/<concession>")
    @describe("One concession: what is asked, who said what", answers={200: Concession}, problems=(NotFound,))
    @requires(Permission.VIEW_QUALITY)
    def api_concession(concession: str) -> Response:
        return answer(service.concession(concession))

    @pages.post("/api/v1/concessions/<concession>/approve")
    @describe("Approve it as the second person; the customer is asked", answers={200: Concession}, problems=(NotFound, ConcessionRefused))
    @requires(DECIDE)
    def api_approve(concession: str) -> Response:
        return answer(service.approve_concession(concession, current_principal()))

    @pages.post("/api/v1/concessions/<concession>/refuse")
    @describe("Refuse it or take it back; rework or remake begins", answers={200: Concession}, problems=(NotFound, ConcessionRefused))
    @requires(DECIDE)
    def api_refuse(concession: str) -> Response:
        return answer(service.refuse_concession(concession, current_principal()))


def _pages(pages: Blueprint, service: Service) -> None:
    def detail(nonconformance: str, typed: dict[str, str], errors: dict[str, Message], refused: Message | None = None) -> str:
        story = service.nonconformance(nonconformance)
        piece = story.view.nonconformance.key.piece
        return render_template(
            "mes_bridge/nonconformance.html",
            story=story,
            price=service.specification(service.piece_story(piece).specification_sha256).price.total,
            names=service.sender_names(),
            typed=typed,
            errors=errors,
            refused=refused,
        )

    @pages.get("/quality/nonconformances/<nonconformance>")
    @requires(Permission.VIEW_QUALITY)
    def nonconformance(nonconformance: str) -> str:
        return detail(nonconformance, {}, {})

    @pages.post("/quality/nonconformances/<nonconformance>")
    @requires(DECIDE)
    def propose(nonconformance: str) -> Any:
        typed = {name: request.form.get(name, "") for name in ("reason", "meaning", "reduction", "days")}
        try:
            service.propose_concession(nonconformance, _wanted(typed), current_principal())
        except InvalidInput as wrong:
            return detail(nonconformance, typed, by_field(wrong)), 422
        except ConcessionRefused as refused:
            return detail(nonconformance, typed, {}, refused.params["reason"]), 409
        return _said(nonconformance, "concession.told.proposed")

    @pages.post("/quality/concessions/<concession>")
    @requires(DECIDE)
    def decide(concession: str) -> Any:
        about = service.concession(concession).nonconformance
        decisions = {"approve": service.approve_concession, "refuse": service.refuse_concession}
        wanted = request.form.get("decision", "")
        if wanted not in decisions:
            return detail(about, {}, {}, Message(id="concession.choose")), 422
        try:
            decisions[wanted](concession, current_principal())
        except ConcessionRefused as refused:
            return detail(about, {}, {}, refused.params["reason"]), 409
        return _said(about, f"concession.told.{wanted}")


def _wanted(typed: dict[str, str]) -> ProposeConcession:
    """Money as people write it: 12.50 or 12,50. Raises InvalidInput."""
    reduction = typed["reduction"].strip() or "0"
    if _MONEY.fullmatch(reduction) is None:
        raise InvalidInput(errors=(FieldProblem("/reduction", "concession.not_money"),))
    minor = int(Decimal(reduction.replace(",", ".")).scaleb(2))
    given = {"reason": typed["reason"], "meaning": typed["meaning"], "reduction_minor": minor, "days": typed["days"]}
    try:
        return ProposeConcession.model_validate(given)
    except ValidationError as fault:
        raise invalid(fault) from None


def _said(nonconformance: str, message: str) -> Any:
    flash(render(Message(id=message), current_language()), "success")
    return redirect(f"/quality/nonconformances/{nonconformance}", 303)
