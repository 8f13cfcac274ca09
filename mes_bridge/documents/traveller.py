"""The traveller that goes with a piece through the shop: its operations, what they need, and a code that opens the next one."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mes_bridge.service import Service
from presentation.codes import qr_svg
from presentation.papers import write_paper
from presentation.press import press

TEMPLATES = Path(__file__).parent / "templates"


def traveller_html(service: Service, content: dict[str, Any]) -> str:
    """The paper before it is pressed."""
    specification = service.specification(content["specification"])
    steps = [
        {
            "operation": operation,
            "run": content["again"].get(str(operation.sequence), 1),
            "materials": [line for line in specification.materials if line.operation == operation.sequence],
            "checkpoints": [one for one in specification.quality if one.operation == operation.sequence],
        }
        for operation in sorted(specification.routing, key=lambda operation: operation.sequence)
    ]
    return write_paper(
        TEMPLATES,
        "traveller.html",
        content["language"],
        ZoneInfo(service.time_zone),
        piece=content["piece"],
        order=content["order"],
        repairs=content["repairs"],
        specification=specification,
        drawings=service.inspection_svgs(content["specification"], content["language"]),
        code=qr_svg(content["piece"], content["piece"]),
        steps=steps,
        files=[file for file in specification.files if not file.name.endswith(".svg") or f".{content['language']}." in file.name],
        value_labels={(choice.option, choice.value): choice.value_label for choice in specification.choices},
    )


def traveller_pdf(service: Service, content: dict[str, Any]) -> bytes:
    """Raises Unavailable when the machine has no Pango."""
    return press(traveller_html(service, content))
