"""The letters that customers get: plain text, written when the relay sends them, in the customer's language."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from textwrap import fill
from typing import Any

from contracts.naming import short
from contracts.problems import NotFound
from contracts.product import Choice, DimensionValue
from contracts.texts import Language, Message
from contracts.units import Quantity
from ledger.people import People, PersonDetails
from presentation import formats
from presentation.texts import render
from storefront.documents.wording import with_days
from storefront.service import Service
from storefront.viewing import order_for_papers

_WIDTH = 72
"""Columns of a line; a Chinese character takes two."""
_STAYS_BEHIND = "，。；：、？！）》”’%"
"""Signs that never begin a line."""
_TELLS_ALL = ("placed", "changed")
"""The letters that say what is ordered."""
_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9._-]")
"""Signs that a message's identifier cannot have (RFC 5322): behind one of them nothing of it would be left."""
_ONE_WORD = re.compile(r"[!-~]+|.", re.DOTALL)


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    text: str

    def mime(self, sender: str, key: str, at: datetime) -> EmailMessage:
        """The letter as it goes to a mail server at ``at``; ``key`` tells it from every other."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, self.to, self.subject
        mail["Date"], mail["Message-ID"] = at, f"<{_NO_IDENTIFIER.sub('.', key)}@{parseaddr(sender)[1].partition('@')[2]}>"
        mail.set_content(self.text)
        return mail


def letter(service: Service, content: dict[str, Any], address: str) -> Letter | None:
    """The letter that the outbox's ``content`` orders; ``address`` is where people reach the shop.

    None when the person was erased meanwhile: there is nobody to write to.
    """
    language: Language = "zh" if content["language"] == "zh" else "en"
    zone = service.shop.time_zone
    ledger = service.shop.ledger
    try:
        with ledger.reading() as session:
            person = People(ledger).details(session, content["person"])
    except NotFound:
        return None
    body = with_days(Message.model_validate(content["message"]), language, zone)
    subject = body.model_copy(update={"id": f"storefront.mail.{content['letter']}.subject"})

    def say(identifier: str, **params: Any) -> str:
        return render(Message.model_construct(id=identifier, params=params), language, zone)

    order = content["order"]
    link = f"{address}/orders/{order}?key={service.order_key(order)}"
    paragraphs = [
        say("storefront.mail.greeting", name=_one_line(person.name)),
        render(body, language, zone),
        *(_ordered(service, order, person, language, say) if content["letter"] in _TELLS_ALL else ()),
        *(_asked(service, order, str(body.params["concession"]), say) if content["letter"] == "asked" else ()),
        f"{say('storefront.mail.link', order=short(order))}\n{link}",
        say("storefront.mail.farewell"),
    ]
    return Letter(to=person.email, subject=_one_line(render(subject, language, zone)), text=_set(paragraphs, language))


def _ordered(service: Service, order: str, person: PersonDetails, language: Language, say: Callable[..., str]) -> Iterator[str]:
    """What is made, by what was chosen and filled in or else by all that it comes with, how large it is, and where it goes."""
    for piece in order_for_papers(service.shop, order).pieces:
        made = service.shop.specifications.specification(piece.specification_sha256)
        own = [_choice(each, say) for each in made.choices if each.own]
        filled = [_choice(each, say) for each in made.choices if each.filled]
        told = [say("storefront.mail.product", product=made.family_label), *own]
        if own and filled:
            told.append(say("storefront.mail.filled"))
        elif filled:
            told.append(_in_a_row("storefront.paper.filled", filled, say))
        elif not own:
            told.append(_in_a_row("storefront.paper.as_it_comes", (_choice(each, say) for each in made.choices), say))
        if made.dimensions:
            told.append(_in_a_row("storefront.paper.measures", (_measure(each, say) for each in made.dimensions), say))
        yield "\n".join(told)
    *lines, country = person.address.split("\n")
    address = [_one_line(each) for each in (person.name, *lines)]
    yield "\n".join([say("storefront.mail.goes_to"), *address, formats.country(country, language)])


def _asked(service: Service, order: str, concession: str, say: Callable[..., str]) -> Iterator[str]:
    """What is not as ordered, what that means, what is given for it."""
    for each in order_for_papers(service.shop, order).concessions:
        if each.concession != concession:
            continue
        for value in each.measurements:
            sizes = {name: Quantity(value=getattr(value, name), unit=value.unit) for name in ("value", "nominal", "lower", "upper")}
            yield say("storefront.mail.asked.value", characteristic=value.label, **sizes)
        yield say("storefront.mail.asked.means", meaning=each.meaning)
        if each.reduction is not None:
            yield say("storefront.concession.reduction", reduction=each.reduction)


def _choice(choice: Choice, say: Callable[..., str]) -> str:
    return say("storefront.mail.choice", option=choice.option_label, value=choice.value_label)


def _measure(dimension: DimensionValue, say: Callable[..., str]) -> str:
    return say("storefront.mail.measure", name=dimension.label, size=Quantity(value=dimension.value, unit=dimension.unit))


def _in_a_row(heading: str, said: Iterable[str], say: Callable[..., str]) -> str:
    """Many short things, one after the other, so that the letter stays short."""
    return say("storefront.mail.in_a_row", heading=say(heading), said=say("storefront.mail.between").join(said))


def _one_line(text: str) -> str:
    """A name or subject cannot begin a new line of the letter, let alone of its head."""
    return " ".join(text.split())


def _set(paragraphs: list[str], language: Language) -> str:
    """Paragraphs between blank lines, wrapped for plain-text readers; links stay whole on lines of their own."""
    wrapped = _wrapped_chinese if language == "zh" else _wrapped
    return "\n\n".join("\n".join(wrapped(line) for line in each.split("\n")) for each in paragraphs) + "\n"


def _wrapped(line: str) -> str:
    return fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _wrapped_chinese(line: str) -> str:
    """Between any two characters, but never within a number, a word or a link."""
    lines, width = [""], 0
    for part in _ONE_WORD.findall(line):
        takes = len(part) if part.isascii() else 2
        if width + takes > _WIDTH and lines[-1] and part not in _STAYS_BEHIND:
            lines.append("")
            width = 0
        if lines[-1] or not part.isspace():
            lines[-1] += part
            width += takes
    return "\n".join(each.rstrip() for each in lines)
