"""The confirmation of an order on paper: what is made, what it costs, what is promised and on which terms."""

from pathlib import Path
from typing import Any

from presentation.papers import write_paper
from presentation.press import press
from storefront.papers import Confirmed
from storefront.shop import Shop

_TEMPLATES = Path(__file__).parent / "templates"


def confirmation_html(shop: Shop, content: dict[str, Any]) -> str:
    """The paper before it is pressed."""
    confirmed = Confirmed.model_validate(content["confirmation"])
    pieces = [
        (shop.specifications.specification(each), shop.specifications.drawing_svg(each, content["language"]))
        for each in confirmed.specifications
    ]
    zone = shop.time_zone
    return write_paper(_TEMPLATES, "confirmation.html", content["language"], zone, order=confirmed, pieces=pieces)


def confirmation_pdf(shop: Shop, content: dict[str, Any]) -> bytes:
    """Raises Unavailable when the machine has no Pango."""
    return press(confirmation_html(shop, content))
