"""Checks of what every message must be: whoever fails one of them fails everything that is built upon it."""

from collections.abc import Iterator
from datetime import timedelta

from mes_bridge.engine.conformance import examples
from mes_bridge.engine.conformance.check import Check, Example, Fault, always, found, missing, refused, set_aside
from mes_bridge.engine.conformance.record import Act, Record, items

SLOW = timedelta(hours=1)
"""A client's clock may be this much behind; the same as it may be ahead."""


def key(record: Record) -> Iterator[Fault]:
    for act in record.acts:
        if act.problem in {"not-signed-in", "not-permitted"}:
            yield refused(act, examples.lease())


def addresses(record: Record) -> Iterator[Fault]:
    for act in record.of("other"):
        if act.status in {404, 405} and act.outage is None:
            yield refused(act, examples.lease())


def idempotency_key(record: Record) -> Iterator[Fault]:
    for act in record.of("lease", "report"):
        if act.alone and not act.key:
            yield found("no_key", act, examples.lease(act) if act.kind == "lease" else examples.report(record, "started", act.work_order))


def wellformed(record: Record) -> Iterator[Fault]:
    for act in record.acts:
        form = act.problem == "invalid-input" and not act.pointers <= {"/Idempotency-Key", "/value", "/content/value"}
        if form or act.status in {400, 413, 415}:
            yield found("form", act, _like(record, act.kind, act.work_order), fields=", ".join(sorted(act.pointers)) or "-")


def lease(record: Record) -> Iterator[Fault]:
    for act in record.of("lease"):
        if act.problem is not None and act.problem != "idempotency-in-flight":
            yield refused(act, examples.lease())
    if not any(items(act) for act in record.of("lease") if act.outage is None):
        yield missing(examples.lease())


def key_reuse(record: Record) -> Iterator[Fault]:
    for act in record.acts:
        if act.problem == "idempotency-mismatch" and act.key is not None and act.key != act.identifier and act.alone:
            yield refused(act, examples.again(act))


def report_identifiers(record: Record) -> Iterator[Fault]:
    """The first content under an identifier is what it says; another one is refused, or would be."""
    first: dict[tuple[str, str], Act] = {}
    for act in record.of("report", "measurement"):
        if act.identifier is None:
            continue
        known = first.setdefault((act.kind, act.identifier), act)
        if not known.says_the_same(act) and known.taken:
            yield found("other_content", act, examples.again(act, **{act.kind: f"{act.identifier}-2"[-80:]}), identifier=act.identifier)


def known_work_orders(record: Record) -> Iterator[Fault]:
    for act in record.acts:
        if act.reason in {"unknown-work-order", "unknown-revision"}:
            yield set_aside(act, examples.report(record, "started", next((each.work_order for each in record.orders), None)))
        elif act.problem == "not-found" and act.kind in {"acknowledge", "extend", "release"}:
            yield refused(act, examples.acknowledge(record, next((each.work_order for each in record.orders), None)))


def checkpoints(record: Record) -> Iterator[Fault]:
    for act in record.of("measurement"):
        if act.reason == "unknown-checkpoint":
            yield set_aside(act, examples.measurement(record, act.work_order))


def values(record: Record) -> Iterator[Fault]:
    for act in record.of("measurement"):
        if act.problem == "invalid-input" and act.pointers <= {"/value", "/content/value"}:
            yield refused(act, examples.measurement(record, act.work_order))


def units(record: Record) -> Iterator[Fault]:
    """A unit of another kind is refused; then the same value comes in the right one."""
    for act in record.of("measurement"):
        if act.problem != "unit-mismatch":
            continue
        later = (each for each in record.about(str(act.work_order), "measurement") if each.request >= act.request and each.taken)
        if not any(each.content.get("checkpoint") == act.content.get("checkpoint") for each in later):
            yield found("unit", act, examples.measurement(record, act.work_order), unit=str(act.content.get("unit")))


def machines(record: Record) -> Iterator[Fault]:
    for act in record.of("report", "machine-state"):
        if act.reason == "unknown-machine":
            right = examples.machine_state(record) if act.kind == "machine-state" else examples.report(record, "started", act.work_order)
            yield set_aside(act, right)


def clock(record: Record) -> Iterator[Fault]:
    for act in record.of("report", "measurement", "machine-state"):
        right = examples.again(act, at=f"{act.now:%Y-%m-%dT%H:%M:%SZ}")
        if act.reason == "time-ahead":
            yield found("ahead", act, right)
        elif act.at is not None and act.at < act.now - SLOW:
            yield found("behind", act, right)


def _like(record: Record, kind: str, work_order: str | None) -> Example:
    match kind:
        case "measurement":
            return examples.measurement(record, work_order)
        case "machine-state":
            return examples.machine_state(record)
        case "acknowledge" | "extend" | "release":
            return examples.acknowledge(record, work_order)
        case "report":
            return examples.report(record, "started", work_order)
        case "answer":
            return examples.answer(work_order or "work_order_…", 1, "superseded", "accepted")
        case "list":
            return examples.follow(0)
        case _:
            return examples.lease()


def _measures(record: Record) -> bool:
    return any(True for _ in record.of("measurement"))


def _tells(record: Record) -> bool:
    return any(True for _ in record.of("report", "measurement", "machine-state"))


_TABLE = (
    ("key", key, always),
    ("addresses", addresses, always),
    ("idempotency-key", idempotency_key, always),
    ("wellformed", wellformed, always),
    ("lease", lease, always),
    ("key-reuse", key_reuse, always),
    ("clock", clock, _tells),
    ("identifiers", report_identifiers, _tells),
    ("known-work-orders", known_work_orders, _tells),
    ("machines", machines, _tells),
    ("checkpoints", checkpoints, _measures),
    ("values", values, _measures),
    ("units", units, _measures),
)
GROUND = tuple(
    Check(name, "ground", faults, shown, tuple(before for before, _, _ in _TABLE[:number]))
    for number, (name, faults, shown) in enumerate(_TABLE)
)
"""Each needs all before it."""
