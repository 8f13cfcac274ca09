"""How an HTML paper becomes a PDF."""

import atexit
import base64
import ctypes.util
import re
import threading
from functools import cache
from pathlib import Path
from typing import Any

from contracts.problems import Unavailable

_FOLDER = Path(__file__).parent / "static"
_LOCK = threading.Lock()
"""Fontconfig and Pango work for one paper at a time."""


@cache
def has_pango() -> bool:
    """Whether this machine has what WeasyPrint writes with."""
    return all(ctypes.util.find_library(name) for name in ("pango-1.0", "pangoft2-1.0"))


def press(html: str) -> bytes:
    """An accessible PDF (PDF/UA-1) of a paper that extends ``document.html``; nothing is fetched from anywhere.

    Raises Unavailable when the machine has no Pango.
    """
    weasyprint = _weasyprint()
    with _LOCK:
        fonts, styles = _shared()
        paper = weasyprint.HTML(string=_with_drawing_fonts(html), url_fetcher=_data_only())
        written = paper.write_pdf(stylesheets=[styles], font_config=fonts, pdf_variant="pdf/ua-1", presentational_hints=True)
    return bytes(written)


def as_page(html: str) -> str:
    """The same paper as one file that a browser shows, in the reader's own fonts."""
    column = "body { max-width: 190mm; margin: 8mm auto; padding: 0 4mm; font-family: 'LotOne Latin', 'LotOne Han', sans-serif; }"
    return html.replace("</head>", f"<style>{_in_ink((_FOLDER / 'paper.css').read_text())}\n{column}</style>\n</head>", 1)


def _with_drawing_fonts(html: str) -> str:
    """Inline drawings take no font from the style of the page: each gets ours, unless it names one."""
    return re.sub(r"<svg(?![^>]*font-family)", '<svg font-family="LotOne Latin, LotOne Han"', html)


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as missing:
        raise Unavailable({"what": "pdf"}, extra={"needs": "Pango"}) from missing
    return weasyprint


@cache
def _shared() -> tuple[Any, Any]:
    """Fonts and style of every paper, loaded once a process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    atexit.register(_shared.cache_clear)  # it cannot be taken down any more when the interpreter's modules are gone
    fonts = FontConfiguration()
    return fonts, CSS(string=_style(), font_config=fonts, url_fetcher=_data_only())


def _style() -> str:
    """Paper style, with the fonts as data so that no address is ever opened."""

    def embedded(match: re.Match[str]) -> str:
        content = (_FOLDER / "fonts" / match[1]).read_bytes()
        return f'url("data:font/woff2;base64,{base64.b64encode(content).decode()}")'

    css = (_FOLDER / "fonts.css").read_text() + _in_ink((_FOLDER / "paper.css").read_text())
    return re.sub(r'url\("/static/presentation/fonts/([^"]+)"\)', embedded, css)


def _in_ink(css: str) -> str:
    """The style with the light values of the design's tokens: a paper's margins take no custom properties."""
    light = (_FOLDER / "tokens.css").read_text().partition("@media")[0]
    tokens = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", light))
    return re.sub(r"var\((--[\w-]+)\)", lambda match: tokens[match[1]], css)


@cache
def _data_only() -> Any:
    """Made once a process: a new one reads all of the machine's certificates, which takes longer than a blank paper."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=["data"])
