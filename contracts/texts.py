"""What a person will read, before a language is chosen: message ids with parameters, or texts given in both languages."""

import re
from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, StrictInt

from contracts.model import Contract, Instant
from contracts.units import Money, Quantity

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Localised(Contract):
    """A text that data (a family, a plant) brings in both languages."""

    en: str
    zh: str

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _is_moment(given: object) -> object:
    """Only what is written as a moment is one: not a number, not a date, not a text of digits."""
    if isinstance(given, datetime) or (isinstance(given, str) and _MOMENT.fullmatch(given)):
        return given
    raise ValueError("not a moment with its zone")


Moment = Annotated[Instant, BeforeValidator(_is_moment)]
Parameter = Annotated[
    "Money | Quantity | Localised | Message | StrictInt | Moment | str | tuple[Localised, ...]",
    Field(union_mode="left_to_right"),
]
"""Of one kind before and after storing: a text of digits stays a text; a text in the form of a moment is a moment."""


class Message(Contract):
    """A message id of ``presentation/translations`` with its parameters; never a finished sentence."""

    id: str
    params: dict[str, Parameter] = {}


Text = Localised | Message
