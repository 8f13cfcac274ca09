"""What templates of pages and papers call to write texts, money, quantities and moments."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from markupsafe import Markup

from contracts.naming import named, short
from contracts.texts import Language, Message, Text
from contracts.units import Money, Quantity
from presentation import formats, texts


class Written(str):
    """A moment or a day as people read it; in HTML it also says itself to machines."""

    at: date

    @classmethod
    def of(cls, at: date, written: str) -> "Written":
        made = cls(written)
        made.at = at
        return made

    def __html__(self) -> str:
        if isinstance(self.at, datetime):
            precise = self.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        else:
            precise = self.at.isoformat()
        return Markup('<time datetime="{}">{}</time>').format(precise, str(self))


@dataclass(frozen=True)
class Words:
    """The writing functions in the language that ``language()`` answers; moments are shown in ``zone``."""

    language: Callable[[], Language]
    zone: tzinfo = UTC

    def text(self, value: Text) -> str:
        return texts.render(value, self.language(), self.zone)

    def t(self, identifier: str, **params: Any) -> str:
        return self.text(Message.model_construct(id=identifier, params=params))

    def money(self, value: Money) -> str:
        return formats.money(value, self.language())

    def day(self, at: date, weekday: bool = False) -> Written:
        return Written.of(at, formats.day(at, self.language(), self.zone, weekday))

    def moment(self, at: datetime) -> Written:
        return Written.of(at, formats.moment(at, self.language(), self.zone))

    def clock_time(self, at: datetime) -> Written:
        return Written.of(at, formats.clock_time(at, self.language(), self.zone))

    def duration(self, seconds: int) -> str:
        return formats.duration(seconds, self.language())

    def quantity(self, value: Quantity | int, unit: Any = None) -> str:
        return formats.quantity(value if isinstance(value, Quantity) else Quantity(value=value, unit=unit), self.language())

    def figure(self, value: int, unit: str, places: int | None = None) -> str:
        return formats.figure(value, unit, places)

    def country(self, code: str) -> str:
        return formats.country(code, self.language())

    def unit_sign(self, unit: str) -> str:
        return formats.unit_sign(unit, self.language())

    def template_globals(self) -> dict[str, Callable[..., Any]]:
        """The functions under the names that templates use."""
        own = (
            self.text,
            self.t,
            self.money,
            self.day,
            self.moment,
            self.clock_time,
            self.quantity,
            self.duration,
            self.figure,
            self.country,
            self.unit_sign,
        )
        return {each.__name__: each for each in own} | {"places_of": formats.places_of, "short": short, "named": named}
