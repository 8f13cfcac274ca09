"""How a paper's HTML is written outside of any request: in a job, in its reader's language."""

from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contracts.texts import Message, Text
from contracts.units import Money, Quantity
from presentation import formats, texts
from presentation.site import TEMPLATES
from presentation.texts import Language


def write_paper(folder: Path, template: str, language: Language, zone: tzinfo = UTC, **facts: Any) -> str:
    """The HTML of ``template`` in ``folder``, which extends ``document.html``; moments are shown in ``zone``."""
    return _environment(folder, language, zone).get_template(template).render(**facts)


@cache
def _environment(folder: Path, language: Language, zone: tzinfo) -> Environment:
    """The globals that pages have (``presentation.site``), bound to one language."""
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def text(value: Text) -> str:
        return texts.render(value, language, zone)

    def t(identifier: str, **params: Any) -> str:
        return text(Message.model_construct(id=identifier, params=params))

    def money(value: Money) -> str:
        return formats.money(value, language)

    def day(at: datetime, weekday: bool = False) -> str:
        return formats.day(at, language, zone, weekday)

    def moment(at: datetime) -> str:
        return formats.moment(at, language, zone)

    def quantity(value: Quantity | int, unit: Any = None) -> str:
        return formats.quantity(value if isinstance(value, Quantity) else Quantity(value=value, unit=unit), language)

    def figure(value: int, unit: str, places: int | None = None) -> str:
        return formats.figure(value, unit, language, places)

    def unit_sign(unit: str) -> str:
        return formats.unit_sign(unit, language)

    for shared in (text, t, money, day, moment, quantity, figure, unit_sign):
        environment.globals[shared.__name__] = shared
    environment.globals["places_of"] = formats.places_of
    environment.globals["language"] = language
    return environment
