"""An order's lateness as a program reads it: every sentence in one language, orders called as people call them."""

from datetime import tzinfo

from contracts.model import Contract
from contracts.naming import named
from contracts.texts import Language, Message
from contracts.units import Money
from presentation.texts import render
from scheduler.lateness import Lateness
from scheduler.outcome import Outcome


class Cause(Contract):
    cause: str
    seconds: int
    operation: str
    because: str
    """One sentence in the caller's language."""


class Remedy(Contract):
    what: str
    """One sentence in the caller's language."""
    lateness_s: int
    """What is left of the lateness."""
    cost: Money
    delayed: tuple[str, ...]
    """Orders that would pay for it with their own promise."""


class ToldOutcome(Outcome):
    """What a move does, with its hindrance as a sentence."""

    why: str | None
    """Why it is not possible as wished, in the caller's language."""


class ToldLateness(Contract):
    """Why an order is late (the causes' seconds sum to it) and what would help, each remedy tried on the plan as it stands."""

    order: str
    lateness_s: int
    causes: tuple[Cause, ...]
    remedies: tuple[Remedy, ...]
    told: str | None
    """The cause that the customer was last told of, in the caller's language; of an order that finished late it is what is known."""


def told(lateness: Lateness, language: Language) -> ToldLateness:
    return ToldLateness(
        order=lateness.order,
        lateness_s=lateness.lateness_s,
        causes=tuple(
            Cause(cause=cause.kind, seconds=cause.seconds, operation=str(cause.key), because=_said(cause.because, language))
            for cause in lateness.causes
        ),
        remedies=tuple(
            Remedy(what=_said(remedy.what, language), lateness_s=remedy.lateness_s, cost=remedy.cost, delayed=remedy.delayed)
            for remedy in lateness.remedies
        ),
        told=_said(lateness.told, language) if lateness.told is not None else None,
    )


def _said(message: Message, language: Language) -> str:
    return render(named(message), language)


def told_outcome(outcome: Outcome, language: Language, zone: tzinfo) -> ToldOutcome:
    why = render(named(outcome.hindered), language, zone) if outcome.hindered is not None else None
    return ToldOutcome(**{name: getattr(outcome, name) for name in Outcome.model_fields}, why=why)
