"""Where certificates and travellers are fetched."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from contracts.access import Permission
from contracts.order import OpenedBy
from contracts.ports import AwaitedOrder, OrderAccess
from contracts.problems import NotFound, NotYet
from contracts.texts import Message
from mes_bridge.service import Service
from presentation.api import describe, query
from presentation.formats import day
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.paper_answer import paper_answer


def blueprint(service: Service, orders: OrderAccess) -> Blueprint:
    pages = Blueprint("papers", __name__)

    @pages.get("/api/v1/orders/<order>/certificate.pdf")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe(
        "The certificate; 202 while it is being pressed",
        query=OpenedBy,
        answers={200: "application/pdf", 202: None},
        problems=(NotFound, NotYet),
    )
    def certificate(order: str) -> Response:
        key = query(OpenedBy).key
        awaited = orders.order(current_principal(), order, key)
        try:
            paper = service.certificate_paper(order, current_language())
        except NotFound:
            if awaited.cancelled_at is not None:
                raise
            raise NotYet({"comes": _comes(awaited)}, extra={"page": f"/orders/{order}{f'?key={key}' if key else ''}"}) from None
        return paper_answer(paper, f"{order}-certificate.pdf")

    @pages.get("/quality/orders/<order>/certificate.pdf")
    @requires(Permission.VIEW_QUALITY)
    def certificate_for_quality(order: str) -> Response:
        try:
            paper = service.certificate_paper(order, current_language())
        except NotFound:
            if not service.pieces_meant(order):
                raise
            raise NotYet({"comes": Message(id="paper.certificate_comes_later")}) from None
        return paper_answer(paper, f"{order}-certificate.pdf")

    @pages.get("/terminal/pieces/<piece>/traveller.pdf")
    @requires(Permission.OPERATE)
    def traveller(piece: str) -> Response:
        return paper_answer(service.traveller_paper(piece, current_language()), f"{piece}-traveller.pdf")

    def _comes(awaited: AwaitedOrder) -> Message:
        by = max(awaited.promised_at, awaited.expected_at or awaited.promised_at)
        return Message(id="paper.certificate_comes", params={"day": day(by, current_language(), ZoneInfo(service.time_zone), weekday=True)})

    return pages
