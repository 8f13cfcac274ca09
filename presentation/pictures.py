"""Drawings as small pictures: an image in a page is drawn without the page's letters, and would show boxes for Chinese ones."""

import re

_WRITING = re.compile(r"<text\b[^>]*>[^<]*</text>")


def unlettered(svg: str) -> str:
    """The drawing without its writing; its title and description stay."""
    return _WRITING.sub("", svg)
