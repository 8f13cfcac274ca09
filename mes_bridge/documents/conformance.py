"""The conformance report: every check with what was expected, what came, and the message that would have been right."""

from itertools import groupby
from pathlib import Path

from contracts.texts import Language
from mes_bridge.conformance.results import Result, answer_of, message_of, request_of
from presentation.papers import write_paper
from presentation.press import as_page, press

TEMPLATES = Path(__file__).parent / "templates"
SHOWN = 3
"""Faults of a check that are shown whole; the others are counted."""


def conformance_paper(result: Result, language: Language) -> str:
    """The paper before it is pressed."""
    chapters = [(chapter, list(checks)) for chapter, checks in groupby(result.judged, lambda each: each.chapter)]
    return write_paper(
        TEMPLATES,
        "conformance.html",
        language,
        result=result,
        chapters=chapters,
        shown=SHOWN,
        message_of=message_of,
        answer_of=answer_of,
        request_of=request_of,
    )


def conformance_html(result: Result, language: Language) -> str:
    """One file that a browser shows as it is."""
    return as_page(conformance_paper(result, language))


def conformance_pdf(result: Result, language: Language) -> bytes:
    """Raises Unavailable when the machine has no Pango."""
    return press(conformance_paper(result, language))
