"""Pages and documents travel compressed."""

import gzip

from flask import Flask, Response, request

TEXTS = frozenset({"text/html", "text/css", "text/javascript", "application/json", "application/problem+json", "image/svg+xml"})
"""Media types of ours that shrink."""
_LEAST_BYTES = 1024
"""A smaller answer fits into one packet as it is."""
_LEVEL = 4
"""A studio page in a millisecond, to a seventh of its size; a higher level costs twice that for a tenth."""


def init_compression(app: Flask) -> None:
    """Compress what is written anew for each request.

    A page that holds secrets beside what a stranger can make it repeat may be guessed from its compressed length (BREACH): our session
    cookie is SameSite, so that a stranger's page gets nobody's secrets, and the signature of a form's token is another one each second.
    """

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in TEXTS or response.is_streamed or response.content_encoding is not None:
            return response
        response.vary.add("Accept-Encoding")
        content = response.get_data()
        if len(content) >= _LEAST_BYTES and request.accept_encodings.quality("gzip") > 0:
            response.set_data(gzip.compress(content, _LEVEL, mtime=0))
            response.content_encoding = "gzip"
        return response
