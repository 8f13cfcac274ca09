"""Which six digits does an authenticator show now? Time-based one-time passwords, RFC 6238 with the numbers that every app takes."""

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
_SECRET_BYTES = 20
_DRIFT = 1
"""Steps that the other clock may be off, either way (RFC 6238, 5.2 and 6)."""


def new_secret() -> bytes:
    """160 random bits, as RFC 4226, 4 recommends."""
    return secrets.token_bytes(_SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step (RFC 4226, 5.3 with the step as counter)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 0xF
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(code: str, secret: bytes, epoch_s: float, after: int) -> int | None:
    """The step whose code this is, near the moment and later than ``after``, the last one used; None when there is none."""
    now = int(epoch_s) // STEP_S
    for step in range(max(now - _DRIFT, after + 1), now + _DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def written(secret: bytes) -> str:
    """The secret as it is typed into an app: base 32 in fours."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address(secret: bytes, account: str, issuer: str = "LotOne") -> str:
    """The ``otpauth:`` address that apps read from a QR code (Google Authenticator's key URI format)."""
    facts = {"secret": base64.b32encode(secret).decode(), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{quote(f'{issuer}:{account}')}?{urlencode(facts)}"
