"""What a caller gets who fetches a paper: the PDF, or where it is being pressed."""

from flask import Response, render_template, request

from contracts.problems import Unavailable
from presentation.api import answer
from presentation.press import has_pango


def paper_answer(paper: bytes | str, name: str) -> Response:
    """``paper`` is the PDF, or the id of the job that presses it: then 202 with the job's address, for people a page that waits.

    Raises Unavailable when nobody could press it here: waiting would be in vain.
    """
    if isinstance(paper, bytes):
        headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-cache"}
        return Response(paper, mimetype="application/pdf", headers=headers)
    if not has_pango():
        raise Unavailable({"what": "pdf"}, extra={"needs": "Pango"})
    headers = {"Location": f"/api/v1/jobs/{paper}", "Retry-After": "2"}
    if request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json") == "text/html":
        return Response(render_template("pressing.html", name=name), 202, {**headers, "Refresh": "2"}, mimetype="text/html")
    return answer({"job": paper, "href": f"/api/v1/jobs/{paper}"}, 202, headers)
