"""Which country is a browser set to?"""


def country_of(language: str) -> str | None:
    """The region of a language tag (RFC 5646, 2.1) as ISO 3166-1: ``zh-Hans-CN`` → ``CN``; None where it names none."""
    for part in language.replace("_", "-").split("-")[1:]:
        if len(part) == 1:
            return None
        if len(part) == 2 and part.isascii() and part.isalpha():
            return part.upper()
    return None
