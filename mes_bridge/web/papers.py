"""Where certificates and travellers are fetched."""

from flask import Blueprint, Response, request

from contracts.access import Permission
from contracts.ports import OrderAccess
from contracts.problems import NotFound
from mes_bridge.service import Service
from presentation.api import describe
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.paper_answer import paper_answer


def blueprint(service: Service, orders: OrderAccess) -> Blueprint:
    pages = Blueprint("papers", __name__)

    @pages.get("/api/v1/orders/<order>/certificate.pdf")
    @requires(Permission.VIEW_OWN_ORDER)
    @describe("The certificate; 202 while it is being pressed", answers={200: "application/pdf", 202: None}, problems=(NotFound,))
    def certificate(order: str) -> Response:
        orders.order(current_principal(), order, request.args.get("key"))
        return paper_answer(service.certificate_paper(order, current_language()), f"{order}-certificate.pdf")

    @pages.get("/quality/orders/<order>/certificate.pdf")
    @requires(Permission.VIEW_QUALITY)
    def certificate_for_quality(order: str) -> Response:
        return paper_answer(service.certificate_paper(order, current_language()), f"{order}-certificate.pdf")

    @pages.get("/terminal/pieces/<piece>/traveller.pdf")
    @requires(Permission.OPERATE)
    def traveller(piece: str) -> Response:
        return paper_answer(service.traveller_paper(piece, current_language()), f"{piece}-traveller.pdf")

    return pages
