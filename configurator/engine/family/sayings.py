"""Is every text of a family there in both languages, in letters that can be printed?"""

import re
from collections.abc import Container, Iterator
from typing import Any

from configurator.engine.family.source import Fault, Path, read_source
from configurator.engine.finding import Finding, finding
from contracts.texts import LANGUAGES

_HAN = re.compile(r"[㐀-鿿]")
_HOLE = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"\b[a-z]{4,}\b")
"""Names of articles, which are the same in every language, have capitals or figures."""


def check_texts(text: str, printable: Container[int]) -> Iterator[Finding]:
    """``printable``: the characters that pages and papers have letters for. Raises SourceInvalid for what is no YAML."""
    source = read_source(text)
    for path, texts in _texts((), source.content):
        for language, said in texts.items():
            line, column = source.position(Fault((*path, language), "", {}))
            if not said.strip():
                yield finding(line, "text_empty", column=column)
            elif _HAN.search(said) if language == "en" else not _HAN.search(said) and _WORD.search(_HOLE.sub("", said)):
                yield finding(line, f"text_not_{language}", "warning", column, text=said)
            missing = "".join(dict.fromkeys(letter for letter in said if ord(letter) not in printable))
            if missing:
                yield finding(line, "not_printable", column=column, letters=missing)


def _texts(path: Path, content: Any) -> Iterator[tuple[Path, dict[str, str]]]:
    """Every text that is given in both languages, with where it stands."""
    if isinstance(content, dict):
        if set(content) == set(LANGUAGES) and all(isinstance(said, str) for said in content.values()):
            yield path, content
            return
        for key, each in content.items():
            yield from _texts((*path, key), each)
    elif isinstance(content, list):
        for place, each in enumerate(content):
            yield from _texts((*path, place), each)
