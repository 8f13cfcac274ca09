"""The table of what a host must answer, each as a dialogue."""

from typing import Any

from pydantic import ValidationError

from contracts.texts import Message
from contracts.work_order import LeasedWorkOrder, ListedWorkOrder, WorkOrderDocument
from mes_bridge.engine.conformance.check import Fault
from mes_bridge.engine.conformance.host import (
    AHEAD,
    MES,
    WORK_ORDERS,
    Answered,
    Ask,
    Dialogue,
    HostCheck,
    Known,
    Untried,
    earlier,
    lacks,
    leased,
    moment,
    wrong,
)
from mes_bridge.engine.conformance.record import items
from mes_bridge.engine.work_order_document import content_hash

_LEASE = f"{WORK_ORDERS}/lease"
_EMPTY = {"items": [], "since": 0, "cursor": None}


def key(_: Known) -> Dialogue:
    return lacks((yield Ask("GET", WORK_ORDERS, signed=False)), 401, "not-signed-in")


def listed(known: Known) -> Dialogue:
    answered = yield Ask("GET", f"{WORK_ORDERS}?limit=5")
    known.since = int(answered.act.answer["since"]) if isinstance(answered.act.answer.get("since"), int) else 0
    return lacks(answered, 200) or _unread(answered, ListedWorkOrder) or _without(answered, _EMPTY)


def since(known: Known) -> Dialogue:
    """Nothing is listed twice, and the number never goes back."""
    while True:
        before, answered = known.since, (yield Ask("GET", f"{WORK_ORDERS}?limit=200&since={known.since}"))
        if faults := lacks(answered, 200) or _without(answered, _EMPTY):
            return faults
        known.since = int(answered.act.answer["since"])
        changes = [item.get("change", 0) for item in items(answered.act)]
        if known.since < before or changes != sorted(changes) or any(change <= before for change in changes):
            return wrong("order", answered, {"items": [], "since": before, "cursor": None})
        if not changes:
            return []


def query(_: Known) -> Dialogue:
    return lacks((yield Ask("GET", f"{WORK_ORDERS}?limit=0")), 422, "invalid-input", "/limit")


def key_missing(known: Known) -> Dialogue:
    return lacks((yield Ask("POST", _LEASE, _wanted(known))), 422, "invalid-input", "/Idempotency-Key")


def form(known: Known) -> Dialogue:
    return lacks((yield Ask("POST", _LEASE, {"count": 0}, known.identifier())), 422, "invalid-input", "/count")


def unknown_group(known: Known) -> Dialogue:
    """A group that is not there, or one that the key may not see."""
    answered = yield Ask("POST", _LEASE, {"machine_group": f"NONE-{known.name}"[:80], "count": 1}, known.identifier())
    return [] if not lacks(answered, 403, "not-permitted") else lacks(answered, 404, "not-found")


def lease(known: Known) -> Dialogue:
    """One work order; the same request again gives the same answer, another under the same key is refused."""
    name = known.identifier()
    answered = yield Ask("POST", _LEASE, _wanted(known), name)
    known.item = leased(answered)
    if faults := lacks(answered, 200) or _unread(answered, LeasedWorkOrder):
        known.item = {}
        return faults
    if not known.item:
        return Untried(Message(id="conformance.untried.nothing_to_lease"))
    again = yield Ask("POST", _LEASE, _wanted(known), name)
    if faults := lacks(again, 200, members={"items": answered.act.answer["items"]}):
        return faults
    return lacks((yield Ask("POST", _LEASE, {**_wanted(known), "count": 2}, name)), 422, "idempotency-mismatch")


def content(known: Known) -> Dialogue:
    """The hash is that of the content, in the lease and in the list; the list tells the holder fence and end of the lease."""
    faults: list[Fault] = []
    at, found = 0, None
    while found is None:
        answered = yield Ask("GET", f"{WORK_ORDERS}?state=leased&limit=200&since={at}")
        found = next((item for item in items(answered.act) if item.get("work_order") == known.item["work_order"]), None)
        if found is None and not items(answered.act):
            return wrong("not_listed", answered, {"items": [{"work_order": known.item["work_order"], "state": "leased"}]})
        at = int(answered.act.answer.get("since", at))
    for item in (known.item, found):
        read = WorkOrderDocument.model_validate({name: item[name] for name in WorkOrderDocument.model_fields if name in item})
        if item.get("content_sha256") != content_hash(read):
            faults += wrong("hash", answered, {"content_sha256": content_hash(read)})
    if (found.get("fence"), found.get("lease_until")) != (known.item["fence"], known.item["lease_until"]):
        faults += wrong("not_listed", answered, {name: known.item[name] for name in ("work_order", "fence", "lease_until")})
    return faults


def files(known: Known) -> Dialogue:
    """Each file as it was frozen."""
    for file in known.item["files"]:
        answered = yield Ask("GET", file["href"])
        if answered.act.status != 200:
            return lacks(answered, 200)
        if answered.sha256 != file["sha256"]:
            return wrong("hash", answered, {"sha256": file["sha256"]})
    return lacks((yield Ask("GET", f"{WORK_ORDERS}/{known.item['work_order']}/files/none-{known.name}")), 404, "not-found")


def stale_fence(known: Known) -> Dialogue:
    for verb in ("acknowledge", "extend", "release"):
        answered = yield known.verb(verb, fence=known.item["fence"] + 1)
        if faults := lacks(answered, 409, "stale-fence"):
            return faults
    return lacks((yield known.report("started", fence=known.item["fence"] + 1)), 409, "stale-fence")


def stale_revision(known: Known) -> Dialogue:
    return lacks((yield known.verb("acknowledge", revision=known.item["revision"] + 1)), 412, "stale-revision")


def acknowledge(known: Known) -> Dialogue:
    """Said twice it is said once."""
    for _ in range(2):
        members = {"work_order": known.item["work_order"], "state": "acknowledged", "fence": known.item["fence"]}
        if faults := lacks((yield known.verb("acknowledge")), 200, members=members):
            return faults
    return []


def extend(known: Known) -> Dialogue:
    answered = yield known.verb("extend", seconds=3600)
    until = str(answered.act.answer.get("lease_until", ""))
    if faults := lacks(answered, 200):
        return faults
    return [] if until > str(known.item["lease_until"]) else wrong("member", answered, {"lease_until": "…"}, member="lease_until")


def unknown_work_order(known: Known) -> Dialogue:
    """Set aside with the reason; the same again has the same answer."""
    ask = known.report("started", work_order=f"work_order_{known.name}")
    for _ in range(2):
        members = {"id": (ask.body or {})["report"], "result": "quarantined", "reason": "unknown-work-order"}
        if faults := lacks((yield ask), 202, members=members):
            return faults
    return lacks((yield Ask("POST", f"{WORK_ORDERS}/work_order_{known.name}/acknowledge", known.reference())), 404, "not-found")


def unknown_revision(known: Known) -> Dialogue:
    answered = yield known.report("started", revision=known.item["revision"] + 700)
    return lacks(answered, 202, members={"result": "quarantined", "reason": "unknown-revision"})


def time_ahead(known: Known) -> Dialogue:
    answered = yield known.report("started", at=AHEAD)
    return lacks(answered, 202, members={"result": "quarantined", "reason": "time-ahead"})


def time_without_zone(known: Known) -> Dialogue:
    return lacks((yield known.report("started", at="2026-11-24T08:00:00")), 422, "invalid-input", "/at")


def unknown_checkpoint(known: Known) -> Dialogue:
    none = {"checkpoint": f"none-{known.name}"[:80], "nominal": 1, "unit": "mm", "gauge": None}
    return lacks((yield known.value(none)), 202, members={"result": "quarantined", "reason": "unknown-checkpoint"})


def units(known: Known) -> Dialogue:
    for checkpoint in known.item["checkpoints"]:
        other = "mm" if checkpoint["unit"] in {"deg", "mdeg", "mNm", "Nm", "N"} else "deg"
        if faults := lacks((yield known.value(checkpoint, unit=other)), 422, "unit-mismatch", "/unit"):
            return faults
    return []


def impossible(known: Known) -> Dialogue:
    for checkpoint in known.item["checkpoints"]:
        least = checkpoint.get("physical_minimum")
        if least is not None and (faults := lacks((yield known.value(checkpoint, value=least - 1)), 422, "invalid-input", "/value")):
            return faults
    return []


def unknown_machine(known: Known) -> Dialogue:
    body = {"machine": f"NONE-{known.name}"[:80], "state": "running", "at": moment(known.now)}
    return lacks((yield Ask("POST", f"{MES}/machine-states", body)), 202, members={"result": "quarantined", "reason": "unknown-machine"})


def bundle(known: Known) -> Dialogue:
    """Each message has its own answer, and a refused one stops none."""
    good, bad = known.reference(), known.reference(fence=known.item["fence"] + 1)
    messages = [{"type": "acknowledgement", "work_order": known.item["work_order"], "content": each} for each in (bad, good)]
    answered = yield Ask("POST", f"{MES}/bundle", {"messages": messages})
    answers = answered.act.answer.get("answers")
    found = [each.get("status") for each in answers if isinstance(each, dict)] if isinstance(answers, list) else []
    if faults := lacks(answered, 200):
        return faults
    right = {
        "answers": [{"status": 409, "content": {"type": "/problems/stale-fence"}}, {"status": 200, "content": {"state": "acknowledged"}}]
    }
    return [] if found == [409, 200] else wrong("member", answered, right, member="answers")


def release(known: Known) -> Dialogue:
    """Given back, it is not ours any more."""
    if faults := lacks((yield known.verb("release")), 200, members={"state": "released"}):
        return faults
    return lacks((yield known.verb("acknowledge")), 409, "stale-fence")


def make(known: Known) -> Dialogue:
    """Leased anew under a higher fence, begun once however often it is told, completed."""
    answered = yield Ask("POST", _LEASE, _wanted(known), known.identifier())
    before, known.item = known.item, leased(answered)
    if not known.item:
        return lacks(answered, 200) or wrong("nothing_to_lease", answered, {"items": ["…"]})
    if known.item["work_order"] == before["work_order"] and known.item["fence"] <= before["fence"]:
        return wrong("member", answered, {"fence": before["fence"] + 1}, member="fence")
    start = known.report("started")
    first = yield start
    if faults := lacks(first, 200, members={"result": "accepted", "state": "in_progress"}):
        return faults
    if faults := lacks((yield start), 200, members=first.act.answer):
        return faults
    other = Ask("POST", start.path, {**(start.body or {}), "kind": "paused"}, known.identifier())
    return lacks((yield other), 422, "idempotency-mismatch")


def finish(known: Known) -> Dialogue:
    """Complete with open checkpoints it is completed; with the last value in tolerance it is closed. Late reports change nothing."""
    checkpoints = known.item["checkpoints"]
    state = "completed" if checkpoints else "closed"
    if faults := lacks((yield known.report("completed")), 200, members={"result": "accepted", "state": state}):
        return faults
    for number, checkpoint in enumerate(checkpoints, 1):
        state = "closed" if number == len(checkpoints) else "completed"
        answered = yield known.value(checkpoint)
        if faults := lacks(answered, 200, members={"result": "accepted", "verdict": "in_tolerance", "state": state}):
            return faults
    late = {"result": "accepted", "reason": "late", "state": "closed"}
    return lacks((yield known.report("progress", at=earlier(known))), 200, members=late)


def _wanted(known: Known) -> dict[str, Any]:
    wanted: dict[str, Any] = {"count": 1, "seconds": 300}
    return wanted if known.machine_group is None else {"machine_group": known.machine_group, **wanted}


def _unread(answered: Answered, contract: type[LeasedWorkOrder] | type[ListedWorkOrder]) -> list[Fault]:
    """Items that are not of the contract; members that it does not know are no fault."""
    for item in items(answered.act):
        try:
            contract.model_validate({name: item[name] for name in contract.model_fields if name in item})
        except ValidationError as fault:
            fields = ", ".join("/" + "/".join(map(str, each["loc"])) for each in fault.errors())
            return wrong("unread", answered, dict.fromkeys(contract.model_fields, "…"), fields=fields)
    return []


def _without(answered: Answered, members: dict[str, Any]) -> list[Fault]:
    missing = [name for name in members if name not in answered.act.answer]
    return wrong("member", answered, members, member=", ".join(missing)) if missing else []


_ENTRY = ("host-key", "host-list")
_HELD = (*_ENTRY, "host-lease")
HOST_CHECKS = (
    HostCheck("host-key", (), key),
    HostCheck("host-list", (), listed),
    HostCheck("host-since", _ENTRY, since),
    HostCheck("host-query", _ENTRY, query),
    HostCheck("host-key-missing", _ENTRY, key_missing),
    HostCheck("host-form", _ENTRY, form),
    HostCheck("host-unknown-group", _ENTRY, unknown_group),
    HostCheck("host-lease", _ENTRY, lease),
    HostCheck("host-content", _HELD, content),
    HostCheck("host-files", _HELD, files),
    HostCheck("host-stale-fence", _HELD, stale_fence),
    HostCheck("host-stale-revision", _HELD, stale_revision),
    HostCheck("host-acknowledge", _HELD, acknowledge),
    HostCheck("host-extend", _HELD, extend),
    HostCheck("host-bundle", (*_HELD, "host-acknowledge"), bundle),
    HostCheck("host-unknown-work-order", _HELD, unknown_work_order),
    HostCheck("host-unknown-revision", _HELD, unknown_revision),
    HostCheck("host-time-ahead", _HELD, time_ahead),
    HostCheck("host-zone", _HELD, time_without_zone),
    HostCheck("host-unknown-checkpoint", _HELD, unknown_checkpoint),
    HostCheck("host-units", _HELD, units),
    HostCheck("host-impossible", _HELD, impossible),
    HostCheck("host-unknown-machine", _HELD, unknown_machine),
    HostCheck("host-release", _HELD, release),
    HostCheck("host-make", (*_HELD, "host-release"), make, effects=True),
    HostCheck("host-finish", (*_HELD, "host-make"), finish, effects=True),
)
