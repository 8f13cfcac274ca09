"""Which language a request is answered in."""

from flask import Flask, Response, current_app, g, request

from contracts.problems import FieldProblem, InvalidInput
from contracts.texts import LANGUAGES, Language
from presentation.security import API

COOKIE = "lotone_language"
_YEAR_S = 365 * 24 * 3600


def current_language() -> Language:
    """``?lang=``, else the cookie, else what the browser accepts, else the setting."""
    if "language" not in g:
        g.language = _chosen()
    language: Language = g.language
    return language


def _chosen() -> Language:
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if (known := _known(wish)) is not None:
            return known
    for accepted in request.accept_languages.values():
        if (known := _known(accepted)) is not None:
            return known
    fallback: Language = current_app.config["LOTONE_LANGUAGE"]
    return fallback


def _known(wish: str | None) -> Language | None:
    first = (wish or "").lower().replace("_", "-").partition("-")[0]
    return next((language for language in LANGUAGES if language == first), None)


def init_language(app: Flask, default: Language) -> None:
    """A wish in the address is kept in a cookie; answers say their language. The API refuses one that it does not speak."""
    app.config["LOTONE_LANGUAGE"] = default

    @app.before_request
    def refuse_unknown() -> None:
        """A program is told; a person whose link is wrong still gets the page."""
        wish = request.args.get("lang")
        if wish is not None and request.path.startswith(API) and _known(wish) is None:
            raise InvalidInput(errors=(FieldProblem("/lang", "field.one_of", {"expected": LANGUAGES}),))

    @app.after_request
    def keep(response: Response) -> Response:
        wish = _known(request.args.get("lang"))
        if wish is not None:
            response.set_cookie(COOKIE, wish, max_age=_YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure)
        if response.mimetype == "text/html":
            response.headers.setdefault("Content-Language", current_language())
            response.vary.update(("Accept-Language", "Cookie"))
        return response
