"""How a paper's HTML is written outside of any request: in a job, in its reader's language."""

from datetime import UTC, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contracts.texts import Language
from presentation.compiled import kept_code
from presentation.site import TEMPLATES
from presentation.words import Words


def write_paper(folder: Path, template: str, language: Language, zone: tzinfo = UTC, **facts: Any) -> str:
    """The HTML of ``template`` in ``folder``, which extends ``document.html``; moments are shown in ``zone``."""
    return _environment(folder, language, zone).get_template(template).render(**facts)


@cache
def _environment(folder: Path, language: Language, zone: tzinfo) -> Environment:
    """The globals that pages have, bound to one language."""
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=kept_code("paper"),
    )
    environment.globals.update(Words(lambda: language, zone).template_globals(), language=language)
    return environment
