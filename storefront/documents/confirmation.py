"""The confirmation of an order on paper: what is made, what it costs, what is promised and on which terms."""

from pathlib import Path
from typing import Any

from contracts.model import Contract, Instant
from contracts.product import ManufacturingSpecification
from contracts.units import Money
from presentation.papers import write_paper
from presentation.press import press
from storefront.requests import Language
from storefront.service import Service
from storefront.viewing import order_for_papers

EDITION = 2
"""Raised when the paper's form changes, so that it is pressed anew."""
_TEMPLATES = Path(__file__).parent / "templates"


class Confirmed(Contract):
    """All that the paper says of an order, without any personal value: papers are kept as files."""

    order: str
    specifications: tuple[str, ...]
    goods: Money
    delivery: Money
    tax: Money
    total: Money
    promised_at: Instant
    placed_at: Instant | None


def confirmation_content(service: Service, order: str, language: Language) -> dict[str, Any]:
    """What the paper is made of; the same content is the same paper. Raises NotFound."""
    view = order_for_papers(service.shop, order)
    facts = view.model_dump(include=set(Confirmed.model_fields) - {"specifications"})
    confirmed = Confirmed(**facts, specifications=tuple(piece.specification_sha256 for piece in view.pieces))
    return {"confirmation": confirmed.model_dump(mode="json"), "edition": EDITION, "language": language}


def confirmation_html(service: Service, content: dict[str, Any]) -> str:
    """The paper before it is pressed."""
    confirmed = Confirmed.model_validate(content["confirmation"])
    pieces = [(_specification(service, each), service.shop.specifications.drawing_svg(each)) for each in confirmed.specifications]
    zone = service.shop.time_zone
    return write_paper(_TEMPLATES, "confirmation.html", content["language"], zone, order=confirmed, pieces=pieces)


def confirmation_pdf(service: Service, content: dict[str, Any]) -> bytes:
    """Raises Unavailable when the machine has no Pango."""
    return press(confirmation_html(service, content))


def _specification(service: Service, sha256: str) -> ManufacturingSpecification:
    return service.shop.specifications.specification(sha256)
