"""How manufacturing execution systems find, take, keep and give back work orders."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy import Connection, and_, bindparam
from sqlmodel import Session, col, select

from contracts.access import Principal
from contracts.problems import NotFound, NotPermitted, StaleFence, TransitionRefused
from contracts.work_order import (
    Answer,
    Lease,
    LeasedWorkOrder,
    LeaseReference,
    LeaseRequest,
    ListedWorkOrder,
    Receipt,
    WorkOrderDocument,
    WorkOrderFile,
    WorkOrderState,
)
from ledger.unit_of_work import Ledger, LedgerTransaction
from mes_bridge import lines, trials
from mes_bridge.engine.protocols import rest
from mes_bridge.engine.vocabulary import Vocabulary
from mes_bridge.engine.work_orders import ENDED, WAITING, WorkOrder, acknowledge, extend, give_back, leasable, lease
from mes_bridge.floor import SpecificationShelf, as_work_order, write
from mes_bridge.holds import demand_free
from mes_bridge.tables import REVISION, WORK_ORDER, MachineRow, PieceRow, RevisionRow, WorkOrderRow
from mes_bridge.vocabularies import of_client, spoken_by

S = WorkOrderState
Step = Callable[[WorkOrder, datetime], WorkOrder]
_CURRENT_OF = (
    sql.select(REVISION.c.work_order, REVISION.c.document, REVISION.c.content_sha256)
    .join(WORK_ORDER, and_(WORK_ORDER.c.id == REVISION.c.work_order, WORK_ORDER.c.revision == REVISION.c.revision))
    .where(REVISION.c.work_order.in_(bindparam("of_work_orders", expanding=True)))
)


class Exchange:
    def __init__(self, ledger: Ledger, shelf: SpecificationShelf) -> None:
        self._ledger = ledger
        self._shelf = shelf

    def listed(
        self, principal: Principal, states: Sequence[WorkOrderState], machine_group: str | None, since: int, limit: int
    ) -> list[ListedWorkOrder]:
        """Work orders in their present state and ended revisions, by number of their last change."""
        groups = _groups(principal, machine_group)
        if groups is not None and not groups:
            return []
        with self._ledger.reading() as session:
            names = of_client(session.connection(), principal.id)
            found = _present(session, principal, states, groups, since, limit) + _ended(session, states, groups, since, limit)
            found += trials.listed(session, principal, states, machine_group, since, self._ledger.clock.real_now())
        listed = sorted(found, key=lambda one: (one.change, one.work_order, one.revision))[:limit]
        return [_with_station(each, names) for each in listed]

    def awaited(
        self, principal: Principal, states: Sequence[WorkOrderState], machine_group: str | None, since: int, limit: int, wait_s: float
    ) -> list[ListedWorkOrder]:
        """As ``listed``, but waits up to ``wait_s`` (real time) for the first one."""
        until = time.monotonic() + wait_s
        while True:
            rings = self._ledger.doorbell.rings
            found = self.listed(principal, states, machine_group, since, limit)
            left = until - time.monotonic()
            if found or left <= 0:
                return found
            self._ledger.doorbell.wait(left, rings)

    def lease(self, request: LeaseRequest, principal: Principal) -> list[LeasedWorkOrder]:
        """Raises NotFound for a machine group that no machine belongs to."""
        groups = _groups(principal, request.machine_group)
        with self._ledger.transaction(principal) as transaction:
            names = spoken_by(transaction, principal)
            taken = trials.taken(transaction, principal, request) or self._taken(transaction, groups, request, principal)
            leased = [_with_station(each, names) for each in taken]
            transaction.outcome(rest.items(leased), 200)
            return leased

    def _taken(
        self, transaction: LedgerTransaction, groups: frozenset[str] | None, request: LeaseRequest, principal: Principal
    ) -> list[LeasedWorkOrder]:
        connection, now = transaction.connection, transaction.real_now
        rows = lines.free(connection, groups, now, request.count)
        if not rows:
            if request.machine_group is not None and not lines.has_group(connection, request.machine_group):
                raise NotFound("machine group", request.machine_group)
            return []
        for row in rows:
            write(lease(as_work_order(row), principal.id, now, request.seconds), row)
        documents = _documents(connection, [row.id for row in rows])
        lines.number(connection, rows)
        transaction.audit("work-order.lease", rows[0].id, plant=rows[0].plant, facts={"count": len(rows)})
        return [LeasedWorkOrder.model_validate(documents[row.id] | {"fence": row.fence, "lease_until": row.lease_until}) for row in rows]

    def acknowledge(self, work_order: str, reference: LeaseReference, principal: Principal) -> Lease:
        return self._with_lease(work_order, principal, lambda order, now: acknowledge(order, principal.id, reference, now))

    def acknowledged(self, transaction: LedgerTransaction, work_order: str, reference: LeaseReference, principal: Principal) -> Lease:
        """As ``acknowledge``, as a part of a transaction."""
        return _moved(transaction, work_order, principal, lambda order, now: acknowledge(order, principal.id, reference, now))

    def take(self, work_order: str, seconds: int, principal: Principal) -> Lease:
        """One work order leased and acknowledged; what the caller has taken already runs ``seconds`` (real time) from now.

        Raises NotFound, StaleFence while another has it, TransitionRefused when it may not start or a person works at its station,
        MachineHeld when an alarm of a control chart holds its machine.
        """
        return self._with_lease(
            work_order, principal, lambda order, now: _taken_by(order, principal.id, now, seconds), at_free_station=True
        )

    def take_anew(self, work_order: str, seconds: int, principal: Principal) -> Lease:
        """As ``take``, and the superseded revision that the caller held is answered ``accepted``: both, or neither."""
        with self._ledger.transaction(principal) as transaction:
            ended = _unanswered(transaction.session, work_order, "superseded", principal)
            if ended is not None:
                _answered(transaction, work_order, Answer(revision=ended, to="superseded", answer="accepted"), principal)
            _demand_free_station(transaction, work_order)
            held = _moved(transaction, work_order, principal, lambda order, now: _taken_by(order, principal.id, now, seconds))
            transaction.outcome(held.model_dump(mode="json"))
            return held

    def unanswered(self, work_order: str, to: str, principal: Principal) -> int | None:
        """The last revision that ended so (``superseded``, ``cancelled``) while the caller held it, and was not answered."""
        with self._ledger.reading() as session:
            return _unanswered(session, work_order, to, principal)

    def extend(self, work_order: str, reference: LeaseReference, principal: Principal) -> Lease:
        return self._with_lease(work_order, principal, lambda order, now: extend(order, principal.id, reference, now))

    def give_back(self, work_order: str, reference: LeaseReference, principal: Principal) -> Lease:
        return self._with_lease(work_order, principal, lambda order, _now: give_back(order, principal.id, reference))

    def answer(self, work_order: str, answer: Answer, principal: Principal) -> Receipt:
        """Raises NotFound for a revision that was not ended that way, TransitionRefused for a second, other answer."""
        with self._ledger.transaction(principal) as transaction:
            receipt = _answered(transaction, work_order, answer, principal)
            transaction.outcome(receipt.model_dump(mode="json"))
            return receipt

    def files(self, work_order: str, principal: Principal) -> list[WorkOrderFile]:
        with self._ledger.reading() as session:
            row = _row(session, work_order, principal)
            revision = session.get_one(RevisionRow, (row.id, row.revision))
        return list(WorkOrderDocument.model_validate(revision.document).files)

    def file(self, work_order: str, name: str, principal: Principal) -> tuple[str, bytes]:
        with self._ledger.reading() as session:
            row = _row(session, work_order, principal)
            piece = session.get_one(PieceRow, row.piece)
        for stored in self._shelf.take(piece.specification_sha256).files:
            if stored.name == name:
                return stored.media_type, self._ledger.files.get(stored.sha256)
        raise NotFound("file", name)

    def _with_lease(self, work_order: str, principal: Principal, step: Step, *, at_free_station: bool = False) -> Lease:
        with self._ledger.transaction(principal) as transaction:
            if at_free_station:
                _demand_free_station(transaction, work_order)
            held = _moved(transaction, work_order, principal, step)
            transaction.outcome(held.model_dump(mode="json"))
            return held


def _unanswered(session: Session, work_order: str, to: str, principal: Principal) -> int | None:
    query = (
        select(RevisionRow.revision)
        .where(
            RevisionRow.work_order == work_order,
            RevisionRow.standing == to,
            RevisionRow.holder == principal.id,
            col(RevisionRow.answer).is_(None),
        )
        .order_by(col(RevisionRow.revision).desc())
    )
    return session.exec(query).first()


def _answered(transaction: LedgerTransaction, work_order: str, answer: Answer, principal: Principal) -> Receipt:
    row = _row(transaction.session, work_order, principal)
    ended = transaction.session.exec(
        select(RevisionRow).where(RevisionRow.work_order == work_order, RevisionRow.revision == answer.revision).with_for_update()
    ).first()
    if ended is None or ended.standing != answer.to:
        raise NotFound(f"{answer.to} revision", f"{work_order}/{answer.revision}")
    given = (answer.answer, answer.progress)
    if ended.answer is not None and (ended.answer, ended.progress) != given:
        raise TransitionRefused("answer", ended.answer, answer.answer)
    if ended.answer is None:
        ended.answer, ended.progress = given
        ended.answered_by = principal.id
        transaction.session.add(ended)
        facts = {"revision": answer.revision, "to": answer.to, "answer": answer.answer, "progress": answer.progress}
        transaction.audit("work-order.answer", work_order, plant=row.plant, facts=facts)
    name = f"{work_order}/{answer.revision}/{answer.to}"
    return Receipt(id=name, result="accepted", work_order=work_order, state=WorkOrderState(row.state))


def _with_station[T: (LeasedWorkOrder, ListedWorkOrder)](given: T, names: Vocabulary) -> T:
    station = names.theirs(given.operation.machine)
    return given if station is None else given.model_copy(update={"station": station})


def _moved(transaction: LedgerTransaction, work_order: str, principal: Principal, step: Step) -> Lease:
    """One row under its own lock: what comes before and after it is not touched by a lease."""
    tried = trials.moved(transaction, work_order, principal, step)
    if tried is not None:
        return tried
    row = lines.one(transaction.connection, work_order)
    if row is None or (principal.machine_groups is not None and row.machine_group not in principal.machine_groups):
        raise NotFound("work order", work_order)
    before = as_work_order(row)
    after = step(before, transaction.real_now)
    if after != before:
        write(after, row)
        lines.number(transaction.connection, [row])
    return Lease(work_order=row.id, revision=row.revision, state=after.state, fence=row.fence, lease_until=row.lease_until)


def _taken_by(order: WorkOrder, holder: str, now: datetime, seconds: int) -> WorkOrder:
    if order.holder is not None and order.holder != holder and not leasable(order, now):
        raise StaleFence({"given": 0, "current": order.fence})
    mine = order.holder == holder and order.state in WAITING
    taken = order if mine else lease(order, holder, now, seconds)
    reference = LeaseReference(revision=taken.revision, fence=taken.fence, seconds=seconds)
    return extend(acknowledge(taken, holder, reference, now), holder, reference, now)


def _demand_free_station(transaction: LedgerTransaction, work_order: str) -> None:
    """Raises TransitionRefused when a person works at its station, MachineHeld when an alarm holds its machine."""
    at_station = select(MachineRow).join(WorkOrderRow, col(WorkOrderRow.machine) == col(MachineRow.machine))
    station = transaction.session.exec(at_station.where(WorkOrderRow.id == work_order)).first()
    if station is None:
        return
    if station.attended_by is not None:
        raise TransitionRefused("work order", "attended", S.LEASED)
    demand_free(transaction, station.machine, transaction.now)


def _groups(principal: Principal, wanted: str | None) -> frozenset[str] | None:
    """The machine groups to look at; None for all. Raises NotPermitted for one outside the key's scope."""
    if wanted is None:
        return principal.machine_groups
    if principal.machine_groups is not None and wanted not in principal.machine_groups:
        raise NotPermitted({"machine_group": wanted})
    return frozenset({wanted})


def _row(session: Session, work_order: str, principal: Principal) -> WorkOrderRow:
    row = session.get(WorkOrderRow, work_order)
    if row is None or (principal.machine_groups is not None and row.machine_group not in principal.machine_groups):
        raise NotFound("work order", work_order)
    return row


def _documents(connection: Connection, work_orders: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The current document of each work order, with its hash."""
    found = connection.execute(_CURRENT_OF, {"of_work_orders": work_orders})
    return {work_order: {**document, "content_sha256": sha256} for work_order, document, sha256 in found}


def _present(
    session: Session, principal: Principal, states: Sequence[WorkOrderState], groups: frozenset[str] | None, since: int, limit: int
) -> list[ListedWorkOrder]:
    query = select(WorkOrderRow).where(WorkOrderRow.change > since, col(WorkOrderRow.state).not_in([state.value for state in ENDED]))
    if states:
        query = query.where(col(WorkOrderRow.state).in_([state.value for state in states]))
    if groups is not None:
        query = query.where(col(WorkOrderRow.machine_group).in_(groups))
    rows = session.exec(query.order_by(col(WorkOrderRow.change)).limit(limit)).all()
    documents = _documents(session.connection(), [row.id for row in rows])
    return [_as_listed(row, documents[row.id], principal) for row in rows]


def _ended(
    session: Session, states: Sequence[WorkOrderState], groups: frozenset[str] | None, since: int, limit: int
) -> list[ListedWorkOrder]:
    wanted = [state.value for state in ENDED if not states or state in states]
    query = (
        select(RevisionRow)
        .join(WorkOrderRow, col(WorkOrderRow.id) == col(RevisionRow.work_order))
        .where(RevisionRow.change > since, col(RevisionRow.standing).in_(wanted))
    )
    if groups is not None:
        query = query.where(col(WorkOrderRow.machine_group).in_(groups))
    rows = session.exec(query.order_by(col(RevisionRow.change)).limit(limit)).all()
    return [
        ListedWorkOrder.model_validate({**row.document, "content_sha256": row.content_sha256, "state": row.standing, "change": row.change})
        for row in rows
    ]


def _as_listed(row: WorkOrderRow, document: dict[str, Any], principal: Principal) -> ListedWorkOrder:
    mine = row.holder == principal.id
    standing = {"state": row.state, "change": row.change}
    lease_held = {"fence": row.fence, "lease_until": row.lease_until} if mine else {}
    return ListedWorkOrder.model_validate({**document, **standing, **lease_held})
