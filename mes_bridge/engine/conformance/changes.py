"""Checks of what changes while a client holds it: superseded, cancelled, failed and made again."""

from collections.abc import Iterator

from mes_bridge.engine.conformance import examples
from mes_bridge.engine.conformance.check import Check, Fault, always, found, missing
from mes_bridge.engine.conformance.record import Act, Provocation, Record
from mes_bridge.engine.conformance.round_trip import BASE


def superseded_answer(record: Record) -> Iterator[Fault]:
    yield from _unanswered(record, "superseded", "superseded")


def superseded_revision(record: Record) -> Iterator[Fault]:
    """Made under the new revision, unless the answer was that it is too late."""
    changed = record.provoked("superseded")
    if changed is None:
        yield missing(examples.lease())
        return
    said = _answered(record, changed, "superseded")
    too_late = said is not None and said.content.get("answer") == "too_late"
    if record.completed(changed.work_order, changed.revision + 1) is None and not too_late:
        yield missing(examples.report(record, "completed", changed.work_order, revision=changed.revision + 1))


def previous_revision(record: Record) -> Iterator[Fault]:
    """What was begun under the old paper is told under it."""
    changed = record.provoked("begun")
    if changed is None:
        yield missing(examples.report(record, "started"))
        return
    unsaid = [act for act in record.about(changed.work_order, "report") if act.outage == "away"]
    for act in unsaid:
        after = [each for each in record.reports(changed.work_order, str(act.content.get("kind"))) if each.request > act.request]
        if not any(each.taken and each.content.get("revision") == act.content.get("revision") for each in after):
            came = after[0] if after else None
            yield missing(examples.again(act)) if came is None else found("not_the_same", came, examples.again(act))


def too_late_answer(record: Record) -> Iterator[Fault]:
    """Work that had begun is too late to revise, and says how far it is."""
    changed = record.provoked("begun")
    if changed is None:
        yield missing(examples.report(record, "started"))
        return
    right = examples.answer(changed.work_order, changed.revision, "superseded", "too_late", 40)
    said = _answered(record, changed, "superseded")
    if said is None:
        yield missing(right)
    elif said.content.get("answer") != "too_late":
        yield found("not_too_late", said, right)
    elif said.content.get("progress") is None:
        yield found("no_progress", said, right)


def cancelled_answer(record: Record) -> Iterator[Fault]:
    yield from _unanswered(record, "cancelled", "cancelled")


def cancelled_begun(record: Record) -> Iterator[Fault]:
    """An answer also when work had begun; too late says how far it is."""
    yield from _unanswered(record, "cancelled-begun", "cancelled")
    changed = record.provoked("cancelled-begun")
    said = None if changed is None else _answered(record, changed, "cancelled")
    if changed is not None and said is not None and said.content.get("answer") == "too_late" and said.content.get("progress") is None:
        yield found("no_progress", said, examples.answer(changed.work_order, changed.revision, "cancelled", "too_late", 40))


def quiet_afterwards(record: Record) -> Iterator[Fault]:
    """Whoever could still stop reports nothing more under what was taken back."""
    for changed in record.provocations:
        to = "superseded" if changed.scene == "superseded" else "cancelled"
        said = _answered(record, changed, to)
        if said is None or said.content.get("answer") != "accepted":
            continue
        for act in record.about(changed.work_order, "report"):
            if act.request > said.request and act.content.get("revision") == changed.revision:
                yield found("after_the_answer", act, examples.follow(0), to=to)


def rework(record: Record) -> Iterator[Fault]:
    """What failed is made again as the new work order that it is, and what follows it after that."""
    failed = record.provoked("rework")
    if failed is None:
        yield missing(examples.lease())
        return
    again = [order for order in record.of_scene("rework") if order.document.attempt > 1 or order.document.operation.sequence == 20]
    for order in again:
        if record.completed(order.work_order) is None:
            yield missing(examples.report(record, "completed", order.work_order))


def _answered(record: Record, changed: Provocation, to: str) -> Act | None:
    """The answer to a revision that ended, if it was taken."""
    return next(
        (
            act
            for act in record.about(changed.work_order, "answer")
            if act.taken and act.content.get("to") == to and act.content.get("revision") == changed.revision
        ),
        None,
    )


def _unanswered(record: Record, scene: str, to: str) -> Iterator[Fault]:
    changed = record.provoked(scene)
    if changed is None:
        yield missing(examples.lease())
    elif _answered(record, changed, to) is None:
        right = examples.answer(changed.work_order, changed.revision, to, "accepted")
        wrong = next((act for act in record.about(changed.work_order, "answer") if act.problem is not None), None)
        yield missing(right) if wrong is None else found("refused", wrong, right, status=wrong.status, problem=wrong.problem or "-")


CHANGES = (
    Check("superseded-answer", "changes", superseded_answer, always, (*BASE, "follow")),
    Check("superseded-revision", "changes", superseded_revision, always, (*BASE, "report", "superseded-answer")),
    Check("previous-revision", "changes", previous_revision, always, (*BASE, "report", "restart")),
    Check("too-late-answer", "changes", too_late_answer, always, (*BASE, "follow", "previous-revision", "superseded-answer")),
    Check("cancelled-answer", "changes", cancelled_answer, always, (*BASE, "follow")),
    Check("cancelled-begun", "changes", cancelled_begun, always, (*BASE, "follow", "cancelled-answer")),
    Check("quiet-afterwards", "changes", quiet_afterwards, always, (*BASE, "cancelled-answer", "superseded-answer")),
    Check("rework", "changes", rework, always, (*BASE, "report", "measure", "next-operation")),
)
