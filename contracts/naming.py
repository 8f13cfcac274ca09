"""How do people tell orders and pieces apart? By the end of their identifiers, which is as good as unique in one plant."""

_RANDOM = 26
"""Signs after an identifier's prefix (a ULID)."""
_SHOWN = 5


def short(identifier: str) -> str:
    """The end of an identifier as people read it aloud; other names as they are."""
    end = identifier.rpartition("_")[2]
    return end[-_SHOWN:] if len(end) == _RANDOM else identifier


def is_meant(identifier: str, code: str) -> bool:
    """Whether somebody who scanned or typed ``code`` means this one: all of it, or at least the end that is shown."""
    return identifier == code or (len(code) >= _SHOWN and len(short(identifier)) == _SHOWN and identifier.endswith(code.upper()))
