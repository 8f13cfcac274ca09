"""How do people tell orders and pieces apart? By the end of their identifiers, which is as good as unique in one plant."""

from contracts.texts import Message

_SIGNS = 25
"""Signs after the prefix of an identifier that the ledger gave."""
_SHOWN = 5


def short(identifier: str) -> str:
    """The end of an identifier as people read it aloud; other names as they are."""
    end = identifier.rpartition("_")[2]
    return end[-_SHOWN:] if len(end) == _SIGNS else identifier


def is_meant(identifier: str, code: str) -> bool:
    """Whether somebody who scanned or typed ``code`` means this one: all of it, or at least the end that is shown."""
    return identifier == code or (len(code) >= _SHOWN and len(short(identifier)) == _SHOWN and identifier.endswith(code.upper()))


def named(message: Message) -> Message:
    """The sentence with orders and pieces called as people call them."""
    params = {name: short(value) if isinstance(value, str) else value for name, value in message.params.items()}
    return message.model_copy(update={"params": params})
