"""Checks of what is told once: lost answers, a plant that is away, leases that ran out, refusals, times of their own."""

from collections.abc import Iterator

from mes_bridge.engine.conformance import examples
from mes_bridge.engine.conformance.check import Check, Fault, always, found, missing
from mes_bridge.engine.conformance.record import Act, Provocation, Record, items
from mes_bridge.engine.conformance.round_trip import BASE

_RIGHTLY_REPEATED = frozenset({"idempotency-in-flight", "too-many-requests"})


def lease_again(record: Record) -> Iterator[Fault]:
    """A lease whose answer was lost comes again under the same key."""
    lost = next((act for act in record.of("lease") if act.outage == "lost"), None)
    if lost is None:
        yield missing(examples.lease())
        return
    after = next((act for act in record.of("lease") if act.request > lost.request), None)
    if after is None:
        yield missing(examples.lease(lost))
    elif after.key != lost.key or after.content != lost.content:
        yield found("other_key", after, examples.lease(lost))


def restart(record: Record) -> Iterator[Fault]:
    """What was said while the plant was away is said again when it is back."""
    unsaid = [act for act in record.of("report") if act.outage == "away" and _in_scene(record, act, "restart")]
    if not unsaid:
        yield missing(examples.report(record, "started"))
    for act in unsaid:
        after = [each for each in record.reports(str(act.work_order), str(act.content.get("kind"))) if each.request > act.request]
        if not any(each.taken for each in after):
            yield missing(examples.again(act))


def report_again(record: Record) -> Iterator[Fault]:
    """A report whose answer was lost comes again as it was."""
    lost = [act for act in record.of("report") if act.outage == "lost"]
    if not lost:
        yield missing(examples.report(record, "completed"))
    for act in lost:
        after = [each for each in record.about(str(act.work_order), "report") if each.request > act.request]
        same_kind = [each for each in after if each.content.get("kind") == act.content.get("kind")]
        if not any(each.says_the_same(act) for each in same_kind):
            came = same_kind[0] if same_kind else None
            yield missing(examples.again(act)) if came is None else found("not_the_same", came, examples.again(act))


def completed_once(record: Record) -> Iterator[Fault]:
    """One completion for a work order, under one identifier."""
    first: dict[str, Act] = {}
    for act in record.of("report"):
        if act.content.get("kind") == "completed" and act.taken and act.work_order is not None:
            known = first.setdefault(act.work_order, act)
            if known.identifier != act.identifier:
                yield found("completed_twice", act, examples.again(known))


def lease_expiry(record: Record) -> Iterator[Fault]:
    """A work order whose lease ran out is leased anew, and told under the new fence."""
    ran_out = record.provoked("expired")
    if ran_out is None:
        yield missing(examples.lease())
        return
    newer = [item for act, item in record.leased(ran_out.work_order) if act.request > ran_out.request]
    if not newer:
        yield missing(examples.lease())
    elif record.completed(ran_out.work_order) is None:
        yield missing(examples.report(record, "completed", ran_out.work_order))


def stale_fence(record: Record) -> Iterator[Fault]:
    """A work order that went to somebody else is left alone, until it is leased anew."""
    gone = [each for each in (record.provoked("expired"), record.provoked("taken")) if each is not None]
    if not gone:
        yield missing(examples.lease())
    for provoked in gone:
        yield from _stubborn(record, provoked)


def refusals(record: Record) -> Iterator[Fault]:
    """What was refused is not said again unchanged."""
    refused: dict[tuple[str, str | None, str], Act] = {}
    for act in record.acts:
        if act.kind in {"lease", "list", "file", "other"} or act.outage is not None:
            continue
        name = (act.kind, act.work_order, repr(sorted(act.content.items(), key=str)))
        before = refused.get(name)
        if before is not None and act.knew(before):
            yield found("again", act, examples.follow(0), problem=before.problem or "-")
        elif act.problem is not None and act.problem not in _RIGHTLY_REPEATED:
            refused[name] = act


def order_of_times(record: Record) -> Iterator[Fault]:
    """By their own times work begins before it is complete, in whatever order it is told."""
    for order in record.orders:
        done = record.completed(order.work_order)
        for act in record.about(order.work_order, "report"):
            earlier = act.content.get("kind") in {"started", "progress", "paused"}
            if earlier and act.taken and done is not None and act.at is not None and done.at is not None and act.at > done.at:
                yield found("after_the_end", act, examples.again(act, at=done.content["at"]), kind=str(act.content["kind"]))


def state_changes(record: Record) -> Iterator[Fault]:
    """Nothing is reported that the state of the work order does not allow, unless the plant changed it meanwhile."""
    changed = {each.work_order: each.request for each in record.provocations}
    held = record.provoked("rework")
    for act in record.of("report", "measurement", "release", "acknowledge"):
        if act.problem == "transition-refused" and act.work_order is not None:
            order = record.order(act.work_order)
            ours = changed.get(act.work_order, act.request + 1) <= act.request
            on_a_held_piece = held is not None and order is not None and order.scene == held.scene and held.request <= act.request
            if not ours and not on_a_held_piece:
                yield found("refused", act, examples.follow(0), status=act.status, problem="transition-refused")


def _stubborn(record: Record, provoked: Provocation) -> Iterator[Fault]:
    """Messages under an old fence in a later request than the one that was told so."""
    told: Act | None = None
    for act in record.about(provoked.work_order, "acknowledge", "extend", "release", "report"):
        if act.request <= provoked.request or act.content.get("fence") != provoked.fence:
            continue
        if told is not None and act.knew(told):
            yield found("old_fence", act, examples.lease(), fence=provoked.fence)
        elif told is None and act.problem is not None:
            told = act


def _in_scene(record: Record, act: Act, scene: str) -> bool:
    order = record.order(act.work_order)
    return order is not None and order.scene == scene


def _leases(record: Record) -> bool:
    return any(items(act) for act in record.of("lease"))


ONCE = (
    Check("lease-again", "once", lease_again, always, BASE),
    Check("restart", "once", restart, always, (*BASE, "report")),
    Check("report-again", "once", report_again, always, (*BASE, "report", "restart")),
    Check("completed-once", "once", completed_once, always, (*BASE, "report", "report-again")),
    Check("stale-fence", "lease", stale_fence, always, BASE),
    Check("lease-expiry", "lease", lease_expiry, always, (*BASE, "report", "stale-fence")),
    Check("refusals", "lease", refusals, always, (*BASE, "stale-fence")),
    Check("order-of-times", "times", order_of_times, always, (*BASE, "report")),
    Check("state-changes", "times", state_changes, always, BASE),
)
