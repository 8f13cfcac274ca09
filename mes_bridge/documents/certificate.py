"""The certificate of conformity of an order's pieces on paper: what was made, what was measured, by whom, and whether it conforms."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contracts.model import sha256_of
from contracts.quality import Certificate
from mes_bridge.service import Service
from presentation.codes import qr_svg
from presentation.papers import write_paper
from presentation.press import press

TEMPLATES = Path(__file__).parent / "templates"


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
                "items": {line.item: line.label for line in specification.materials},
                "drawings": service.inspection_svgs(certificate.specification_sha256, content["language"]),
                "balloons": {one.checkpoint: one.balloon for one in specification.quality},
                "code": qr_svg(f"{certificate.certificate} {sha256_of(certificate)}", certificate.certificate),
                "record_sha256": sha256_of(certificate),
            }
        )
    return write_paper(
        TEMPLATES, "certificate.html", content["language"], ZoneInfo(service.time_zone), pieces=pieces, names=service.sender_names()
    )


def certificate_pdf(service: Service, content: dict[str, Any]) -> bytes:
    """Raises Unavailable when the machine has no Pango."""
    return press(certificate_html(service, content))
