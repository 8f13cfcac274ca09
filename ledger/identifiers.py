"""How things are named: a readable prefix and a sortable random part."""

import secrets
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(prefix: str) -> str:
    """``order_1K…``: 55 bits of microseconds, then 70 random bits (Crockford's base 32), so that later ones sort later."""
    value = (time.time_ns() // 1000) << 70 | secrets.randbits(70)
    digits = []
    for _ in range(25):
        value, digit = divmod(value, 32)
        digits.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"
