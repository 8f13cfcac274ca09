"""The certificate of conformity of an order's pieces on paper: what was made, what was measured, by whom, and whether it conforms."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contracts.model import sha256_of
from contracts.problems import NotFound
from contracts.quality import Certificate
from mes_bridge.documents.codes import qr_svg
from mes_bridge.service import Service
from presentation.papers import write_paper
from presentation.press import press
from presentation.texts import Language

EDITION = 1
"""Raised when the paper's form changes, so that it is pressed anew."""
TEMPLATES = Path(__file__).parent / "templates"


def certificate_content(service: Service, order: str, language: Language) -> dict[str, Any]:
    """What the paper is made of; the same content is the same paper. Raises NotFound while no piece of the order is complete."""
    certificates = service.certificates(order)
    if not certificates:
        raise NotFound("certificate", order)
    records = [certificate.model_dump(mode="json") for certificate in certificates]
    return {"certificates": records, "edition": EDITION, "language": language}


def certificate_html(service: Service, content: dict[str, Any]) -> str:
    """The paper before it is pressed."""
    pieces = []
    for record in content["certificates"]:
        certificate = Certificate.model_validate(record)
        specification = service.specification(certificate.specification_sha256)
        pieces.append(
            {
                "certificate": certificate,
                "specification": specification,
                "drawing": service.drawing_svg(certificate.specification_sha256),
                "code": qr_svg(f"{certificate.certificate} {sha256_of(certificate)}"),
                "record_sha256": sha256_of(certificate),
            }
        )
    return write_paper(TEMPLATES, "certificate.html", content["language"], ZoneInfo(service.time_zone), pieces=pieces)


def certificate_pdf(service: Service, content: dict[str, Any]) -> bytes:
    """Raises Unavailable when the machine has no Pango."""
    return press(certificate_html(service, content))
