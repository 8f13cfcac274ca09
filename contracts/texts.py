"""What a person will read, before a language is chosen: message ids with parameters, or texts given in both languages."""

from typing import Annotated, Literal, get_args

from pydantic import Field

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


Parameter = Annotated[
    "Money | Quantity | Localised | Message | int | Instant | str | tuple[Localised, ...]",
    Field(union_mode="left_to_right"),
]


class Message(Contract):
    """A message id of ``presentation/translations`` with its parameters; never a finished sentence."""

    id: str
    params: dict[str, Parameter] = {}


Text = Localised | Message
