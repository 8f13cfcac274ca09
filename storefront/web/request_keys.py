"""How a repeated request is known again."""

from presentation.guard import current_principal


def scoped(key: str) -> str | None:
    """The idempotency key within the space of who asks; None without a key. Programs without a session share one space."""
    return f"{current_principal().id}\0{key}" if key else None
