"""What a host of the interface must answer: dialogues that ask and say what is wrong with the answers."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.texts import Message
from mes_bridge.engine.conformance.check import Example, Fault
from mes_bridge.engine.conformance.record import Act, items

MES = "/api/v1/mes"
WORK_ORDERS = f"{MES}/work-orders"
AHEAD = "2999-01-01T00:00:00Z"
"""A moment that cannot have been yet, however fast the host's clock runs."""
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True)
class Ask:
    """A request of ours; ``signed``: with the key."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    key: str | None = None
    signed: bool = True


@dataclass(frozen=True)
class Answered:
    """``act``: the request as it is told, with the answer's JSON; ``sha256`` of the answer's bytes."""

    act: Act
    media_type: str
    sha256: str


@dataclass(frozen=True)
class Untried:
    """What a dialogue comes to that has nothing to try with; ``why`` says what to do about it."""

    why: Message


Dialogue = Generator[Ask, Answered, list[Fault] | Untried]


@dataclass
class Known:
    """What the dialogues before this one found out. ``name``: ours, in every identifier; ``now``: when it began."""

    name: str
    now: datetime
    machine_group: str | None = None
    since: int = 0
    item: dict[str, Any] = field(default_factory=dict)
    """The work order that was leased."""
    count: int = 0

    def identifier(self) -> str:
        """A new one."""
        self.count += 1
        return f"{self.name}-{self.count}"

    def reference(self, **changes: Any) -> dict[str, Any]:
        return {"revision": self.item["revision"], "fence": self.item["fence"], **changes}

    def verb(self, verb: str, **changes: Any) -> Ask:
        return Ask("POST", f"{WORK_ORDERS}/{self.item['work_order']}/{verb}", self.reference(**changes))

    def report(self, kind: str, work_order: str | None = None, **changes: Any) -> Ask:
        name = self.identifier()
        body = {"report": name, **self.reference(), "kind": kind, "at": moment(self.now), **changes}
        return Ask("POST", f"{WORK_ORDERS}/{work_order or self.item['work_order']}/reports", body, name)

    def value(self, checkpoint: Mapping[str, Any], **changes: Any) -> Ask:
        given = {"checkpoint": checkpoint["checkpoint"], "value": checkpoint["nominal"], "unit": checkpoint["unit"]}
        whose = {"measurement": self.identifier(), "work_order": self.item["work_order"], "gauge": checkpoint["gauge"]}
        return Ask("POST", f"{MES}/measurements", {**whose, **given, "at": moment(self.now), "source": "gauge", **changes})


@dataclass(frozen=True)
class HostCheck:
    """``effects``: it makes the leased work order, and is left out where nothing may be made."""

    id: str
    needs: tuple[str, ...]
    dialogue: Callable[[Known], Dialogue]
    effects: bool = False


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def lacks(
    answered: Answered, status: int, problem: str | None = None, pointer: str | None = None, members: Mapping[str, Any] | None = None
) -> list[Fault]:
    """What is wrong with an answer. ``members``: the values that it must have; ``pointer``: the field that it must name."""
    act, wanted = answered.act, dict(members or {})
    right = _right(status, problem, pointer, wanted)
    if act.status != status or (problem is not None and act.problem != problem):
        return [_fault("answered", act, right, status=act.status, problem=act.problem or "-", wanted=status)]
    if problem is not None and answered.media_type != PROBLEM_JSON:
        return [_fault("media_type", act, right, media_type=answered.media_type or "-")]
    if pointer is not None and pointer not in act.pointers:
        return [_fault("pointer", act, right, pointer=pointer)]
    return [_fault("member", act, right, member=name) for name, value in wanted.items() if act.answer.get(name) != value]


def wrong(what: str, answered: Answered, right: Mapping[str, Any], **params: Any) -> list[Fault]:
    return [_fault(what, answered.act, Example("200 application/json", right), **params)]


def leased(answered: Answered) -> dict[str, Any]:
    """The first work order of an answer; empty when there is none."""
    return dict(next(iter(items(answered.act)), {}))


def earlier(known: Known) -> str:
    """Before everything that we tell of."""
    return moment(known.now - timedelta(minutes=30))


def _right(status: int, problem: str | None, pointer: str | None, members: Mapping[str, Any]) -> Example:
    if problem is None:
        return Example(f"{status} application/json", dict(members))
    errors = [] if pointer is None else [{"pointer": pointer, "detail": "…"}]
    return Example(
        f"{status} {PROBLEM_JSON}", {"type": f"/problems/{problem}", "title": "…", "status": status, "detail": "…", "errors": errors}
    )


def _fault(what: str, act: Act, right: Example, **params: Any) -> Fault:
    return Fault(Message(id=f"conformance.found.{what}", params=params), right, act)
