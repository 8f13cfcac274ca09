"""How do letters leave: through a mail server, or into a folder when none is set?"""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ledger.outside import OutsideMessage
from ledger.settings import Settings
from lotone.wiring import House
from mes_bridge.transports.amqp.publisher import WorkOrderPublisher
from storefront.documents.mail import letter

Sender = Callable[[Sequence[OutsideMessage]], dict[int, str]]
"""Sends a batch; for each message that was not confirmed, its ``seq`` and the reason (``NOT_TRIED``: it was not come to)."""

SENDER = "LotOne <orders@lotone.example>"
TIMEOUT_S = 20.0
NOBODY = ".example"
"""Addresses under it are nobody's (RFC 2606): those of the demo's customers."""


def senders_of(house: House) -> dict[str, Sender]:
    """What the relay sends, by channel."""
    senders: dict[str, Sender] = {"mail": lambda batch: _send_letters(house, batch)}
    if house.settings.broker_url:
        senders["amqp"] = WorkOrderPublisher(house.settings.broker_url)
    return senders


def _send_letters(house: House, batch: Sequence[OutsideMessage]) -> dict[int, str]:
    failures: dict[int, str] = {}
    post = post_of(house.settings)
    for message in batch:
        written = letter(house.storefront, message.content, house.settings.address)
        if written is None:
            continue
        try:
            post(written.to, message.key, written.mime(SENDER, message.key, house.ledger.clock.real_now()))
        except (OSError, smtplib.SMTPException) as error:
            failures[message.seq] = type(error).__name__
    return failures


def post_of(settings: Settings) -> Callable[[str, str, EmailMessage], None]:
    """Takes the address, the letter's key and the letter. What goes to people of the demo is kept, whatever mail server is set."""
    kept = _into(settings.home / "mail")
    sent = _by_server(settings.smtp_url) if settings.smtp_url else kept

    def post(to: str, key: str, mail: EmailMessage) -> None:
        (kept if to.endswith(NOBODY) else sent)(key, mail)

    return post


def _into(folder: Path) -> Callable[[str, EmailMessage], None]:
    folder.mkdir(parents=True, exist_ok=True)

    def post(key: str, mail: EmailMessage) -> None:
        name = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in key)
        (folder / f"{name}.eml").write_bytes(mail.as_bytes())

    return post


def _by_server(url: str) -> Callable[[str, EmailMessage], None]:
    parts = urlsplit(url)

    def post(key: str, mail: EmailMessage) -> None:
        host, port = parts.hostname or "localhost", parts.port
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_S)
        with server:
            if parts.username:
                server.starttls(context=ssl.create_default_context())
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(mail)

    return post
