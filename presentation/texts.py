"""What a message says in a language: catalogues and their filling."""

import string
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from contracts.texts import Language, Localised, Message, Text
from contracts.units import Money, Quantity
from presentation import formats

CATALOGUES = Path(__file__).parent / "translations"


class UnknownMessage(LookupError):
    """No catalogue of the language holds this message id."""

    def __init__(self, identifier: str, language: str) -> None:
        super().__init__(f"message {identifier!r} is missing in {language}")


class MissingParameter(LookupError):
    """The sentence needs a parameter that the message does not carry."""

    def __init__(self, identifier: str, parameter: str) -> None:
        super().__init__(f"message {identifier!r} needs the parameter {parameter!r}")


def read_catalogue(path: Path) -> Catalog:
    """The catalogue in one .po file."""
    return read_po(BytesIO(path.read_bytes()), locale={"en": "en_GB", "zh": "zh_Hans_CN"}[path.parent.name])


@cache
def sentences(language: Language) -> Mapping[str, tuple[str, ...]]:
    """Every message id of the language with its sentence, or its two forms: for a count of one and for others."""
    known: dict[str, tuple[str, ...]] = {}
    for path in sorted((CATALOGUES / language).glob("*.po")):
        for entry in read_catalogue(path):
            if not entry.id:
                continue
            identifier = entry.id if isinstance(entry.id, str) else entry.id[0]
            forms = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
            if identifier in known:
                raise ValueError(f"{path}: {identifier} stands in two catalogues")
            known[identifier] = forms
    return known


def sentence(identifier: str, language: Language, count: object = None) -> str:
    """The unfilled sentence; ``count`` chooses the plural form. Raises UnknownMessage."""
    forms = sentences(language).get(identifier)
    if not forms or not forms[0]:
        raise UnknownMessage(identifier, language)
    return forms[0] if len(forms) == 1 or count == 1 else forms[1]


def render(text: Text, language: Language, zone: tzinfo = UTC) -> str:
    """The text as a person of this language reads it; moments in ``zone``.

    Raises UnknownMessage, MissingParameter.
    """
    if isinstance(text, Localised):
        return text.in_language(language)
    values = {name: shown(value, language, zone) for name, value in text.params.items()}
    try:
        return string.Formatter().vformat(sentence(text.id, language, text.params.get("count")), (), values)
    except KeyError as missing:
        raise MissingParameter(text.id, str(missing.args[0])) from missing


def shown(value: object, language: Language, zone: tzinfo = UTC) -> str:
    """A message's parameter as it stands in the sentence."""
    match value:
        case Localised() | Message():
            return render(value, language, zone)
        case Money():
            return formats.money(value, language)
        case Quantity():
            return formats.quantity(value, language)
        case datetime():
            return formats.moment(value, language, zone)
        case bool():
            raise TypeError("a message takes no truth value; use two messages")
        case int():
            return formats.number(value, language)
        case tuple() | list():
            return format_list([shown(each, language, zone) for each in value], locale=formats.LOCALES[language])
        case _:
            return str(value)
