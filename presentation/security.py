"""What a browser may do with our answers, and which writes are really ours."""

from collections.abc import Iterator

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, Forbidden, NotFound, UnsupportedMediaType

from contracts.problems import FieldProblem, InvalidInput
from presentation.api import pointer

API = "/api/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; worker-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_security(app: Flask, max_body_bytes: int) -> None:
    """Security headers on every answer; a token on every form; JSON or a bearer key on every API write."""
    app.config.setdefault("SESSION_COOKIE_SAMESITE", "Lax")
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    csrf = CSRFProtect(app)

    @app.before_request
    def refuse_zeros() -> None:
        """No database keeps U+0000 in a text, and nothing of ours has it in its name."""
        if "\0" in request.path:
            raise NotFound
        wrong = [name for name, texts in _texts() if any("\0" in text for text in (name, *texts))]
        if wrong and request.path.startswith(API):
            raise InvalidInput(errors=tuple(FieldProblem(pointer([name.replace("\0", "\ufffd")]), "field.zero") for name in wrong))
        if wrong:
            raise BadRequest

    @app.before_request
    def refuse_foreign_writes() -> None:
        if request.method in _SAFE:
            return
        if request.path.startswith(API):
            _require_json_or_bearer()
        elif app.config.get("WTF_CSRF_ENABLED", True):
            csrf.protect()

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if app.config["SESSION_COOKIE_SECURE"]:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store" if response.mimetype == "text/html" else "no-cache, private"
        return response


def _texts() -> Iterator[tuple[str, list[str]]]:
    """What stands in the address, and in a form."""
    yield from request.args.lists()
    if not request.path.startswith(API):
        yield from request.form.lists()


def _require_json_or_bearer() -> None:
    """A foreign page can send forms and plain text with our cookies, but neither JSON nor a bearer key."""
    if request.headers.get("Authorization", "").startswith("Bearer "):
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        raise Forbidden
    if request.content_length and not request.is_json:
        raise UnsupportedMediaType
