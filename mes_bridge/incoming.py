"""What is done with messages that a broker brings: who sent them, what they say, and what each is answered."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter

from contracts.access import Permission, Principal
from contracts.bundle import Bundled
from contracts.problems import NotPermitted, NotSignedIn, Problem, Unavailable
from contracts.texts import Language
from ledger.log import logger
from ledger.machine_clients import MachineClients
from mes_bridge.answering import BundledAnswer, answer_to
from mes_bridge.bundles import Answered
from mes_bridge.service import Service
from presentation.api import read
from presentation.errors import HttpRefusal

_BUNDLED: TypeAdapter[Any] = TypeAdapter(Bundled)


@dataclass(frozen=True)
class Incoming:
    """``sender`` is the user of the broker who the broker says it is; empty when it does not say."""

    sender: str
    body: bytes


class IncomingMessages:
    def __init__(self, service: Service, language: Language) -> None:
        """``language``: of the sentences in refusals."""
        self._service = service
        self._language = language

    def take(self, messages: Sequence[Incoming]) -> list[BundledAnswer]:
        """The answer to each, in their order; what was accepted is durable, what came before has no second effect.

        Raises Unavailable when storage is busy: nothing is lost, the same messages may be taken again.
        """
        answered: list[Answered] = []
        for sender, together in groupby(messages, key=lambda message: message.sender):
            answered += self._of_one_sender(sender, [message.body for message in together])
        return [answer_to(each, self._language) for each in answered]

    def _of_one_sender(self, sender: str, bodies: Sequence[bytes]) -> Iterator[Answered]:
        try:
            principal = self._principal(sender)
        except Problem as refusal:
            return iter([refusal] * len(bodies))
        readings = [_reading(body) for body in bodies]
        taken = iter(self._taken([one for one in readings if not isinstance(one, Problem)], principal))
        return iter([one if isinstance(one, Problem) else next(taken) for one in readings])

    def _taken(self, messages: Sequence[Bundled], principal: Principal) -> list[Answered]:
        """A message that breaks something stops none of the others."""
        try:
            return self._service.bundle(messages, principal) if messages else []
        except Unavailable:
            raise
        except Exception as fault:  # noqa: BLE001 - outermost edge: reported, and set aside with its reference
            if len(messages) > 1:
                return [answer for message in messages for answer in self._taken([message], principal)]
            reference = secrets.token_hex(4)
            logger("mes_bridge").error("incoming.failed", reference=reference, exc_info=fault)
            return [HttpRefusal(500, {"reference": reference})]

    def _principal(self, sender: str) -> Principal:
        principal = MachineClients(self._service.ledger).of_broker_user(sender) if sender else None
        if principal is None:
            raise NotSignedIn
        if not principal.may(Permission.EXCHANGE_WORK_ORDERS):
            raise NotPermitted
        return principal


def _reading(body: bytes) -> Bundled | Problem:
    try:
        message: Bundled = read(_BUNDLED.validate_json, body)
    except Problem as refusal:
        return refusal
    return message
