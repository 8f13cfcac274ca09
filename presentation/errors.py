"""What a person or a program is told when something is refused or breaks."""

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from contracts.problems import NotSignedIn, Problem
from presentation.by_script import by_script
from presentation.explaining import document, explained, field_sentence
from presentation.language import current_language
from presentation.security import API
from presentation.zone import current_zone

PROBLEM_JSON = "application/problem+json"
SIGN_IN = "/sign-in"


NAMES = {
    400: "malformed-request",
    403: "foreign-request",
    404: "no-such-address",
    405: "method-not-allowed",
    413: "too-large",
    415: "json-needed",
    429: "too-many-requests",
    500: "broken",
}
"""Problem types of what the web server itself refuses, by status."""


class HttpRefusal(Problem):
    """A refusal of the web server itself (no such address, method, form), told like a problem."""

    def __init__(self, status: int, params: dict[str, Any] | None = None) -> None:
        super().__init__(params, extra=params)
        self.status = status
        self.type = NAMES.get(status, NAMES[400])


def init_errors(app: Flask) -> None:
    """Every refusal is explained in the reader's language; every fault has a reference that stands in the log."""

    @app.errorhandler(Problem)
    def refused(problem: Problem) -> ResponseReturnValue:
        if isinstance(problem, NotSignedIn) and _is_page_view() and current_app.url_map.bind("").test(SIGN_IN, method="GET"):
            return redirect(f"{SIGN_IN}?{urlencode({'next': request.full_path.rstrip('?')})}", 303)
        response = told(problem)
        if (retry_after_s := problem.extra.get("retry_after_s")) is not None:
            response.headers["Retry-After"] = str(retry_after_s)
        return response

    @app.errorhandler(HTTPException)
    def refused_by_server(fault: HTTPException) -> ResponseReturnValue:
        if fault.code is None or fault.code < 400:
            return fault
        response = told(HttpRefusal(fault.code))
        for name, value in fault.get_headers():
            if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def broken(fault: Exception) -> ResponseReturnValue:
        if app.testing:
            raise fault
        reference = secrets.token_hex(4)
        app.logger.error("fault %s at %s %s", reference, request.method, request.path, exc_info=fault)
        return told(HttpRefusal(500, {"reference": reference}))


def wants_json() -> bool:
    """Programs under /api/ and callers that prefer JSON get problem+json, people get a page: also who opens a paper by its link."""
    if request.path.startswith(API):
        return not (request.path.endswith(".pdf") and request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html")
    return request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM_JSON], default="text/html") != "text/html"


def told(problem: Problem) -> Response:
    """The answer to a problem: a document for programs, a sentence beside what was pressed for htmx, a page for people."""
    if wants_json():
        response = jsonify(document(problem, current_language(), current_zone()))
        response.mimetype = PROBLEM_JSON
    else:
        title, detail = explained(problem, current_language(), current_zone())
        template = "problem_notice.html" if by_script() else "problem.html"
        faults = [(fault.pointer, field_sentence(fault, current_language(), current_zone())) for fault in problem.errors]
        response = make_response(render_template(template, title=title, detail=detail, faults=faults, problem=problem))
        if by_script():
            response.headers.update({"HX-Retarget": "#told-sentence", "HX-Reswap": "innerHTML"})
    response.status_code = problem.status
    return response


def _is_page_view() -> bool:
    return request.method == "GET" and not by_script() and not wants_json()
