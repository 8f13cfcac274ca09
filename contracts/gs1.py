"""GS1 identification keys and their form as web addresses (GS1 General Specifications; GS1 Digital Link URI Syntax 1.3)."""

from urllib.parse import quote

CANONICAL = "https://id.gs1.org"
"""Whoever answers for an identifier, this is how it is written in data."""
LENGTHS = (8, 12, 13, 14)
"""Of a Global Trade Item Number."""


def check_digit(digits: str) -> int:
    """Of the digits before it: weights 3 and 1 in turn from the right, up to the next ten (General Specifications, 7.9.1)."""
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return -total % 10


def is_gtin(text: str) -> bool:
    """Whether it is a trade item number, with the check digit that it must have."""
    return text.isascii() and text.isdigit() and len(text) in LENGTHS and check_digit(text[:-1]) == int(text[-1])


def gtin14(gtin: str) -> str:
    """A trade item number of any length, as data and addresses hold it."""
    return gtin.zfill(14)


def serial_of(piece: str) -> str:
    """The serial number (AI 21, at most 20 signs) of a piece: the end of its identifier, 100 bits of which 70 are random."""
    return piece[-20:]


def piece_path(gtin: str, serial: str) -> str:
    """Where a piece is found under any resolver: ``/01/…/21/…``."""
    return f"/01/{gtin14(gtin)}/21/{quote(serial, safe='')}"


def piece_uri(gtin: str, serial: str) -> str:
    """How a piece is called in data."""
    return CANONICAL + piece_path(gtin, serial)
