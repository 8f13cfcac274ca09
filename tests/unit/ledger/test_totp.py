"""Codes of an authenticator: the standard's own test vectors, one code once, near its time only."""

from urllib.parse import parse_qs, urlsplit

import pytest

from ledger.totp import STEP_S, address, code_at, new_secret, step_of, written

RFC = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B, SHA-1; of its eight digits the last six."""
    assert code_at(RFC, seconds // STEP_S) == code


def test_a_code_is_taken_near_its_time_and_never_before_one_that_was_used() -> None:
    now = 2_000_000_000
    step = now // STEP_S
    assert [step_of(code_at(RFC, step + drift), RFC, now, after=0) for drift in (-2, -1, 0, 1, 2)] == [None, step - 1, step, step + 1, None]
    assert step_of(code_at(RFC, step), RFC, now, after=step) is None
    assert step_of(code_at(RFC, step - 1), RFC, now, after=step) is None
    assert step_of(code_at(RFC, step + 1), RFC, now, after=step) == step + 1
    assert [step_of(wrong, RFC, now, after=0) for wrong in ("", "12345", "½½½½½½", "0" * 1000)] == [None] * 4


def test_what_an_app_reads() -> None:
    assert written(RFC) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    read = urlsplit(address(RFC, "petra & co"))
    assert (read.scheme, read.netloc, read.path) == ("otpauth", "totp", "/LotOne%3Apetra%20%26%20co")
    assert parse_qs(read.query)["secret"] == ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]
    assert len(new_secret()) == 20
