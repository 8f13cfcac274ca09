"""What one check is: when a client shows it, what would be wrong, and which message would have been right."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from contracts.texts import Message
from mes_bridge.engine.conformance.record import Act, Record

Chapter = Literal["ground", "round_trip", "once", "lease", "times", "changes", "host"]


@dataclass(frozen=True)
class Example:
    """A message that would have been right, with the names and numbers of the work order that it is about."""

    address: str
    body: Mapping[str, Any] | None = None
    key: str | None = None


@dataclass(frozen=True)
class Fault:
    """``came``: the message that is wrong; None: what was expected did not come."""

    finding: Message
    right: Example
    came: Act | None = None


@dataclass(frozen=True)
class Check:
    """``needs``: checks that, being red, explain this one; all of them stand before it in the table.

    Its sentences are the messages ``conformance.<id>`` and ``conformance.<id>.expected``.
    """

    id: str
    chapter: Chapter
    faults: Callable[[Record], Iterator[Fault]]
    shown: Callable[[Record], bool]
    """Whether the client came into the situation at all; if not, and nothing is wrong, there is nothing to judge."""
    needs: tuple[str, ...] = ()


def always(_: Record) -> bool:
    """A check that every client shows: what does not come is a fault."""
    return True


def missing(right: Example) -> Fault:
    """What was expected did not come."""
    return Fault(Message(id="conformance.found.nothing"), right)


def refused(act: Act, right: Example) -> Fault:
    return Fault(Message(id="conformance.found.refused", params={"status": act.status, "problem": act.problem or "-"}), right, act)


def set_aside(act: Act, right: Example) -> Fault:
    return Fault(Message(id="conformance.found.set_aside", params={"reason": act.reason or "-"}), right, act)


def found(what: str, act: Act | None, right: Example, **params: Any) -> Fault:
    return Fault(Message(id=f"conformance.found.{what}", params=params), right, act)
