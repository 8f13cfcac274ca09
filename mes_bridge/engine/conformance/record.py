"""What a client did, what it was answered, and what the plant did to it meanwhile."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from contracts.work_order import WorkOrderDocument

Kind = Literal[
    "lease",
    "acknowledge",
    "extend",
    "release",
    "answer",
    "report",
    "measurement",
    "machine-state",
    "list",
    "file",
    "other",
]
Outage = Literal["away", "lost"]
"""``away``: the request had no effect; ``lost``: it had its effect, and the client got no answer."""

IN_FLIGHT = timedelta(seconds=2)
"""So long after a message its answer is on its way over a broker."""


@dataclass(frozen=True)
class Act:
    """One message of the client with its answer; those of one request carry the same ``request``."""

    request: int
    kind: Kind
    address: str
    """Method and path, or the topic."""
    content: Mapping[str, Any]
    now: datetime
    """Business time when it came."""
    work_order: str | None = None
    key: str | None = None
    """Its idempotency key."""
    alone: bool = True
    """A request of its own, not one message of a bundle or over a broker."""
    pushed: bool = False
    """It came over a broker: whoever sent it may have sent more before the answer was there."""
    status: int = 0
    answer: Mapping[str, Any] = field(default_factory=dict)
    outage: Outage | None = None

    @property
    def problem(self) -> str | None:
        """The last part of the problem's type; None when it was taken or set aside."""
        return str(self.answer.get("type", "")).rsplit("/", 1)[-1] if self.status >= 400 and self.outage is None else None

    @property
    def reason(self) -> str | None:
        """Why it was set aside; None when it was not."""
        return str(self.answer.get("reason")) if self.answer.get("result") == "quarantined" else None

    @property
    def taken(self) -> bool:
        """It had its effect, whether or not the client was told."""
        return self.outage != "away" and 0 < self.status < 300 and self.reason is None

    @property
    def pointers(self) -> frozenset[str]:
        """The fields that the answer finds fault with."""
        errors = self.answer.get("errors")
        return (
            frozenset(str(each.get("pointer")) for each in errors if isinstance(each, Mapping)) if isinstance(errors, list) else frozenset()
        )

    @property
    def identifier(self) -> str | None:
        """The sender's own name of a report or value."""
        name = {"report": "report", "measurement": "measurement"}.get(self.kind)
        return None if name is None or self.content.get(name) is None else str(self.content[name])

    @property
    def at(self) -> datetime | None:
        """When it happened, as the client says."""
        try:
            moment = datetime.fromisoformat(str(self.content.get("at")))
        except ValueError:
            return None
        return moment if moment.tzinfo is not None else None

    def knew(self, told: "Act") -> bool:
        """Whether the client had the answer to ``told`` when it said this."""
        return self.request > told.request and (not self.pushed or self.now - told.now > IN_FLIGHT)

    def says_the_same(self, other: "Act") -> bool:
        return (self.kind, self.work_order, self.content) == (other.kind, other.work_order, other.content)


@dataclass(frozen=True)
class ScriptedOrder:
    """A work order of the script, as it is now."""

    scene: str
    document: WorkOrderDocument
    fence: int

    @property
    def work_order(self) -> str:
        return self.document.work_order


@dataclass(frozen=True)
class Provocation:
    """What the plant did, after which request, to which work order under which revision."""

    scene: str
    request: int
    work_order: str
    revision: int
    fence: int


@dataclass(frozen=True)
class Record:
    """A whole play, or one so far."""

    acts: tuple[Act, ...] = ()
    orders: tuple[ScriptedOrder, ...] = ()
    provocations: tuple[Provocation, ...] = ()

    def of(self, *kinds: Kind) -> Iterator[Act]:
        return (act for act in self.acts if act.kind in kinds)

    def about(self, work_order: str, *kinds: Kind) -> Iterator[Act]:
        return (act for act in self.of(*kinds) if act.work_order == work_order)

    def order(self, work_order: str | None) -> ScriptedOrder | None:
        return next((order for order in self.orders if order.work_order == work_order), None)

    def of_scene(self, scene: str) -> Iterator[ScriptedOrder]:
        return (order for order in self.orders if order.scene == scene)

    def provoked(self, scene: str) -> Provocation | None:
        return next((each for each in self.provocations if each.scene == scene), None)

    def reports(self, work_order: str, kind: str) -> Iterator[Act]:
        return (act for act in self.about(work_order, "report") if act.content.get("kind") == kind)

    def completed(self, work_order: str, revision: int | None = None) -> Act | None:
        """The first completion that was taken, under a revision if one is named."""
        return next(
            (act for act in self.reports(work_order, "completed") if act.taken and revision in {None, act.content.get("revision")}), None
        )

    def leased(self, work_order: str) -> Iterator[tuple[Act, Mapping[str, Any]]]:
        """Each time the client was given the work order, with the item that it got."""
        for act in self.of("lease"):
            for item in items(act):
                if item.get("work_order") == work_order and act.outage is None:
                    yield act, item


def items(act: Act) -> list[Mapping[str, Any]]:
    """What a lease or a list was answered."""
    found = act.answer.get("items")
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
