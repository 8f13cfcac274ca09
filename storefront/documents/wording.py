"""How a stored message is worded for a customer: dates of promises are days, not minutes."""

from datetime import datetime, tzinfo
from typing import Any

from contracts.texts import Language, Message
from presentation import formats


def with_days(message: Message, language: Language, zone: tzinfo) -> Message:
    """The message with every moment among its parameters written as the day in ``zone``."""
    params: dict[str, Any] = {
        name: formats.day(value, language, zone, weekday=True) if isinstance(value, datetime) else value
        for name, value in message.params.items()
    }
    return message.model_copy(update={"params": params})
