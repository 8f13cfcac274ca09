"""What can be wrong with a delivered piece, and what can be done about it."""

from typing import Literal, get_args

from contracts.model import Instant
from contracts.problems import TransitionRefused

Kind = Literal["damaged", "fit", "finish", "function", "wrong", "other"]
Remedy = Literal["advice", "repair", "remake", "refund", "none"]
KINDS: tuple[Kind, ...] = get_args(Kind)
REMEDIES: tuple[Remedy, ...] = get_args(Remedy)
LONGEST = 2000
"""Characters of a complaint and of an answer."""


def may_complain(shipped_at: Instant | None, open_already: bool) -> None:
    """Raises TransitionRefused before the carrier has the order, and while another complaint about the piece waits for its answer."""
    if shipped_at is None:
        raise TransitionRefused("order", "planned", "complained")
    if open_already:
        raise TransitionRefused("complaint", "open", "complained")
