"""Checks of the way of one work order: taken, kept, made, measured, and the next one after it."""

from collections.abc import Iterator

from mes_bridge.engine.conformance import examples
from mes_bridge.engine.conformance.check import Check, Fault, always, found, missing, refused
from mes_bridge.engine.conformance.ground import GROUND
from mes_bridge.engine.conformance.record import Act, Record, ScriptedOrder

BASE = tuple(check.id for check in GROUND)
FIRST = "round-trip"
"""The scene of the plain way: two operations, one after the other, nothing goes wrong."""


def _first(record: Record) -> Iterator[ScriptedOrder]:
    """The first operation's work order, once there is one."""
    return (order for order in record.of_scene(FIRST) if order.document.operation.sequence == 10)


def acknowledge(record: Record) -> Iterator[Fault]:
    for order in _first(record):
        if not any(act.taken for act in record.about(order.work_order, "acknowledge")):
            yield missing(examples.acknowledge(record, order.work_order))


def report(record: Record) -> Iterator[Fault]:
    for order in _first(record):
        if record.completed(order.work_order) is None:
            yield missing(examples.report(record, "completed", order.work_order))


def measure(record: Record) -> Iterator[Fault]:
    """Every checkpoint of what was reported complete has a value that was taken."""
    for order in _first(record):
        given = {act.content.get("checkpoint") for act in record.about(order.work_order, "measurement") if act.taken}
        for one in order.document.checkpoints:
            if one.checkpoint not in given:
                yield missing(examples.measurement(record, order.work_order))


def next_operation(record: Record) -> Iterator[Fault]:
    """What comes after is taken once what comes before it is closed."""
    following = [order for order in record.of_scene(FIRST) if order.document.operation.sequence == 20]
    if not following or record.completed(following[0].work_order) is None:
        yield missing(examples.report(record, "completed", following[0].work_order if following else None))


def quantity(record: Record) -> Iterator[Fault]:
    for act in _completions(record):
        if act.content.get("quantity", 1) != 1:
            right = examples.again(act, quantity=1)
            yield found("quantity", act, right, quantity=int(act.content["quantity"]))


def unknown_members(record: Record) -> Iterator[Fault]:
    for order in record.of_scene("unknown-members"):
        if not any(act.taken for act in record.about(order.work_order, "acknowledge", "report")):
            yield missing(examples.acknowledge(record, order.work_order))
    if not any(record.of_scene("unknown-members")):
        yield missing(examples.acknowledge(record))


def follow(record: Record) -> Iterator[Fault]:
    """The list is read on from where it ended."""
    asked = list(record.of("list"))
    if not any(int(act.content.get("since", 0)) > 0 for act in asked if str(act.content.get("since", "0")).isdigit()):
        came = asked[-1] if asked else None
        right = examples.follow(int(came.answer.get("since", 0)) if came is not None else 0)
        yield missing(right) if came is None else found("from_the_start", came, right)


def since(record: Record) -> Iterator[Fault]:
    """Only a number that an answer gave."""
    given = {0}
    for act in record.of("list"):
        asked = str(act.content.get("cursor", act.content.get("since", "0")))
        if act.taken and asked.isdigit() and int(asked) not in given:
            yield found("since", act, examples.follow(max(given)), since=int(asked))
        if isinstance(number := act.answer.get("since"), int):
            given.add(number)


def correction(record: Record) -> Iterator[Fault]:
    """A value is corrected by a new one that names it."""
    told: dict[str, Act] = {}
    for act in record.of("measurement"):
        corrects = act.content.get("corrects")
        if corrects is not None:
            old = told.get(str(corrects))
            if act.reason == "corrects-another" or old is None or old.work_order != act.work_order:
                yield found("corrects", act, examples.measurement(record, act.work_order, corrects="gauge3-0001"), corrects=str(corrects))
        if act.identifier is not None:
            told.setdefault(act.identifier, act)


def files(record: Record) -> Iterator[Fault]:
    for act in record.of("file"):
        order = record.order(act.work_order)
        if act.problem is not None and order is not None:
            yield refused(act, examples.file(order.document))


def _completions(record: Record) -> Iterator[Act]:
    return (act for act in record.of("report") if act.content.get("kind") == "completed" and act.taken)


def _completes(record: Record) -> bool:
    return any(True for _ in _completions(record))


def _corrects(record: Record) -> bool:
    return any(act.content.get("corrects") is not None for act in record.of("measurement"))


def _fetches(record: Record) -> bool:
    return any(True for _ in record.of("file"))


def _tells_states(record: Record) -> bool:
    return any(act.taken for act in record.of("machine-state"))


def nothing_wrong(_: Record) -> Iterator[Fault]:
    """What only has to be seen: everything that could be wrong with it is found on the ground."""
    return iter(())


ROUND_TRIP = (
    Check("acknowledge", "round_trip", acknowledge, always, BASE),
    Check("report", "round_trip", report, always, BASE),
    Check("measure", "round_trip", measure, always, (*BASE, "report")),
    Check("next-operation", "round_trip", next_operation, always, (*BASE, "report", "measure")),
    Check("quantity", "round_trip", quantity, _completes, BASE),
    Check("unknown-members", "round_trip", unknown_members, always, BASE),
    Check("follow", "round_trip", follow, always, BASE),
    Check("since", "round_trip", since, always, BASE),
    Check("correction", "round_trip", correction, _corrects, BASE),
    Check("files", "round_trip", files, _fetches, BASE),
    Check("machine-states", "round_trip", nothing_wrong, _tells_states, BASE),
)
