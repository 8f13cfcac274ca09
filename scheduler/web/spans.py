"""How long is a span, in words?"""

from contracts.texts import Message


def span(seconds: int) -> Message:
    """A length of time (its sign left out) in days, hours and minutes."""
    minutes = abs(seconds) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return Message(id="scheduler.span.days", params={"days": days, "hours": hours % 24})
    if hours:
        return Message(id="scheduler.span.hours", params={"hours": hours, "minutes": minutes % 60})
    return Message(id="scheduler.span.minutes", params={"minutes": minutes})


def kilowatt_hours(wh: int) -> str:
    """Energy to a tenth of a kWh."""
    return f"{wh / 1000:.1f}"
