"""How a repeated request is known again, also from a program that keeps no cookies."""

from flask import current_app, request

from presentation.guard import current_principal
from storefront.shop import NOBODY


def scoped(key: str) -> str | None:
    """The idempotency key within the space of who asks; None without a key.

    Who sends no cookie is a new guest with every request, so such callers share one space; keys are random.
    """
    if not key:
        return None
    known = current_app.config["SESSION_COOKIE_NAME"] in request.cookies or "Authorization" in request.headers
    return f"{current_principal().id if known else NOBODY}\0{key}"
