"""What a page was opened for, and where it leads back to; kept in the visitor's session."""

from typing import NamedTuple

from flask import session

KEPT = 5
"""The latest ones: the session travels with every request."""


class Errand(NamedTuple):
    """``subject`` is worked on for the sake of ``purpose``; the answer is posted to ``back``."""

    subject: str
    purpose: str
    back: str


def set_out(errand: Errand) -> None:
    """An earlier errand of the same purpose is given up."""
    others = [each for each in _errands() if each.purpose != errand.purpose]
    session["errands"] = [*others, errand][-KEPT:]


def way_back(subject: str) -> str | None:
    """Where to, when the work on the subject is done; None when it is done for its own sake."""
    return next((each.back for each in _errands() if each.subject == subject), None)


def subject_for(purpose: str) -> str | None:
    """What is worked on for the purpose, if anything is."""
    return next((each.subject for each in _errands() if each.purpose == purpose), None)


def done(purpose: str) -> None:
    session["errands"] = [each for each in _errands() if each.purpose != purpose]


def _errands() -> list[Errand]:
    return [Errand(*each) for each in session.get("errands", [])]
