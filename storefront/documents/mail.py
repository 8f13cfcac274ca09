"""The letters that customers get: plain text, written when the relay sends them, in the customer's language."""

from dataclasses import dataclass
from email.message import EmailMessage
from textwrap import fill
from typing import Any

from contracts.problems import NotFound
from contracts.texts import Language, Message
from presentation.texts import render
from storefront.documents.wording import with_days
from storefront.service import Service

_WIDTH = 72


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    text: str

    def mime(self, sender: str) -> EmailMessage:
        """The letter as it goes to a mail server."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, self.to, self.subject
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
            person = ledger.identity.person(session, content["person"])
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
        f"{say('storefront.mail.link')}\n{link}",
        say("storefront.mail.farewell"),
    ]
    return Letter(to=person.email, subject=_one_line(render(subject, language, zone)), text=_set(paragraphs, language))


def _one_line(text: str) -> str:
    """A name or subject cannot begin a new line of the letter, let alone of its head."""
    return " ".join(text.split())


def _set(paragraphs: list[str], language: Language) -> str:
    """Paragraphs between blank lines; Latin text is wrapped for plain-text readers, links stay whole, Chinese flows by itself."""
    if language == "zh":
        return "\n\n".join(paragraphs) + "\n"
    wrapped = (
        "\n".join(fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False) for line in each.split("\n")) for each in paragraphs
    )
    return "\n\n".join(wrapped) + "\n"
