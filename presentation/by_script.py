"""What is answered to a form or a link that a script (htmx) sends for the browser?

A refusal that names its place (``refused_in``) stands there; any other is told beside what was pressed
(``presentation.errors``), and the page stays as it is (``static/requests.js``).

A refusal keeps its status (422, 409, …), so that whoever watches the traffic sees it. Browsers write such a status into
their console ("Failed to load resource"), as they do for a form that is sent without a script: no page can prevent that.
"""

from urllib.parse import urldefrag, urljoin

from flask import Flask, Response, request


def by_script() -> bool:
    return "HX-Request" in request.headers


def refused_in(place: str) -> dict[str, str]:
    """The header of a refusal that has a place of its own on the page (a selector)."""
    return {"HX-Retarget": place}


def init_by_script(app: Flask) -> None:
    """A form that leads to another page does so for a script too: the browser goes there itself, or loads its page again."""

    @app.after_request
    def lead_on(response: Response) -> Response:
        if not by_script() or request.method == "GET" or response.status_code != 303:
            return response
        onward = response.headers.pop("Location")
        here = request.headers.get("HX-Current-URL", "")
        stays = urldefrag(urljoin(request.url, onward)).url == urldefrag(here).url
        response.headers.update({"HX-Refresh": "true"} if stays else {"HX-Redirect": onward})
        response.status_code = 204
        response.set_data(b"")
        return response
