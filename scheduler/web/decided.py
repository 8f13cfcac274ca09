"""How does a planner's decision by a button end? Back on the page, with what became of it or why not."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect

from contracts.problems import TransitionRefused
from contracts.texts import Message
from presentation.explaining import explained
from presentation.language import current_language
from presentation.texts import render


def decided(deed: Callable[[], object], said: str, page: str) -> Any:
    """``said``: the message when it is done; ``page``: the address to go back to."""
    language = current_language()
    try:
        deed()
    except TransitionRefused as refused:
        flash(explained(refused, language)[1], "refusal")
    else:
        flash(render(Message(id=said), language), "success")
    return redirect(page, 303)
