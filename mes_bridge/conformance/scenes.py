"""What happens to each scripted work order: when the plant steps in, and what it then does."""

from dataclasses import dataclass
from typing import Literal

from mes_bridge.engine.conformance.record import Kind, Outage

Deed = Literal["run_out", "take", "revise", "cancel", "fail"]
"""The lease runs out and somebody else has it meanwhile; a person takes it over; its revision is raised; it is withdrawn; its
piece is found wrong."""


@dataclass(frozen=True)
class Moment:
    """When a message of this kind about the scene's work order comes; of a report only of these kinds."""

    kind: Kind
    reports: frozenset[str] = frozenset()
    sequence: int = 10


@dataclass(frozen=True)
class Interruption:
    """The first ``times`` requests with such a message are not answered."""

    moment: Moment
    outage: Outage
    times: int = 1


@dataclass(frozen=True)
class Scene:
    """One piece. ``does`` once the message of ``at`` was answered; with an interruption ``away``, while the plant is away."""

    name: str
    operations: int = 1
    interruption: Interruption | None = None
    at: Moment | None = None
    does: Deed | None = None
    more_members: bool = False
    """What is leased carries members that the contract does not know yet."""


_LEASED = Moment("lease")
_BEGUN = Moment("report", frozenset({"started", "progress", "completed"}))
_DONE = Moment("report", frozenset({"completed"}))

SCENES = (
    Scene("round-trip", operations=2),
    Scene("unknown-members", more_members=True),
    Scene("lease-lost", interruption=Interruption(_LEASED, "lost")),
    Scene("restart", interruption=Interruption(_BEGUN, "away", times=2)),
    Scene("report-lost", interruption=Interruption(_DONE, "lost")),
    Scene("expired", at=_LEASED, does="run_out"),
    Scene("taken", at=_LEASED, does="take"),
    Scene("superseded", at=_LEASED, does="revise"),
    Scene("begun", interruption=Interruption(_BEGUN, "away"), at=_BEGUN, does="revise"),
    Scene("cancelled", at=_LEASED, does="cancel"),
    Scene("cancelled-begun", at=_BEGUN, does="cancel"),
    Scene("rework", operations=2, at=Moment("lease", sequence=20), does="fail"),
)
"""One after the other, in this order: what a client does wrong in one shows in one."""
