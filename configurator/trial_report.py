"""What the test of a family tells: how much was tried, what broke, who was refused and why."""

from typing import Any

from contracts.model import Contract
from contracts.texts import Text


class Fault(Contract):
    """Something that went wrong, first with ``example``: decisions as ``lotone configurator replay`` takes them."""

    line: int
    message: str
    params: dict[str, Any]
    designs: int
    """How many designs it happened to."""
    example: tuple[dict[str, Any], ...]


class Refusal(Contract):
    """Bodies that are offered nothing, by the rules that exclude them together; no rule: a measure is out of its range."""

    rules: tuple[str, ...]
    texts: tuple[Text, ...]
    bodies: int
    first_row: int
    """In the file of bodies, the first body being 1."""


class TrialReport(Contract):
    family: str
    version: str
    sha256: str
    proofs: int
    """Tests in the file."""
    designs: int
    """Tried in all; each was priced, planned, measured, drawn and cut."""
    pairs: int
    """Pairs of choices that were tried together."""
    pairs_possible: int
    pairs_impossible: int
    at_random: int
    bodies: int
    faults: tuple[Fault, ...]
    refusals: tuple[Refusal, ...]
